"""The HTTP doors for plant systems."""

from . import inbox, status
