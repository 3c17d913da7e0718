"""What tests of the roles' phone pages share: a line that goes and comes back, what is in the database, a picture."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from map_page_town import jpeg
from phone_visit import controlled
from playwright.sync_api import expect
from sqlalchemy import text

from pipewarden.casework import service as casework
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from uuid import UUID

    from desk_town import DeskTown
    from desk_visit import Visit
    from playwright.sync_api import Page

OFFLINE = "ERR_INTERNET_DISCONNECTED|Failed to load resource"
SENT_MS = 60_000
BEGUN = """() => new Promise((done, fail) => { const asked = indexedDB.open('pipewarden');
asked.onerror = () => fail(asked.error);
asked.onsuccess = () => { const read = asked.result.transaction(['halves', 'halfPictures']);
const all = read.objectStore('halves').getAll(), shots = read.objectStore('halfPictures').getAll();
read.oncomplete = () => { asked.result.close(); done(all.result.map((one) => ({ ...one,
  pictures: shots.result.find((shot) => shot.n === one.n)?.pictures.length ?? 0 }))) } } })"""
LOOK_MS = 100
LYING = """() => new Promise((done, fail) => { const asked = indexedDB.open('pipewarden');
asked.onerror = () => fail(asked.error);
asked.onsuccess = () => {
if (!asked.result.objectStoreNames.contains('drafts')) { asked.result.close(); return done([]) }
const all = asked.result.transaction('drafts').objectStore('drafts').getAll();
all.onsuccess = () => { asked.result.close();
done(all.result.map(({ id, kind, state, problem }) => ({ id, kind, state, problem }))) } } })"""


def go_offline(visit: Visit) -> None:
    """Lose the line, once the page can do without one."""
    controlled(visit.page)
    visit.expect(OFFLINE)
    visit.page.context.set_offline(True)


def begun(page: Page) -> list[dict[str, Any]]:
    """Return what was begun on forms and not sent, as the disk has it; `pictures` lie apart and are counted there."""
    found: list[dict[str, Any]] = page.evaluate(BEGUN)
    return found


def all_kept(page: Page) -> None:
    """Wait until every form that was sent has laid its drafts on the phone's disk.

    A tap is heard when its frame is drawn: only then does a form say that it is busy.
    """
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(null))))")
    expect(page.locator("[aria-busy=true]")).to_have_count(0, timeout=SENT_MS)


def lying(page: Page) -> list[dict[str, Any]]:
    """Return the drafts on the phone's disk, as the disk itself tells: id, kind, state, why refused."""
    found: list[dict[str, Any]] = page.evaluate(LYING)
    return found


def until(page: Page, true: Callable[[], bool]) -> None:
    """Wait until something is so that no element of the page tells."""
    end = time.monotonic() + SENT_MS / 1000
    while not true():
        assert time.monotonic() < end, "waited in vain"
        page.wait_for_timeout(LOOK_MS)


def nothing_left(page: Page) -> None:
    """Wait until what was sent has reached the server: no form busy, nothing on the disk, and the page says so.

    The strip alone proves nothing: it is absent, too, before a form has laid its first draft down.
    """
    all_kept(page)
    end = time.monotonic() + SENT_MS / 1000
    while drafts := lying(page):
        assert time.monotonic() < end, f"still on the phone: {drafts}"
        assert all(one["state"] == "waits" for one in drafts), f"refused: {drafts}"
        page.wait_for_timeout(LOOK_MS)
    expect(page.locator("[data-unsent]")).to_have_count(0, timeout=SENT_MS)


def all_sent(visit: Visit) -> None:
    """Come back to a line and wait until nothing lies on the phone."""
    visit.page.context.set_offline(False)
    nothing_left(visit.page)


def rows(desk: DeskTown, asked: str, **named: Any) -> list[Any]:
    """Return rows of the database, as mappings."""
    with desk.home.work() as work:
        return list(work.session.execute(text(asked), named).mappings())


def happened(desk: DeskTown, site: UUID) -> list[Any]:
    """Return the bodies of a site's events, oldest first."""
    root = people.operator(desk.home.tenant_id)
    with desk.home.work() as work:
        return [one.body for one in casework.history(work, root, site, limit=200, after=0)]


def there(desk: DeskTown, site: UUID) -> dict[str, float]:
    """Return a phone's place at a site."""
    (row,) = rows(desk, "SELECT lon, lat FROM casework_sites WHERE id = :id", id=site)
    return {"longitude": row["lon"], "latitude": row["lat"], "accuracy": 8}


def photo(folder: Path) -> str:
    """Return the path of a picture as a phone's camera would hand it over."""
    path = folder / "seen.jpg"
    path.write_bytes(jpeg(640, 480))
    return str(path)
