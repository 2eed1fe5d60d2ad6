"""The rules of the tree as functions from one source file to its violations; no test lives here."""
