"""Which of the fixed shards an ordering key belongs to; taking its lock is not done here."""

import zlib

# Stored with each message and used as an advisory lock number: changing it moves live rows.
SHARDS = 64


def shard_of(system_code: str, ordering_key: str) -> int:
    """Return the shard, 0 to ``SHARDS - 1``, the same on every host and Python version."""
    return zlib.crc32(f"{system_code}\0{ordering_key}".encode()) % SHARDS
