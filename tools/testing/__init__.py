"""Runners of the test levels and the gates they share (no unexpected skip, no warning in Odoo's log); the tests are
elsewhere.
"""
