"""A bridge as small as one can be: its event type, its schema, its handler."""

from . import models  # noqa: F401
