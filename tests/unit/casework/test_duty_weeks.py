"""Whatever people and the clock do in whatever order, some things always hold: drawn, tried on the real services."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from duty_town import NORTH, SOUTH, DutyTown
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from pipewarden.casework import service, store
from pipewarden.casework.facts import (
    Accepted,
    Advanced,
    Arrived,
    Declined,
    Ended,
    Noted,
    Proof,
    Reopened,
    Severity,
    SiteState,
    StopOrdered,
    StopRefused,
    Struck,
    Verified,
    ViolationOpened,
)
from pipewarden.casework.store.duty_tables import ChainRow, RungRow, SiteDutyRow
from pipewarden.network.facts import Zone
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.casework.facts import Body
    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work

SEC, MIN = timedelta(seconds=1), timedelta(minutes=1)
PROOF = Proof(
    pictures=("0" * 64,),
    lon=NORTH[0],
    lat=NORTH[1],
    accuracy_m=6.0,
    words="seen there",
    signed_by=("owner", "contractor", "supervisor", "operator"),
)
ACTS = ("accept", "decline", "arrive", "true", "false", "onward", "break", "stop", "refuse", "strike", "note", "end")


def body_of(act: str, town: DutyTown, site_id: UUID) -> Body:
    site = store.sites.read(town.work, [site_id])[site_id]
    path = list(SiteState)
    onward = path[min(path.index(site.state) + 1, path.index(SiteState.CLOSED))]
    stop = site.stops[-1].id if site.stops else town.work.ids.new()
    return {
        "accept": Accepted(),
        "decline": Declined("busy"),
        "arrive": Arrived(PROOF),
        "true": Verified(true=True, code="digging", proof=PROOF),
        "false": Verified(true=False, code="no_works", proof=PROOF),
        "onward": Advanced(onward, PROOF),
        "break": ViolationOpened(town.work.ids.new(), "V-PLAN", Severity.MINOR, "条例 34", "no plan"),
        "stop": StopOrdered(town.work.ids.new(), "danger"),
        "refuse": StopRefused(stop, PROOF),
        "strike": Struck("gas"),
        "note": Noted("looked"),
        "end": Ended(SiteState.FALSE, "no_works", "nothing there"),
    }[act]


def act_on(town: DutyTown, site_id: UUID, act: str) -> None:
    """Try one thing; what the site does not allow changes nothing, and that is fine here."""
    if act == "reopen":
        bodies: list[Body] = [Reopened("seen again")]
    else:
        bodies = [body_of(act, town, site_id)]
    try:
        town.happen(site_id, *bodies)
    except service.StepRefusedError:
        return


def check(town: DutyTown, sites: list[UUID]) -> None:
    """Everything that must hold after each step."""
    work = town.work
    now = work.now()
    read = store.sites.read(work, sites)
    assert service.audit(work) == service.Audited(0, 0)
    for site_id, site in read.items():
        running = store.owed.running(work, site_id)
        assert bool(running) == site.open
        assert len({(kept.duty.kind, kept.duty.about) for kept in running}) == len(running)
        if site.open:
            assert site.owner_id is not None
        for chain in store.chains.running(work, site_id=site_id):
            assert chain.duty_id in {kept.duty.id for kept in running}
    rungs = list(work.session.scalars(select(RungRow).where(RungRow.tenant_id == work.tenant_id)))
    of_chain: dict[tuple[UUID, int], list[int]] = defaultdict(list)
    for rung in rungs:
        of_chain[rung.chain_id, rung.loop].append(rung.step)
    for steps in of_chain.values():
        assert sorted(steps) == list(range(len(steps)))
    spoken = Counter(one.call_id for one in rungs if one.call_id is not None)
    known = {one.id for one in town.calls()}
    assert set(spoken) <= known
    for one in town.calls():
        mine = [other for other in town.calls() if other.person_id == one.person_id]
        assert sum(one.at - 10 * MIN < other.at <= one.at for other in mine) <= 10
    late = select(ChainRow.id).where(ChainRow.tenant_id == work.tenant_id, ChainRow.due_at < now - 10 * SEC)
    assert list(work.session.scalars(late)) == []
    past = select(SiteDutyRow.id).where(
        SiteDutyRow.tenant_id == work.tenant_id, SiteDutyRow.state == "open", SiteDutyRow.due_at < now - 10 * SEC
    )
    assert list(work.session.scalars(past)) == []


_STEP = st.one_of(
    st.tuples(st.just("open"), st.sampled_from([NORTH, SOUTH]), st.sampled_from([Zone.PROTECTION, Zone.CONTROL])),
    st.tuples(st.sampled_from([*ACTS, "reopen"]), st.integers(0, 3), st.just(None)),
    st.tuples(st.just("wait"), st.integers(5, 3000), st.just(None)),
    st.tuples(st.just("answer"), st.integers(0, 9), st.just(None)),
    st.tuples(st.just("unreachable"), st.integers(0, 9), st.just(None)),
)


def play(town: DutyTown, steps: list[tuple[str, object, object]]) -> list[UUID]:
    """Let a drawn day pass and return its sites."""
    sites: list[UUID] = [town.site().id]
    for act, what, zone in steps:
        if act == "open":
            sites.append(town.site(what, zone=zone).id)  # type: ignore[arg-type]
        elif act == "wait":
            town.clock.advance(what * SEC)  # type: ignore[operator]
        elif act in {"answer", "unreachable"}:
            calls = town.calls()
            if calls:
                call = calls[what % len(calls)]  # type: ignore[operator]
                if act == "answer":
                    service.acknowledge_call(town.work, call.id, call.person_id)
                else:
                    service.unreachable(town.work, call.id, "no channel")
        else:
            act_on(town, sites[what % len(sites)], act)  # type: ignore[operator]
        for _ in range(6):  # what is past comes one by one; each sweep is another moment
            service.sweep(town.work)
    return sites


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(steps=st.lists(_STEP, max_size=12))
def test_whatever_happens_somebody_is_in_charge(
    work: Work, clock: SetClock, steps: list[tuple[str, object, object]]
) -> None:
    point = work.session.begin_nested()
    try:
        town = DutyTown(work, clock)
        for role, rank in ((Role.PATROLLER, 1), (Role.PATROLLER, 2), (Role.DISPATCHER, 1), (Role.SAFETY_MANAGER, 1)):
            town.on_duty(role, rank=rank)
        check(town, play(town, steps))
    finally:
        point.rollback()
        work.session.expire_all()


@pytest.mark.parametrize("act", ACTS)
def test_each_act_on_a_fresh_site_leaves_it_in_hand_or_ended(work: Work, clock: SetClock, act: str) -> None:
    town = DutyTown(work, clock)
    town.on_duty(Role.PATROLLER)
    town.on_duty(Role.SAFETY_MANAGER)
    site = town.site()
    act_on(town, site.id, act)
    service.sweep(work)
    check(town, [site.id])


@pytest.mark.parametrize("state", [one for one in SiteState if one not in {SiteState.EXEMPT, SiteState.FALSE}])
def test_a_site_on_any_step_of_the_path_has_something_to_become_due(
    work: Work, clock: SetClock, state: SiteState
) -> None:
    town = DutyTown(work, clock)
    patroller = town.on_duty(Role.PATROLLER)
    site = town.site()
    town.accept(site.id, patroller)
    town.arrive(site.id, patroller)
    town.happen(site.id, Verified(true=True, code="digging", proof=PROOF))
    path = list(SiteState)
    while (now := store.sites.read(work, [site.id])[site.id].state) is not state and now is not SiteState.CLOSED:
        if path.index(now) > path.index(state):
            break
        town.happen(site.id, Advanced(path[path.index(now) + 1], PROOF))
    assert service.audit(work) == service.Audited(0, 0)
    filed = store.owed.next_due(work, site.id)
    assert (filed is None) == (state is SiteState.CLOSED)
