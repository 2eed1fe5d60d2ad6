"""A person's visit to the web client: what the page asks of its server, what it complains of, when it has come to rest.

What a screen should show is the tests' business.
"""

from __future__ import annotations

import time
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, Request

from tools.stack.paths import ROOT

SCREENSHOTS = ROOT / "build" / "screenshots"
# The browser never reports the end of the request for the program of a shared worker.
WORKER = "/bus/websocket_worker_bundle"
QUIET_SECONDS = 0.4
POLL_MILLISECONDS = 50


class Visit:
    """One page of a person; `urls` are its requests, websockets excepted, since it began or the list was cleared."""

    def __init__(self, page: Page):
        self.page = page
        self.urls: list[str] = []
        self.complaints: list[str] = []
        self._under_way: set[Request] = set()
        self._last = time.monotonic()
        page.on("request", self._begun)
        page.on("requestfinished", self._ended)
        page.on("requestfailed", self._ended)
        page.on("console", lambda message: message.type == "error" and self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, address: str, sign: str) -> Page:
        """Goes to an address below /odoo and waits for `sign`, a selector, and for the page to come to rest."""
        self.page.goto(f"/odoo/{address}")
        self.page.wait_for_selector(sign)
        self.settle()
        return self.page

    def open_form(self, model: str, record: int) -> Page:
        """Opens a record's form."""
        return self.open(f"{model}/{record}", ".o_form_view .o_form_sheet")

    def settle(self, timeout: float = 30.0) -> None:
        """Waits until the page has had no request under way for a moment; raises AssertionError after `timeout` s."""
        deadline = time.monotonic() + timeout
        while self._under_way or time.monotonic() - self._last < QUIET_SECONDS:
            assert time.monotonic() < deadline, [request.url for request in self._under_way]
            self.page.wait_for_timeout(POLL_MILLISECONDS)  # lets the page's events come in

    def keep_screenshot(self, name: str) -> Path:
        """Writes build/screenshots/NAME.png and returns its path."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        target = SCREENSHOTS / f"{name}.png"
        self.page.screenshot(path=target)
        return target

    def _begun(self, request: Request) -> None:
        self.urls.append(request.url)
        if WORKER not in request.url:
            self._under_way.add(request)
        self._last = time.monotonic()

    def _ended(self, request: Request) -> None:
        self._under_way.discard(request)
        self._last = time.monotonic()


def log_in(context: BrowserContext, login: str) -> None:
    """Logs a person in, whose password is the login, as all of the demo's people have it."""
    page = context.new_page()
    page.goto("/web/login")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", login)
    page.click("button[type=submit]")
    page.wait_for_selector(".o_web_client .o_main_navbar")
    page.close()
