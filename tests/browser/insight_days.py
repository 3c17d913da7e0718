"""A company with two months behind it, for the pages of figures: a tenant of its own, so that nobody else counts it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import shapely
from desk_town import BEFORE, PASSWORD
from insight_town import ARRIVED, BRIEFED, CLOSED, OWNER, PLANNED, STANDBY, InsightTown
from sqlalchemy import text

from pipewarden.learn.facts.outcome import Found, Papers
from pipewarden.main.demo import town as demo
from pipewarden.network.facts import Regime
from pipewarden.network.store import activate
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, NewMembership, NewPerson, Role
from pipewarden.sim import service as sim

if TYPE_CHECKING:
    from uuid import UUID

    from desk_town import DeskTown

    from pipewarden.kit.work import Work
    from pipewarden.main.home import Home

NAME = "示范燃气统计公司"
_HOUR = timedelta(hours=1)


class Filler(InsightTown):
    """Writes rows as the unit tests do, and draws no areas: the town has its own."""

    def __post_init__(self) -> None:
        pass


@dataclass
class InsightDays:
    """The company, somebody who reads its figures, and what a test counts by hand."""

    home: Home
    login: str
    strike: UUID | None = None
    unfiled: int = 0


def insight_days(desk: DeskTown) -> InsightDays:
    """Return a company with two months of works, the last of which ends now."""
    home = demo.fresh(desk.home)
    demo.draw_areas(home)
    demo.lay_pipes(home)
    login = f"figures-{home.tenant_id.hex[-8:]}"
    with home.factory.begin(PLATFORM) as work:
        person = people.add_person(
            work, desk.gate, people.operator(), NewPerson(login, "看统计的人", PASSWORD, must_change=False)
        )
    with home.work() as work:
        made = NewMembership(person.id, home.tenant_id, Role.SAFETY_MANAGER, begins_at=BEFORE)
        people.grant(work, people.operator(), made)
        days = InsightDays(home, login)
        now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        fill(days, work, now - timedelta(days=28), busy=24, unfiled=6)
        fill(days, work, now - timedelta(days=58), busy=20, unfiled=14)
        days.unfiled = 6
    return days


def leave(days: InsightDays) -> None:
    """Take the company's ground, pipes and hollow filings away: who reports there is the town's own again."""
    with days.home.work() as work:
        for regime in Regime:
            activate(work.session, work.tenant_id, regime, None)
        for gone in (
            "UPDATE people_areas SET wkb = NULL, west = NULL, south = NULL, east = NULL, north = NULL",
            "DELETE FROM casework_filings",
        ):
            work.session.execute(text(f"{gone} WHERE tenant_id = :id"), {"id": work.tenant_id})


def places() -> list[tuple[float, float]]:
    """Return places in the beats of the town, some often."""
    beats = [one.polygon for one in sim.city_areas() if one.parent not in {None, "demo-city"}]
    middles = [(float(one.x), float(one.y)) for one in (shapely.Polygon(ring).centroid for ring in beats)]
    return [middles[(n * n) % len(middles)] for n in range(40)]


def fill(days: InsightDays, work: Work, begin: datetime, *, busy: int, unfiled: int) -> None:
    """Write down a month of works from ``begin``: each fourth stood by, each twelfth violated, two pipes hit."""
    town, there = Filler(work), places()
    builders = [town.contractor(f"{name}（{begin:%m%d}）") for name in ("城建一公司", "宏远管道", "路桥二处")]
    found = (Found.CAMERA, Found.CAMERA, Found.CAMERA, Found.PATROL, Found.REPORT, Found.FILING)
    for n in range(busy):
        opened, place = begin + _HOUR * 26 * n, there[n]
        took = timedelta(minutes=9 + (n * 7) % 50)
        steps: list[Any] = [(opened + took / 3, OWNER), (opened + took, ARRIVED)]
        papers = [(opened + took + _HOUR, BRIEFED), (opened + took + 2 * _HOUR, PLANNED)] if n % 3 else []
        watched = [(opened + took + 3 * _HOUR, STANDBY)] if n % 4 == 0 else []
        ended = opened + took + 12 * _HOUR
        over = [(ended, CLOSED)] if n % 8 != 7 else []
        site = town.site(opened, *steps, *papers, *watched, *over, place=place)
        if watched:
            town.shift(site, opened + took + 3 * _HOUR, ended, kept=6, missed=int(n % 8 == 4), doubted=1)
        if over:
            town.outcome(
                ended,
                site_id=site.id,
                place=place,
                found=(found[n % len(found)],),
                papers=Papers.UNFILED if n < unfiled else Papers.UNKNOWN if n == busy - 2 else Papers.FILED,
                first_seen=opened + took + (4 * _HOUR if n % 3 else timedelta()),
            )
        if n % 12 == 1:
            town.violation(opened + 2 * _HOUR, contractor=builders[n // 12], place=place)
        if n % 2 == 0:
            town.filing(opened, place)
    days.strike = town.strike(begin + timedelta(days=9), place=there[3])
    town.strike(begin + timedelta(days=12), "near_miss", place=there[4])
