"""Root of the quality bridge; it holds no code of its own yet."""
