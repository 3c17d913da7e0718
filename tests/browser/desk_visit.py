"""A visit to the desk by somebody: a page that must stay quiet, and that asks nobody but its own server."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desk_town import PASSWORD
from playwright.sync_api import TimeoutError, expect  # noqa: A004  Playwright's own

if TYPE_CHECKING:
    from collections.abc import Iterator

    from desk_town import DeskTown
    from playwright.sync_api import Browser, BrowserContext, Locator, Page

PATIENCE_MS = 60_000
_OURS = ("blob:", "data:")
_WHOLE = 60  # as many rows of the queue stand in the page whole (web/src/rules/now.ts)
expect.set_options(timeout=PATIENCE_MS)  # machines are shared: patience is not speed


class Visit:
    """One page with everything it said and asked for."""

    def __init__(self, context: BrowserContext, town: DeskTown) -> None:
        self.town = town
        self.said: list[str] = []
        self.asked: list[str] = []
        self.expected: list[str] = []
        self.page: Page = context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("console", lambda message: self._note(message.type, message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))

    def _note(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.said.append(text)

    def loud(self) -> list[str]:
        """Return what the console said beyond what the test expects of it."""
        return [text for text in self.said if not any(re.search(one, text) for one in self.expected)]

    def strangers(self) -> list[str]:
        """Return every address asked beyond the town's own."""
        return [url for url in self.asked if not url.startswith((self.town.address, *_OURS))]

    def expect(self, pattern: str) -> None:
        """Let the console say this: a browser notes every answer of 400 and above as an error."""
        self.expected.append(pattern)

    def go(self, path: str = "/") -> None:
        try:
            self.page.goto(self.town.address + path)
        except TimeoutError:
            self.town.explain()
            raise

    def fill_sign_in(self, login: str, password: str = PASSWORD) -> None:
        self.page.fill("input[name=login]", login)
        self.page.fill("input[name=password]", password)
        self.page.click("button[type=submit]")

    def settled(self) -> None:
        """Wait until list and line stand and the map has drawn what it has."""
        self.page.wait_for_selector("[data-list=idle]")
        self.page.wait_for_selector("[data-map=desk][data-state=idle]")

    def card(self, alarm_id: object) -> Locator:
        return self.page.locator(f'.card[data-alarm="{alarm_id}"]')

    def open(self, alarm_id: object) -> Locator:
        """Open an alarm from the list and return its panel; a long list holds only the rows that are seen."""
        self.page.wait_for_selector("[data-list=idle]")
        if int(self.page.locator("[data-list]").get_attribute("data-total") or 0) <= _WHOLE:
            self.card(alarm_id).locator("h3 button").click()
        else:
            self.go(f"/alarms/{alarm_id}")
        self.page.wait_for_selector(f'[data-detail=idle][data-alarm="{alarm_id}"]')
        return self.page.locator(".detail")

    def shot(self, name: str) -> None:
        """Keep a picture of the page for somebody who looks, where PIPEWARDEN_PICTURES names a folder."""
        if folder := os.environ.get("PIPEWARDEN_PICTURES"):
            self.page.wait_for_timeout(800)
            self.page.screenshot(path=str(Path(folder) / f"{name}.png"))

    def shown(self, what: str) -> int:
        """Return how many alarms, cameras or pipes the map shows, as it says itself."""
        return int(self.page.locator("[data-map=desk]").get_attribute(f"data-{what}") or -1)


class Visits:
    """Opens visits for people; who has been here once does not sign in again."""

    def __init__(self, browser: Browser, town: DeskTown, kept: dict[str, Any]) -> None:
        self.browser, self.town, self._kept = browser, town, kept
        self._open: list[Visit] = []

    def stranger(self, **more: Any) -> Visit:
        options: dict[str, Any] = {"viewport": {"width": 1280, "height": 720}, "locale": "zh-CN",
                                   "timezone_id": "Asia/Shanghai", "reduced_motion": "reduce"}  # fmt: skip
        visit = Visit(self.browser.new_context(**(options | more)), self.town)
        self._open.append(visit)
        return visit

    def by(self, login: str, path: str = "/", **more: Any) -> Visit:
        """Return a visit by somebody who is signed in, at ``path``."""
        if login in self._kept and login not in self.town.devices:  # a step-up ends the session that was kept
            visit = self.stranger(storage_state=self._kept[login], **more)
            visit.go(path)
        else:
            visit = self.stranger(**more)
            visit.go("/sign-in" if path == "/" else path)
            visit.fill_sign_in(login)
            if login in self.town.devices:  # a recovery code, which no other visit has used
                visit.page.wait_for_selector("main[data-page=second-factor]")
                visit.page.fill("input[name=code]", self.town.devices[login].recovery_left())
                visit.page.click("button[type=submit]")
        visit.page.wait_for_selector("nav, main[data-page=wall]")
        self._kept[login] = visit.page.context.storage_state()
        return visit

    @contextmanager
    def closing(self) -> Iterator[Visits]:
        """Check every visit when the test is over, then close it."""
        yield self
        for visit in self._open:
            assert visit.loud() == [], f"the console must stay silent: {visit.loud()}"
            assert visit.strangers() == [], f"nobody else may be asked: {visit.strangers()}"
        self.close()

    def close(self) -> None:
        for visit in self._open:
            visit.page.context.close()
        self._open.clear()
