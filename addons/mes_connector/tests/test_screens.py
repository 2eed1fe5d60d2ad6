"""Runs the JavaScript unit tests of our screens (static/tests) in a real browser."""

from odoo.tests import HttpCase, tagged


@tagged("post_install", "-at_install", "mes")
class TestScreens(HttpCase):
    def test_javascript(self):
        self.browser_js(
            "/web/tests?headless&loglevel=2&preset=desktop&timeout=15000&filter=/@mes_connector/",
            "",
            "",
            login="admin",
            timeout=120,
            success_signal="[HOOT] Test suite succeeded",
        )
