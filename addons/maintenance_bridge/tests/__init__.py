"""Tests that need a registry with the bridge installed."""

from . import test_equipment
