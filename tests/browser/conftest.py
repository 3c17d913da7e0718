"""One headless Chromium per module, a visit to the map page and visits to the desk, all of which must stay quiet."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipewarden.main.web.console import BUILT

sys.path.insert(0, str(Path(__file__).parent))  # pytest's importlib mode leaves a test's own folder off the path

from desk_town import desk_town
from desk_visit import Visits
from map_page_town import CHROMIUM, FLAGS, Visit, city
from phone_visit import Phones

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from desk_town import DeskTown
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where there is a browser

    with sync_playwright() as play:
        made = play.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield made
        made.close()


@pytest.fixture
def visit(browser: Browser, tmp_path: Path) -> Iterator[Visit]:
    made = Visit(browser, tmp_path, city())
    yield made
    assert made.said == [], "the console must stay silent"
    assert made.wire() == [], "nothing may be fetched"
    made.page.context.close()


@pytest.fixture(scope="session")
def desk() -> Iterator[DeskTown]:
    """A served city where two cameras have seen works already."""
    assert (BUILT / "index.html").exists(), "the pages are not built; run: make web"
    with desk_town() as town:
        town.play(("cam-11", "cam-12"))
        yield town


@pytest.fixture(scope="session")
def kept() -> dict[str, Any]:
    """Where the desk's visitors stay signed in from one test to the next."""
    return {}


@pytest.fixture
def visits(browser: Browser, desk: DeskTown, kept: dict[str, Any]) -> Iterator[Visits]:
    made = Visits(browser, desk, kept)
    try:
        with made.closing():
            yield made
    finally:
        made.close()


@pytest.fixture
def phones(browser: Browser, desk: DeskTown) -> Iterator[Phones]:
    made = Phones(browser, desk, {})
    try:
        with made.closing():
            yield made
    finally:
        made.close()
