"""Measurements, one program each: figures on this machine, in interleaved rounds; nothing here passes or fails."""
