"""Root of the money side of the connector: loads its rooms; holds no code of its own."""

from . import models, wizards
