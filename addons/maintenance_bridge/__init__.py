"""Root of the maintenance bridge; it holds no code of its own yet."""
