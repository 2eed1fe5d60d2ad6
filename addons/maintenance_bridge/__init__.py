"""The maintenance bridge: what the plant integration knows of equipment; it extends the connector by inheritance."""

from . import models
