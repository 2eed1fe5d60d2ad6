"""Wizards of Odoo that have to know orders which are posted in parts."""

from . import mrp_wip_accounting
