"""What tests of the roles' phone pages share: a line that goes and comes back, what is in the database, a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from map_page_town import jpeg
from phone_visit import controlled
from playwright.sync_api import expect
from sqlalchemy import text

from pipewarden.casework import service as casework
from pipewarden.people import service as people

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from desk_town import DeskTown
    from desk_visit import Visit

OFFLINE = "ERR_INTERNET_DISCONNECTED|Failed to load resource"
SENT_MS = 60_000


def go_offline(visit: Visit) -> None:
    """Lose the line, once the page can do without one."""
    controlled(visit.page)
    visit.expect(OFFLINE)
    visit.page.context.set_offline(True)


def all_sent(visit: Visit) -> None:
    """Come back to a line and wait until nothing lies on the phone."""
    visit.page.context.set_offline(False)
    expect(visit.page.locator("[data-unsent]")).to_have_count(0, timeout=SENT_MS)


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
