"""Tests of the sale behind an order; they need a registry."""

from . import test_make_to_order
