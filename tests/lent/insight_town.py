"""A small town for figures: every site, outcome, strike, filing and shift written down at the moment that a test says.

Written past the services and their guards, so that nothing happens but what the test counts by hand.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import shapely
import struck_file
from site_life import PERSON, WHOLE

from pipewarden.casework import store as casework_store
from pipewarden.casework.facts import (
    Advanced,
    Arrived,
    Body,
    Discovered,
    Ended,
    MergedInto,
    OwnerGiven,
    Severity,
    SiteEvent,
    SiteState,
    ViolationOpened,
)
from pipewarden.casework.facts.strike import StrikeEvent, StrikeOpened
from pipewarden.casework.rules import apply
from pipewarden.casework.store.contractors import ContractorRow, EntryRow
from pipewarden.casework.store.filing_tables import FilingRow
from pipewarden.field.facts.standby import Check, Doubt, Missed, Shift
from pipewarden.field.store import standby as standby_store
from pipewarden.insight.facts import Span
from pipewarden.insight.service import READ
from pipewarden.learn.facts.outcome import Found, Outcome, Papers
from pipewarden.learn.store import outcomes as outcome_store
from pipewarden.network.facts import Zone
from pipewarden.people import service as people
from pipewarden.people.facts import Actor, ActorKind, Grant, NewArea, Role, Scope

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.casework.facts import Site
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Area

SINCE = datetime.fromisoformat("2026-10-01T00:00:00+00:00")
MONTH = Span(SINCE, datetime.fromisoformat("2026-11-01T00:00:00+00:00"))
NORTH, SOUTH, AWAY = (116.70, 39.55), (116.70, 39.45), (100.0, 30.0)
BRIEFED = Advanced(SiteState.BRIEFED, WHOLE)
PLANNED = Advanced(SiteState.PLAN_SIGNED, WHOLE)
STANDBY = Advanced(SiteState.UNDER_STANDBY, WHOLE)
COMPLETED = Advanced(SiteState.COMPLETED, WHOLE)
CLOSED = Advanced(SiteState.CLOSED, WHOLE)
OWNER = OwnerGiven(PERSON, "patroller", "on duty")
ARRIVED = Arrived(WHOLE)


def _after(site: Site, bodies: list[tuple[datetime, Body]]) -> Site:
    """Return the site as events leave it, whatever its guards would say."""
    for _, body in bodies:
        if isinstance(body, Advanced | Ended):
            site = replace(site, state=body.to)
        elif isinstance(body, MergedInto):
            site = replace(site, merged_into=body.site_id)
    return site


def after(**time: float) -> datetime:
    """Return a moment of the month, counted from its beginning."""
    return SINCE + timedelta(**time)


@dataclass
class InsightTown:
    """Two streets of one city that all tenants share, and a tenant of ``work``."""

    work: Work
    city: Area = field(init=False)
    north: Area = field(init=False)
    south: Area = field(init=False)

    def __post_init__(self) -> None:
        self.city = self.area("city", None, (116.6, 39.4, 116.8, 39.6))
        self.north = self.area("north", self.city, (116.6, 39.5, 116.8, 39.6))
        self.south = self.area("south", self.city, (116.6, 39.4, 116.8, 39.5))

    def area(
        self, key: str, parent: Area | None, box: tuple[float, float, float, float], *, shared: bool = True
    ) -> Area:
        wanted = NewArea(key, f"{key} street", None if parent is None else parent.id, shapely.to_wkb(shapely.box(*box)))
        return people.add_area(self.work, people.operator(self.work.tenant_id), wanted, shared=shared)

    def at(self, tenant_id: UUID) -> Work:
        return replace(self.work, tenant_id=tenant_id)

    def reader(self, scope: Scope = Scope.TENANT, area: Area | None = None, tenant: UUID | None = None) -> Actor:
        """Return somebody who reads figures, and nothing else."""
        mine = self.work.tenant_id if tenant is None else tenant
        grant = Grant(READ, scope, mine, None if area is None else area.path, Role.SAFETY_MANAGER)
        return Actor(kind=ActorKind.PERSON, id=PERSON, name="读者", tenant_id=mine, grants=(grant,))

    def site(
        self,
        opened: datetime,
        *then: tuple[datetime, Body],
        place: tuple[float, float] | None = NORTH,
        zone: Zone = Zone.PROTECTION,
        contractor: UUID | None = None,
        tenant: UUID | None = None,
    ) -> Site:
        """Open a site and let things happen to it."""
        work = self.work if tenant is None else self.at(tenant)
        site_id, (lon, lat) = work.ids.new(), place or (None, None)
        bodies = [(opened, Discovered(None, zone, 2, lon, lat, "seen")), *then]
        events = [
            SiteEvent(work.ids.new(), work.tenant_id, site_id, at, "person:1", number, body)
            for number, (at, body) in enumerate(bodies, 1)
        ]
        site = replace(_after(apply(None, events[0]), bodies), version=len(events))
        casework_store.sites.write(work, site, site.state.value, events)
        row = work.session.get_one(casework_store.SiteRow, site_id)
        row.contractor_id, row.opened_at = contractor, opened
        row.ended_at = None if site.open else bodies[-1][0]
        work.session.flush()
        return site

    def outcome(self, ended: datetime, **more: Any) -> Outcome:
        """Write down what became of a site of its own, or of ``site_id``: true and filed, seen as ``more`` says."""
        work = self.work if "tenant_id" not in more else self.at(more["tenant_id"])
        lon, lat = more.pop("place", NORTH)
        base = Outcome(
            id=work.ids.new(), tenant_id=work.tenant_id, site_id=work.ids.new(), event_id=work.ids.new(), version=9,
            ended=SiteState.CLOSED, code="closed", own_alarm=False, alarms=(), true=True, said=(),
            found=(Found.CAMERA,), source="cam-a", papers=Papers.FILED, zone=Zone.PROTECTION, cls="machine",
            type="excavator", level=2, lon=lon, lat=lat, first_seen=ended - timedelta(days=1),
            opened_at=ended - timedelta(days=2), arrived_at=None, verified_at=None, ended_at=ended, violations=(),
            struck=None, views=(), rendered=False, models=(), policies={},
        )  # fmt: skip
        made = replace(base, **more)
        assert outcome_store.add(work, [made]) == 1
        return made

    def works(self, ended: datetime, *papers: tuple[datetime, Body], seen: datetime | None, **more: Any) -> Outcome:
        """Write down a site with its papers, and that it ended."""
        zone = more.get("zone", Zone.PROTECTION)
        site = self.site(ended - timedelta(days=2), *papers, (ended, CLOSED), zone=zone)
        return self.outcome(ended, site_id=site.id, first_seen=seen, **more)

    def violation(self, at: datetime, code: str = "V-SIGNS", **more: Any) -> tuple[Site, UUID]:
        """Open a site a day before, and a violation there; return it with the event's id."""
        body = ViolationOpened(
            self.work.ids.new(), code, Severity.MINOR, "第三十六条", "no sign", from_site=more.pop("from_site", None)
        )
        site = self.site(at - timedelta(days=1), (at, body), **more)
        work = self.at(site.tenant_id)
        (event,) = [one for one in casework_store.history.events(work, site.id) if one.body.kind == "violation_opened"]
        return site, event.id

    def contractor(self, name: str, merged_into: UUID | None = None) -> UUID:
        row = ContractorRow(
            id=self.work.ids.new(), tenant_id=self.work.tenant_id, name=name, key=name, code="",
            merged_into=merged_into, created_at=SINCE, changed_at=SINCE,
        )  # fmt: skip
        self.work.session.add(row)
        self.work.session.flush()
        return row.id

    def strike_out(self, contractor: UUID, event_id: UUID, site: Site, *, void: bool = True) -> None:
        """Put a violation into a record, where it counts no more."""
        row = EntryRow(
            id=self.work.ids.new(), tenant_id=self.work.tenant_id, contractor_id=contractor, kind="minor", at=SINCE,
            event_id=event_id, made_at=SINCE, site_id=site.id, filing_id=None, code="V-SIGNS", words="", made_by=None,
            void_at=SINCE if void else None, void_why="struck out" if void else "",
        )  # fmt: skip
        self.work.session.add(row)
        self.work.session.flush()

    def strike(
        self, at: datetime, said: str = "damage", *, place: tuple[float, float] = NORTH, drill: bool = False
    ) -> UUID:
        """Write down a strike: with a ``damage`` record, a ``near_miss``, or ``unrecorded``."""
        file, log = struck_file.struck(at)
        damage = None if said == "unrecorded" else replace(struck_file.DAMAGE, near_miss=said == "near_miss")
        made = replace(
            file, id=self.work.ids.new(), tenant_id=self.work.tenant_id, drill=drill, site_id=None, lon=place[0],
            lat=place[1], at=at, damage=damage, version=1,
        )  # fmt: skip
        opened = log[0].body
        assert isinstance(opened, StrikeOpened)
        event = StrikeEvent(self.work.ids.new(), made.tenant_id, made.id, at, "person:1", 1, opened)
        casework_store.strikes.write(self.work, made, None, event)
        return made.id

    def filing(self, begins: datetime, place: tuple[float, float] = NORTH, tenant: UUID | None = None) -> UUID:
        """Write down filed works."""
        lon, lat = place
        row = FilingRow(
            id=self.work.ids.new(), tenant_id=tenant or self.work.tenant_id, filed_by=None, method="open_cut",
            urgent=False, zone="protection", lon=lon, lat=lat, west=lon, south=lat, east=lon, north=lat,
            valid_from=begins, valid_until=begins + timedelta(days=9), answered_at=None, cancelled_at=None, source="",
            source_id="", version=1, contractor_id=None, named=[], sum={},
        )  # fmt: skip
        self.work.session.add(row)
        self.work.session.flush()
        return row.id

    def shift(
        self, site: Site, began: datetime, ended: datetime, *, kept: int = 0, missed: int = 0, doubted: int = 0
    ) -> None:
        """Write down a shift of one person of its own, a check an hour: kept ones, then doubted, then missed."""
        work, person = self.at(site.tenant_id), self.work.ids.new()
        shift = Shift(work.ids.new(), work.tenant_id, site.id, person, "t", began, (), None, ended_at=ended)
        standby_store.put(work, shift)
        for hour in range(kept + doubted):
            check = Check(
                id=work.ids.new(), tenant_id=work.tenant_id, shift_id=shift.id, site_id=site.id, person_id=person,
                at=began + timedelta(hours=hour), said_at=None, late=False, counts=True, doubts=(), lon=None, lat=None,
                accuracy_m=None, picture="", checklist={}, gas_ppm=None, machines=(), distance_m=None, exposed=None,
                words="", danger=False, violations=(), observation_id=None,
            )  # fmt: skip
            standby_store.add_check(work, check if hour < kept else replace(check, doubts=(Doubt.PLACE_POOR,)))
        for hour in range(missed):
            by = began + timedelta(hours=kept + doubted + hour)
            gone = Missed(work.ids.new(), work.tenant_id, shift.id, site.id, person, by, by)
            standby_store.add_missed(work, [gone])
