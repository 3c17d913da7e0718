"""Every guard of the main path, and every line of every filing pack: once that it speaks, once that it is silent.

Through the services, on stored events. The papers' guards and the packs' lines are read from what is shipped.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
import shapely
from duty_town import NORTH, DutyTown
from site_life import PAPERS as PATH
from site_life import WHOLE

from pipewarden.casework import service, store
from pipewarden.casework.facts import (
    AccidentReported,
    Advanced,
    Arrived,
    DamageRecorded,
    Discovered,
    Ended,
    Method,
    OwnerGiven,
    PlanDisputed,
    PlanReviewed,
    Proof,
    RepairDeclared,
    RepairPapers,
    Resumed,
    Severity,
    Site,
    SiteState,
    StopOrdered,
    Struck,
    Verified,
    ViolationFixed,
    ViolationOpened,
    Works,
)
from pipewarden.casework.rules.guards import GUARDS
from pipewarden.casework.rules.guards import PAPERS as BROUGHT
from pipewarden.kit.errors import InputError
from pipewarden.network import service as network
from pipewarden.network.facts import Around, Regime, Zone
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipewarden.casework.facts import Body, FilingPack, Requirement

LOOKED = Verified(true=True, code="digging", proof=WHOLE)
NOTHING = Verified(true=False, code="passing", proof=WHOLE)
GRAVE = ViolationOpened(UUID(int=21), "V-SIGNS", Severity.MAJOR, "第三十四条", "seen")
FIXED = ViolationFixed(GRAVE.violation_id, WHOLE)
STOP = StopOrdered(UUID(int=20), "danger")
RESUMED = Resumed(STOP.stop_id, WHOLE)
EXEMPT = SiteState.EXEMPT


@dataclass(frozen=True)
class Case:
    """A step that a guard stands against, and what makes it let the step pass.

    Attributes:
        at: the state in which the site stands first.
        then: what happens there.
        step: that is refused.
        cure: what happens so that the very step is taken.
        code: of the refusal.
        lost: a paper that the row has lost: no event leads there, and the guard is the second net.
    """

    at: SiteState
    then: tuple[Body, ...]
    step: Callable[[datetime], Body]
    cure: tuple[Body, ...]
    code: str
    zone: Zone = Zone.PROTECTION
    lost: SiteState | None = None


def to(state: SiteState, proof: Proof = WHOLE) -> Callable[[datetime], Body]:
    return lambda _now: Advanced(state, proof)


def false(_now: datetime) -> Body:
    return Ended(SiteState.FALSE, "passing", "x")


def exempt(now: datetime) -> Body:
    return Ended(EXEMPT, "no_digging", "x", now + timedelta(days=3))


DISPUTE = PlanDisputed(UUID(int=901), "建设单位", "too far off")
REVIEWED = PlanReviewed(DISPUTE.dispute_id, True, ("王工",), "it can be done")
S = SiteState
HAND = {
    "verified_true": Case(S.VERIFYING, (), to(S.NOTIFIED), (LOOKED,), "not_verified"),
    "in_range": Case(S.VERIFYING, (LOOKED,), to(S.NOTIFIED), (), "out_of_range", Zone.OUTSIDE),
    "not_verified_true": Case(S.VERIFYING, (LOOKED,), false, (NOTHING,), "verified_true"),
    "looked_or_outside": Case(S.VERIFYING, (), exempt, (LOOKED,), "not_looked"),
    "located_before": Case(S.FILED, (), to(S.BRIEFED), (Advanced(S.LOCATED, WHOLE),), "not_located"),
    "papers_whole": Case(S.READY, (), to(S.UNDER_STANDBY), (), "lacks_briefed", lost=S.BRIEFED),
    "undisputed": Case(S.BRIEFED, (DISPUTE,), to(S.PLAN_SIGNED), (REVIEWED,), "disputed"),
    "not_stopped": Case(S.PLAN_SIGNED, (STOP,), to(S.READY), (RESUMED,), "stopped"),
    "nothing_grave": Case(S.PLAN_SIGNED, (GRAVE,), to(S.READY), (FIXED,), "violation_open"),
    "all_fixed": Case(S.COMPLETED, (GRAVE,), to(S.CLOSED), (FIXED,), "violation_open"),
    "strike_told": Case(S.PLAN_SIGNED, (Struck("hit"),), to(S.READY), (AccidentReported("told"),), "strike_untold"),
    "strike_recorded": Case(
        S.COMPLETED,
        (Struck("hit"), AccidentReported("told")),
        to(S.CLOSED),
        (DamageRecorded(UUID(int=30)),),
        "strike_unrecorded",
    ),
    "repair_papered": Case(
        S.COMPLETED, (RepairDeclared("water"),), to(S.CLOSED), (RepairPapers(WHOLE),), "repair_papers"
    ),
}
LACKING = {
    name: Case(
        S.VERIFYING if state is S.NOTIFIED else PATH[PATH.index(state) - 1],
        (LOOKED,) if state is S.NOTIFIED else (),
        to(state, Proof()),
        (),
        "lacks_",
    )
    for name, state in BROUGHT.items()
}


def happen(town: DutyTown, site: Site, *bodies: Body) -> Site:
    for body in bodies:
        site = service.append(town.work, store.sites.lock(town.work, [site.id])[site.id], [body], "user:1")
    return site


def standing(town: DutyTown, case: Case) -> Site:
    site = service.open_site(town.work, Discovered(None, case.zone, 1, *NORTH, "seen"))
    site = happen(town, site, OwnerGiven(town.work.ids.new(), "patroller", "x"), Arrived(WHOLE))
    if case.at in PATH:
        site = happen(town, site, LOOKED, *(Advanced(one, WHOLE) for one in PATH[: PATH.index(case.at) + 1]))
    site = happen(town, site, *case.then)
    if case.lost is not None:
        row = town.work.session.get_one(store.SiteRow, site.id)
        row.sum = row.sum | {"passed": sorted(one.value for one in site.passed if one is not case.lost)}
        town.work.session.flush()
    return site


def refused(town: DutyTown, site: Site, body: Body) -> str:
    before = site.version
    with pytest.raises(service.StepRefusedError) as caught:
        happen(town, site, body)
    assert store.sites.lock(town.work, [site.id])[site.id].version == before, "nothing was written"
    assert caught.value.refusal.clause
    assert caught.value.fix
    return str(caught.value.refusal.code)


def test_every_guard_of_the_path_is_tried_here() -> None:
    assert set(HAND) | set(LACKING) == set(GUARDS)


@pytest.mark.parametrize("guard", [*HAND, *LACKING])
def test_a_guard_refuses_the_step_and_lets_it_pass_when_it_is_right(street: Any, guard: str) -> None:
    town, case = DutyTown(street.work, street.clock), (HAND | LACKING)[guard]
    site = standing(town, case)
    step = case.step(town.clock.now())
    assert refused(town, site, step).startswith(case.code)
    if guard in LACKING:
        step = replace(step, proof=WHOLE)  # type: ignore[type-var]
    if case.zone is Zone.OUTSIDE or case.lost is not None:
        site = standing(town, replace(case, zone=Zone.CONTROL, lost=None))
    site = happen(town, site, *case.cure, step)
    assert site.state is (step.to if isinstance(step, Advanced | Ended) else site.state)


LINES = [(pack, line) for pack in store.filing_packs() for line in pack.requirements.values()]
DAY = timedelta(days=1)
SQUARE = bytes(shapely.to_wkb(shapely.box(116.7, 39.52, 116.701, 39.521)))


def asked(street: Any, patch: pytest.MonkeyPatch, pack: FilingPack, line: Requirement, **other: Any) -> bool:
    """File works that a line speaks of, but for ``other``; return whether the stored decision holds the line."""
    zone = other.get("zone", min(line.zones, default=Zone.OUTSIDE, key=str))
    regimes = {pack.regime: zone}
    patch.setattr(network, "around", lambda *_, **__: Around(regimes, ()))
    now = street.clock.now()
    method = other.get("method", min(line.methods, default=Method.OPEN_CUT, key=str))
    urgent = other.get("urgent", bool(line.urgent))
    place = other.get("place", pack.pack)
    works = Works(place, SQUARE, method, now + timedelta(days=30), now + timedelta(days=40), urgent=urgent)
    kept = service.file_works(street.work, people.operator(), works)
    stored = store.filings.lock(street.work, kept.filing.id)
    assert stored is not None
    assert stored.decision is not None
    return any((one.kind, one.pack) == (line.kind, pack.pack) for one in stored.decision.required)


@pytest.mark.parametrize(("pack", "line"), LINES, ids=[f"{pack.pack}-{line.kind}" for pack, line in LINES])
def test_a_line_of_a_pack_is_asked_of_the_works_it_names_and_of_no_others(
    street: Any, monkeypatch: pytest.MonkeyPatch, pack: FilingPack, line: Requirement
) -> None:
    assert asked(street, monkeypatch, pack, line)
    others: list[dict[str, Any]] = []
    others += [{"zone": one} for one in Zone if line.zones and one not in line.zones]
    others += [{"method": one} for one in Method if line.methods and one not in line.methods]
    others += [] if line.urgent is None else [{"urgent": not line.urgent}]
    if pack.parent is not None:
        others.append({"place": "CN-GD-shenzhen"})
    for other in others:
        assert not asked(street, monkeypatch, pack, line, **other), other
    if not others:  # it is asked of all works everywhere: but not before its pack was in force
        street.clock.moment = datetime(pack.since.year, pack.since.month, pack.since.day, tzinfo=UTC) - 2 * DAY
        with pytest.raises(InputError, match="no pack holds"):
            asked(street, monkeypatch, pack, line)


def test_regimes_of_the_packs_are_both_tried() -> None:
    assert {pack.regime for pack, _ in LINES} == set(Regime)
