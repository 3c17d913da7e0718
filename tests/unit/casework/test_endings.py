"""Where an episode begins and ends, what opened its site, and what a site was when it ended, by its events alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from duty_town import NORTH, DutyTown
from ended_site import CLOSED, exempt, false, looked
from hypothesis import given
from hypothesis import strategies as st
from site_life import ALARM, NOW, PERSON, SITE, TENANT, WHOLE, discovered

from pipewarden.casework import service, store
from pipewarden.casework.facts import (
    AccidentReported,
    Advanced,
    Arrived,
    Body,
    Discovered,
    Ended,
    Matched,
    MergedInto,
    Noted,
    OwnerGiven,
    Parted,
    Reopened,
    SiteEvent,
    SiteState,
    Struck,
    Verified,
)
from pipewarden.casework.facts.ending import Origin
from pipewarden.casework.rules import apply
from pipewarden.casework.rules.ending import FILED_WORDS, PATROL_WORDS, as_of, ends, episode, origin
from pipewarden.casework.rules.life import arcs
from pipewarden.network.facts import Zone
from pipewarden.people import service as people
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from pipewarden.casework.facts import Site
    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work

SENT = OwnerGiven(PERSON, "patroller", "on duty")
OPENED = Discovered(ALARM, Zone.PROTECTION, 1, 116.7, 39.5, "seen")
ONCE = (OPENED, SENT, false("weather_or_light"))
AGAIN = (Reopened("seen again"), *looked("digging", true=True), *CLOSED)


def told(*bodies: Body, actor: str | None = None) -> list[SiteEvent]:
    """Events of one site, a minute apart."""
    return [
        SiteEvent(UUID(int=100 + place), TENANT, SITE, NOW + timedelta(minutes=place), actor, place + 1, body)
        for place, body in enumerate(bodies)
    ]


@pytest.mark.parametrize(
    ("body", "ended"),
    [
        (false("other"), True),
        (exempt("outside"), True),
        (CLOSED[2], True),
        (CLOSED[1], False),
        (CLOSED[0], False),
        (Verified(true=False, code="other", proof=WHOLE), False),
        (MergedInto(SITE, "one pit"), False),
        (Reopened("back"), False),
        (Noted("words"), False),
    ],
)
def test_an_end_is_closed_exempt_or_false(body: Body, ended: bool) -> None:
    assert ends(body) is ended


def test_what_ends_is_what_the_life_can_only_reopen() -> None:
    """The document of the life: from these states nothing leads but a reopening."""
    leads = {state: {one.act for one in arcs() if one.source is state} for state in SiteState}
    last = {state for state, acts in leads.items() if acts == {"reopen"}}
    assert last == {SiteState.CLOSED, SiteState.EXEMPT, SiteState.FALSE}
    for state in SiteState:
        site = replace(discovered(), state=state)
        assert site.open is (state not in last)


def test_an_episode_goes_from_its_opening_to_its_end() -> None:
    events = told(*ONCE, *AGAIN)
    first, before = episode(events, 3)
    assert ([one.version for one in first], before) == ([1, 2, 3], None)
    second, before = episode(events, len(events))
    assert [one.version for one in second] == list(range(4, len(events) + 1))
    assert before == events[2].at
    assert isinstance(second[0].body, Reopened)


def test_what_came_after_the_end_is_not_of_it() -> None:
    events = told(*ONCE, *AGAIN)
    first, _ = episode(events, 3)
    assert all(one.version <= 3 for one in first)
    assert as_of(events, 3).state is SiteState.FALSE
    assert as_of(events, len(events)).state is SiteState.CLOSED
    assert as_of(events, len(events) - 1).state is SiteState.COMPLETED


def test_a_site_is_at_each_version_what_it_was_then() -> None:
    events, site = told(*ONCE, *AGAIN), None
    for event in events:
        site = apply(site, event)
        assert as_of(events, event.version) == site


def test_without_events_there_is_no_site() -> None:
    with pytest.raises(ValueError, match="without events"):
        as_of([], 1)


@given(st.integers(min_value=0, max_value=6))
def test_episodes_cut_a_life_into_pieces_without_a_gap(times: int) -> None:
    bodies: list[Body] = [*ONCE]
    for number in range(times):
        bodies += [Reopened(f"back {number}"), false("other")]
    events = told(*bodies)
    last = [one.version for one in events if ends(one.body)]
    pieces = [episode(events, version) for version in last]
    assert [one for piece, _ in pieces for one in piece] == events
    assert [before for _, before in pieces] == [None, *(events[version - 1].at for version in last[:-1])]


@pytest.mark.parametrize(
    ("reason", "actor", "more", "found"),
    [
        (f"{PATROL_WORDS}: no_camera", None, (), Origin.PATROL),
        (f"{FILED_WORDS}: somebody looks at once", None, (), Origin.FILING),
        ("hissing", "person:1", (Struck("hissing"),), Origin.STRIKE),
        ("seen", None, (Struck("hissing"),), Origin.PERSON),
        ("seen", None, (), Origin.PERSON),
    ],
)
def test_what_opened_a_site_without_an_alarm(
    reason: str, actor: str | None, more: tuple[Body, ...], found: Origin
) -> None:
    events = told(replace(OPENED, alarm_id=None, reason=reason), *more, actor=actor)
    assert origin(events, as_of(events, len(events))) is found


def test_an_alarm_opened_a_site_whatever_happened_there_later() -> None:
    events = told(OPENED, Struck("hissing"), actor="person:1")
    assert origin(events, as_of(events, 2)) is Origin.ALARM


@pytest.fixture
def town(work: Work, clock: SetClock) -> DutyTown:
    made = DutyTown(work, clock)
    made.on_duty(Role.PATROLLER)
    return made


def end_of(town: DutyTown, site: Site) -> Any:
    """The endings that a site's events name."""
    return service.endings(town.work, [one.id for one in store.history.events(town.work, site.id)])


def closed(town: DutyTown, *before: Body) -> Site:
    """A site that went to its end."""
    site = town.site(NORTH)
    town.happen(site.id, *before, Arrived(WHOLE), Verified(true=True, code="digging", proof=WHOLE))
    return town.happen(site.id, *CLOSED)


def test_an_open_site_has_no_ending_and_a_closed_one_has_one(town: DutyTown) -> None:
    still = town.site(NORTH)
    assert end_of(town, still) == []
    site = closed(town)
    (one,) = end_of(town, site)
    assert (one.site.state, one.event.version, one.filing) == (SiteState.CLOSED, site.version, "unknown")
    assert (one.origin, one.alarms, one.strike, one.since) == (Origin.PERSON, (), None, None)
    assert one.opened_at == one.events[0].at
    assert service.open_again(town.work, [still.id, site.id]) == {still.id}


@pytest.mark.parametrize(("row", "matched", "says"), [
    ("unfiled", None, "unfiled"),
    ("filed", None, "unfiled"),  # it was matched since, in an episode that came after
    ("unknown", None, "unknown"),
    ("unfiled", UUID(int=9), "filed"),
])  # fmt: skip
def test_its_filing_is_what_was_known_when_it_ended(town: DutyTown, row: str, matched: UUID | None, says: str) -> None:
    site = closed(town, *([] if matched is None else [Matched(matched, "near", 0.9, "2026-1")]))
    kept = town.work.session.get_one(store.SiteRow, site.id)
    kept.filing = row
    town.work.session.flush()
    assert [one.filing for one in end_of(town, site)] == [says]


def test_the_strike_of_this_episode_and_no_other_belongs_to_it(town: DutyTown) -> None:
    manager = town.actor(town.on_duty(Role.SAFETY_MANAGER))
    first = service.report_strike(town.work, manager, place=NORTH)
    site_id = first.site_id
    assert site_id is not None
    town.happen(site_id, AccidentReported("应急局"), Ended(SiteState.FALSE, "other", "no pipe was hit"))
    town.clock.advance(timedelta(days=2))
    town.happen(site_id, Reopened("somebody digs"), Ended(SiteState.FALSE, "other", "nobody digs"))
    struck, quiet = end_of(town, store.sites.read(town.work, [site_id])[site_id])
    assert (struck.strike.id, struck.origin) == (first.id, Origin.STRIKE)
    assert (quiet.strike, quiet.since) == (None, struck.event.at)


def test_a_site_ends_with_the_alarms_of_those_it_took_over_and_not_of_those_that_parted(town: DutyTown) -> None:
    kept, gone, parted = (town.site(NORTH) for _ in range(3))
    for one in (gone, parted):
        row = town.work.session.get_one(store.SiteRow, one.id)
        row.alarm_id = one.id
        town.work.session.flush()
        town.happen(one.id, MergedInto(kept.id, "one pit"))
        town.work.session.get_one(store.SiteRow, one.id).alarm_id = one.id  # as a site of an alarm keeps it
        town.work.session.flush()
    town.happen(parted.id, Parted("its alarm stands for itself again"))
    town.happen(kept.id, Ended(SiteState.FALSE, "other", "nobody digs"))
    (one,) = end_of(town, kept)
    assert one.alarms == (gone.id,)


def test_ends_are_paged_in_the_order_in_which_they_came(town: DutyTown) -> None:
    sites = [town.site(NORTH) for _ in range(5)]
    for site in reversed(sites):
        town.happen(site.id, Ended(SiteState.FALSE, "other", "nobody digs"))
    found: list[UUID] = []
    place = 0
    while page := service.ended_events(town.work, after=place, limit=2):
        place = page[-1][0]
        found += [event_id for _, event_id in page]
    told_of = store.history.events_by_id(town.work, found)
    assert [told_of[one].site_id for one in found] == [one.id for one in reversed(sites)]
    assert all(isinstance(told_of[one].body, Ended | Advanced) for one in found)


def test_a_stranger_reads_no_ending(town: DutyTown) -> None:
    site = closed(town)
    stranger = people.ensure_tenant(town.work.session, town.work.clock, town.work.ids, "stranger")
    theirs = replace(town.work, tenant_id=stranger.id)
    ids = [one.id for one in store.history.events(town.work, site.id)]
    assert service.ends_among(town.work, ids)
    assert service.ends_among(theirs, ids) == set()
    assert service.endings(theirs, ids) == []
    assert service.ended_events(theirs, after=0, limit=9) == []
    assert service.open_again(theirs, [site.id]) == set()
