"""The crash test: processes are killed in the middle of their transactions, and nothing may be lost or doubled."""
