"""Make to order and configure to order: what a plant is told of the sale, and the sale of the plant."""

from . import models
