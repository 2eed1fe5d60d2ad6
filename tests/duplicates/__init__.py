"""The labelled set of resends and of repeats that only look like resends; what tells them apart is not here."""
