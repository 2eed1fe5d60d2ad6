"""One running system (PostgreSQL, Mosquitto, Odoo, gateway, virtual plant) in its own folder; what is done with it is
the caller's.
"""

from .process import StackError
from .stack import Stack

__all__ = ["Stack", "StackError"]
