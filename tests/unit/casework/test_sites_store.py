"""Sites are written once, found again by what the lists ask, and no version of one is ever taken twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import true
from sqlalchemy.exc import IntegrityError

from pipewarden.casework import store
from pipewarden.casework.facts import Body, Discovered, Noted, OwnerGiven, Site, SiteEvent, SiteState
from pipewarden.casework.store import SiteFilter
from pipewarden.network.facts import Zone

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.kit.work import Work


def opened(work: Work, zone: Zone = Zone.CONTROL, *, alarm_id: UUID | None = None, lon: float = 116.7) -> Site:
    """Write a site with its first event."""
    site = Site(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        alarm_id=alarm_id,
        state=SiteState.DISCOVERED,
        since=work.now(),
        zone=zone,
        level=2,
        lon=lon,
        lat=39.5,
        version=1,
    )
    body = Discovered(alarm_id, zone, 2, lon, 39.5, "seen")
    store.sites.write(work, site, "discovered", [happened(work, site, body)])
    return site


def happened(work: Work, site: Site, body: Body) -> SiteEvent:
    """Make an event at the site's version."""
    return SiteEvent(work.ids.new(), work.tenant_id, site.id, work.now(), None, site.version, body)


def test_a_site_and_its_events_come_back_as_they_were_written(work: Work) -> None:
    site = opened(work, alarm_id=work.ids.new())
    person = work.ids.new()
    later = replace(site, owner_id=person, version=2)
    given = happened(work, later, OwnerGiven(person, "patroller", "on duty here"))
    store.sites.write(work, later, "verifying", [given])
    assert store.sites.lock(work, [site.id]) == {site.id: later} == store.sites.read(work, [site.id])
    assert [one.body.kind for one in store.history.events(work, site.id)] == ["discovered", "owner_given"]
    assert store.history.events(work, site.id, after=1) == [given]
    assert store.history.events_by_id(work, [given.id, work.ids.new()]) == {given.id: given}
    assert site.alarm_id is not None
    filed = store.sites.lock_of_alarms(work, [site.alarm_id])[site.alarm_id]
    assert (filed.site, filed.headline, filed.rank, filed.opened_at) == (later, "verifying", 1, work.now())


def test_a_version_is_taken_once_and_an_alarm_has_one_site(work: Work) -> None:
    site = opened(work, alarm_id=work.ids.new())
    with pytest.raises(IntegrityError), work.session.begin_nested():
        store.sites.write(work, site, "discovered", [replace(happened(work, site, Noted("again")), version=1)])
    with pytest.raises(IntegrityError), work.session.begin_nested():
        opened(work, alarm_id=site.alarm_id)


def test_lists_ask_zone_state_owner_deadline_and_place(work: Work) -> None:
    near, far = opened(work, Zone.PROTECTION), opened(work, Zone.OUTSIDE, lon=117.5)
    unknown = opened(work, Zone.UNKNOWN)
    store.sites.set_next_due(work, far.id, work.now() - timedelta(seconds=1))

    def ids(wanted: SiteFilter, limit: int = 10) -> list[UUID]:
        return [one.site.id for one in store.sites.page(work, true(), wanted, limit=limit)]

    assert ids(SiteFilter()) == [unknown.id, near.id, far.id]
    assert ids(SiteFilter(zones=(Zone.PROTECTION,))) == [near.id]
    assert ids(SiteFilter(overdue_at=work.now())) == [far.id]
    assert ids(SiteFilter(bbox=(117.0, 39.0, 118.0, 40.0))) == [far.id]
    assert ids(SiteFilter(states=("closed",))) == []
    assert ids(SiteFilter(states=("discovered",), levels=(2,), open=True), limit=1) == [unknown.id]
    assert len(ids(SiteFilter(open=True))) == 3
    first = store.sites.page(work, true(), SiteFilter(), limit=2)[-1]
    rest = store.sites.page(work, true(), SiteFilter(), limit=5, after=(first.rank, first.opened_at, first.site.id))
    assert [one.site.id for one in rest] == [far.id]


def test_an_ended_site_remembers_when_it_ended_and_forgets_it_when_it_opens_again(work: Work) -> None:
    site = opened(work)
    ended = replace(site, state=SiteState.FALSE, version=2)
    store.sites.write(work, ended, "false", [happened(work, ended, Noted("ended"))])
    row = store.sites.one(work, true(), site.id)
    assert row is not None
    assert row.ended_at == work.now()
    assert store.sites.page(work, true(), SiteFilter(open=True), limit=5) == []
    again = replace(site, version=3)
    store.sites.write(work, again, "discovered", [happened(work, again, Noted("opened"))])
    row = store.sites.one(work, true(), site.id)
    assert row is not None
    assert row.ended_at is None
    assert store.sites.page(work, true(), SiteFilter(open=True), limit=5) == [row]
