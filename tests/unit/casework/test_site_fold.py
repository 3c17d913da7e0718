"""A site is the sum of its events and of nothing else, and no order of commands gets past what the domain forbids."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, get_args
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from site_life import NOW, OTHER, PERSON, SITE, TENANT, WHOLE, discovered, sent

from pipewarden.casework.facts import (
    Accepted,
    AccidentReported,
    Advanced,
    Arrived,
    Body,
    Declined,
    Discovered,
    Ended,
    MergedInto,
    Noted,
    OwnerGiven,
    Parted,
    Proof,
    Reopened,
    RepairDeclared,
    RepairPapers,
    Replaced,
    ReportAnswered,
    Reported,
    Resumed,
    Severity,
    Site,
    SiteEvent,
    SiteState,
    StandbyChecked,
    StopOrdered,
    StopRefused,
    Struck,
    Verified,
    ViolationFixed,
    ViolationOpened,
    WorksChanged,
)
from pipewarden.casework.rules import IllegalEventError, allowed, apply, arcs, fold, headline
from pipewarden.casework.rules.allowed import _RULES
from pipewarden.casework.rules.fold import _APPLY
from pipewarden.casework.store.history import BODY
from pipewarden.network.facts import Zone

if TYPE_CHECKING:
    from collections.abc import Iterator

IDS = st.sampled_from([UUID(int=30), UUID(int=31)])
PEOPLE = st.sampled_from([PERSON, OTHER])
PROOFS = st.sampled_from([WHOLE, WHOLE, WHOLE, Proof()])
ZONES = st.sampled_from([Zone.PROTECTION, Zone.CONTROL, Zone.OUTSIDE, Zone.UNKNOWN])
WATCH = NOW + timedelta(days=7)
BODIES: st.SearchStrategy[Body] = st.one_of(
    st.builds(Advanced, st.sampled_from(SiteState), PROOFS),
    st.builds(Advanced, st.sampled_from(SiteState), st.just(WHOLE)),
    st.builds(Arrived, PROOFS),
    st.builds(Verified, true=st.booleans(), code=st.just("digging"), proof=PROOFS),
    st.builds(OwnerGiven, PEOPLE, st.just("patroller"), st.just("on duty")),
    st.sampled_from(
        [Accepted(), Declined("ill"), WorksChanged("deeper", SiteState.FILED), Reopened("seen"), Noted("x")]
    ),
    st.builds(
        ViolationOpened,
        IDS,
        st.sampled_from(["V-PLAN", "V-SIGNS"]),
        st.sampled_from(Severity),
        st.just("c"),
        st.just("r"),
    ),
    st.builds(ViolationFixed, IDS, PROOFS),
    st.builds(StopOrdered, IDS, st.just("danger")),
    st.builds(StopRefused, IDS, PROOFS),
    st.builds(Resumed, IDS, PROOFS),
    st.builds(Reported, IDS, st.just("城管"), st.just("r")),
    st.builds(ReportAnswered, IDS, st.just("coming")),
    st.sampled_from(
        [RepairDeclared("water"), RepairPapers(WHOLE), Struck("gas"), AccidentReported("住建局"), Parted("x")]
    ),
    st.builds(StandbyChecked, PROOFS),
    st.builds(Replaced, ZONES, st.just(1), st.none(), st.none(), st.just("moved")),
    st.builds(MergedInto, st.just(OTHER), st.just("same")),
    st.builds(Ended, st.sampled_from(SiteState), st.just("other"), st.just("r"), st.sampled_from([None, WATCH])),
)


PATH = (
    SiteState.NOTIFIED,
    SiteState.FILED,
    SiteState.LOCATED,
    SiteState.BRIEFED,
    SiteState.PLAN_SIGNED,
    SiteState.READY,
    SiteState.UNDER_STANDBY,
    SiteState.COMPLETED,
    SiteState.CLOSED,
)
MOVES = st.lists(
    st.tuples(st.integers(0, 9), BODIES).map(lambda told: told[1] if told[0] < 2 else None), min_size=15, max_size=60
)


def along(site: Site) -> Body:
    """Return what a diligent person would do next: a random walk alone seldom gets far down the path."""
    if site.merged_into is not None:
        return Parted("x")
    if not site.open:
        return Reopened("seen")
    return next(mending(site), None) or next(looking(site), None) or Advanced(following(site), WHOLE)


def mending(site: Site) -> Iterator[Body]:
    yield from (Resumed(one.id, WHOLE) for one in site.stops if one.resumed_at is None)
    yield from (ViolationFixed(one.id, WHOLE) for one in site.violations if one.fixed_at is None)
    if site.strike is not None and site.strike.reported_at is None:
        yield AccidentReported("住建局")
    if site.repair is not None and site.repair.papers_at is None:
        yield RepairPapers(WHOLE)


def looking(site: Site) -> Iterator[Body]:
    if site.owner_id is None:
        yield OwnerGiven(PERSON, "patroller", "on duty")
    if site.state is SiteState.VERIFYING and site.arrived_at is None:
        yield Arrived(WHOLE)
    if site.state is SiteState.VERIFYING and not site.verified:
        yield Verified(true=True, code="digging", proof=WHOLE)


def following(site: Site) -> SiteState:
    return PATH[PATH.index(site.state) + 1 if site.state in PATH else 0]


def walk(moves: list[Body | None]) -> list[tuple[Site, SiteEvent, Site]]:
    """Offer the commands in order; return each that was taken, with the site before and after it."""
    site, taken = discovered(), []
    for number, move in enumerate(moves):
        body = along(site) if move is None else move
        event = SiteEvent(UUID(int=100 + number), TENANT, SITE, NOW, "user:1", site.version + 1, body)
        if allowed(site, body, NOW) is None:
            after = apply(site, event)
            taken.append((site, event, after))
            site = after
        else:
            with pytest.raises(IllegalEventError):
                apply(site, event)
    return taken


@settings(max_examples=300)
@given(MOVES)
def test_no_order_of_commands_gets_past_what_the_domain_forbids(moves: list[Body | None]) -> None:
    seen: set[SiteState] = set()  # since the last opening
    known = {(one.source, one.to) for one in arcs()}
    for before, event, after in walk(moves):
        body = event.body
        if isinstance(body, Reopened):
            seen = set()
        if isinstance(body, WorksChanged):
            seen -= {SiteState.BRIEFED, SiteState.PLAN_SIGNED}
        if before.state is not after.state:
            assert (before.state, after.state) in known
            seen.add(after.state)
            if after.state is SiteState.UNDER_STANDBY:
                assert {SiteState.BRIEFED, SiteState.PLAN_SIGNED, SiteState.FILED, SiteState.LOCATED} <= seen
            if after.state in {SiteState.READY, SiteState.UNDER_STANDBY, SiteState.COMPLETED, SiteState.CLOSED}:
                assert not before.stopped
                assert before.strike is None or before.strike.reported_at is not None
            if after.state is SiteState.CLOSED:
                assert SiteState.COMPLETED in seen
                assert all(one.fixed_at is not None for one in before.violations)
            if after.state is SiteState.FALSE:
                assert before.verified is not True
            if after.state is SiteState.EXEMPT:
                assert after.watched_until is not None
        assert after.version == before.version + 1
        assert len(after.violations) >= len(before.violations)  # nothing is deleted
        assert len(after.stops) >= len(before.stops)
        assert headline(after)


@settings(max_examples=100)
@given(MOVES)
def test_the_written_history_adds_up_to_the_same_site(moves: list[Body | None]) -> None:
    first = SiteEvent(UUID(int=10), TENANT, SITE, NOW, None, 1, discovered_body())
    taken = walk(moves)
    history = [first, *(event for _, event, _ in taken)]
    stored = [replace(one, body=BODY.validate_json(BODY.dump_json(one.body))) for one in history]
    assert stored == history
    assert fold(stored) == (taken[-1][2] if taken else discovered())


def discovered_body() -> Body:
    site = discovered()
    return Discovered(site.alarm_id, site.zone, site.level, site.lon, site.lat, "seen")


def test_history_has_one_beginning_one_site_and_no_gap() -> None:
    with pytest.raises(IllegalEventError, match="begins"):
        fold([])
    with pytest.raises(IllegalEventError, match="begins"):
        apply(None, SiteEvent(OTHER, TENANT, SITE, NOW, None, 1, Noted("x")))
    with pytest.raises(IllegalEventError, match="begins"):
        apply(None, SiteEvent(OTHER, TENANT, SITE, NOW, None, 2, discovered_body()))
    with pytest.raises(IllegalEventError, match="cannot change"):
        apply(sent(), SiteEvent(OTHER, TENANT, OTHER, NOW, None, 3, Noted("x")))
    with pytest.raises(IllegalEventError, match="version 5"):
        apply(sent(), SiteEvent(OTHER, TENANT, SITE, NOW, None, 5, Noted("x")))


def test_every_body_has_its_rule_and_its_effect() -> None:
    kinds = set(get_args(Body))
    assert set(_RULES) == kinds
    assert set(_APPLY) == kinds - {Discovered}
