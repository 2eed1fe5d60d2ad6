"""Tests that need nothing but Python: the cores of the addons and the architecture of the tree."""
