"""The poisoned handler."""

from . import mes_handler_operation_started  # noqa: F401
