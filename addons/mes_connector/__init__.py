"""Root of the MES connector: loads its rooms; holds no code of its own."""

from . import controllers, handlers, models, wizards
