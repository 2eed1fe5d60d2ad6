"""A handler that ends its own process, as a fault in a library or the kernel's out-of-memory killer would."""

from . import models  # noqa: F401
