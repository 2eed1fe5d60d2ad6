"""Tests of the connector's core, one file for each of its modules."""
