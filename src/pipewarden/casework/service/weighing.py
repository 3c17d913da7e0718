"""知重点 at work: the risk of a site with every factor, and what other weights would have done. Nothing is written.

The calls of today follow the zone and the level on file; a risk orders attention beside them and silences nothing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pipewarden.casework import store
from pipewarden.casework.facts import Amount, InCompound, Machine, Material, Papers, RiskFacts
from pipewarden.casework.rules import duties
from pipewarden.casework.rules.contractor import history
from pipewarden.casework.rules.contractor_file import contractors_at
from pipewarden.casework.rules.risk import material, papers, risk, threshold, works_kind
from pipewarden.casework.rules.risk_file import read_risk
from pipewarden.casework.rules.supervision_facts import Scene, known_of
from pipewarden.casework.service import ruling, seen
from pipewarden.casework.service.matching import UNKNOWN_OFF_M, ground_at
from pipewarden.casework.service.records import records
from pipewarden.casework.service.supervising import POLICY, scenes, sites_since
from pipewarden.dedupe import service as dedupe
from pipewarden.kit.errors import InputError
from pipewarden.network import service as network
from pipewarden.network.facts import PipeMake, PressureClass
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from pipewarden.casework.facts import Entry, Ladder, Risk, RiskPolicy, Site, Who
    from pipewarden.casework.store import Filed
    from pipewarden.dedupe.facts import Alarm
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

_OFF = 2.0  # 95 % of a normal error lies within two sigma
_SURE_M = 1.0  # a part of a pipe that is known to be worse than this is reason enough
LEVELS = "levels"  # the reason where no weight differs, only where the levels begin


@dataclass(frozen=True, slots=True)
class _Ground:
    """What is known of a site's alarm: as it is now, for what was is not stored."""

    alarm: Alarm | None
    pressure: PressureClass
    make: tuple[PipeMake, ...] = ()
    compound: InCompound = InCompound.UNKNOWN
    contractors: Mapping[UUID, UUID] = field(default_factory=dict)
    records: Mapping[UUID, Sequence[Entry]] = field(default_factory=dict)

    @property
    def distance_m(self) -> float | None:
        if self.alarm is None or self.alarm.ground is None or self.alarm.answer.distance_m is None:
            return None
        return max(0.0, self.alarm.answer.distance_m - _OFF * self.alarm.ground.sigma_m)

    @property
    def machines(self) -> int | None:
        """Count what stands in one picture at most; what else was found in it counts with the machines."""
        together = Counter(one.observation_id for one in self.alarm.members) if self.alarm is not None else {}
        return max(together.values(), default=None)

    @property
    def material(self) -> Material:
        """Return what the pipe is made of; of one with several parts the gravest."""
        said = {material(one.material) for one in self.make} or {Material.UNKNOWN}
        return next(one for one in (Material.PE, Material.UNKNOWN, Material.OTHER) if one in said)

    @property
    def map_off_m(self) -> float | None:
        """Return the pipe's error on the map; None where a part of it tells none, unless another one is bad."""
        told = [one.sigma_m for one in self.make]
        known = [one for one in told if one is not None]
        bad = max(known, default=None)
        return bad if None not in told or (bad is not None and bad > _SURE_M) else None

    def record(self, site: Site) -> Sequence[Entry] | None:
        """Return the record of who does the works of a site, as it stood then; None where nobody is named."""
        who = site.contractor_id
        if who is None and site.filing_id is not None:
            who = self.contractors.get(site.filing_id)
        return None if who is None else self.records.get(who, ())


def risk_of(work: Work, actor: Actor, site_id: UUID) -> tuple[RiskPolicy, Risk]:
    """Return the weights in force and the risk of a site in reach, as it stands.

    Raises:
        ForbiddenError, NotFoundError: as for ``seen.site``.
    """
    filed = seen.site(work, actor, site_id)
    there = replace(work, tenant_id=filed.site.tenant_id)
    policy = ruling.risk(there, work.now())
    return policy, weigh(there, policy, filed)


def weigh(work: Work, policy: RiskPolicy, filed: Filed, compound: InCompound | None = None) -> Risk:
    """Return the risk of a site of the tenant as it stands; ``compound``: whether it lies in one, if known."""
    machine = None
    if filed.machine_s is not None:
        machine = Machine(datetime.fromtimestamp(filed.machine_s, UTC))
    return _weighed(policy, filed.site, _ground(work, [filed.site], compound), machine, work.now())


def weights_in_force(work: Work, actor: Actor) -> RiskPolicy:
    """Return the weights of today.

    Raises:
        ForbiddenError: the actor reads no rules.
    """
    people.require(actor, POLICY)
    return ruling.risk(work, work.now())


@dataclass(frozen=True, slots=True)
class Called:
    """When one rung of the ladder would call, from the chain's beginning; None where it would not."""

    who: Who
    before: timedelta | None
    after: timedelta | None


@dataclass(frozen=True, slots=True)
class RiskChange:
    """One site that other weights would have put elsewhere, by the gravest level that it reached.

    Attributes:
        before: under the weights in force, first reached at ``before_at``; ``after`` the same under the file's.
        before_score: when the one that is the graver, or earlier, reached it; ``after_score`` at the same moment.
        reasons: the factors that count more (sooner) or less (later) at that moment, or ``levels``.
        owner_id: who has it in hand.
        called: the rungs that would have been called at another time, if the calls followed the level.
    """

    site_id: UUID
    before: int
    after: int
    before_at: datetime
    after_at: datetime
    before_score: float
    after_score: float
    reasons: tuple[str, ...]
    owner_id: UUID | None
    called: tuple[Called, ...]


@dataclass(frozen=True, slots=True)
class Backtest:
    """What a file of weights would have changed on what happened.

    Attributes:
        sites: how many were looked at; ``moments`` how many events and sightings of them.
        kept: sites by the gravest level on file; ``before`` by that of the weights in force, ``after`` by the file's.
        scored_before: by the gravest level of the score alone; ``scored_after`` the same.
        sooner: graver, or as grave earlier; ``later`` the other way round.
    """

    version: str
    sites: int
    moments: int
    kept: dict[int, int]
    before: dict[int, int]
    after: dict[int, int]
    scored_before: dict[int, int]
    scored_after: dict[int, int]
    sooner: tuple[RiskChange, ...]
    later: tuple[RiskChange, ...]


@dataclass(frozen=True, slots=True)
class _Moment:
    """A site at one moment under both."""

    at: datetime
    site: Site
    before: Risk
    after: Risk


def backtest(work: Work, text: str, name: str, days: int, *, most: int | None = None) -> Backtest:
    """Return what a file of weights would have done on the tenant's stored events of the last days.

    How far a machine stood, the pipe's pressure and how many machines there were is taken as it is known now.

    Raises:
        InputError: the file is refused, or differs from weights that are shipped and bears their version.
        RefusedError: more than ``most`` sites would have to be looked at.
    """
    given = read_risk(text, name)
    known = (*store.shipped_risk(), ruling.risk(work, work.now()))
    if any(one.version == given.version and one != given for one in known):
        problem = f"bears the version of the weights in force, {given.version}, and differs from them"
        raise InputError(field=f"{name}: version", problem=problem, fix="Give the edit a version of its own.")
    since = work.now() - timedelta(days=days)
    moments = 0
    gravest: list[tuple[int, _Moment, _Moment]] = []
    for site_id in sites_since(work, since, most):
        lived = _lived(work, site_id, since, given)
        moments += len(lived)
        if lived:
            before = min(lived, key=lambda one: (one.before.level, one.at))
            after = min(lived, key=lambda one: (one.after.level, one.at))
            gravest.append((min(one.site.level for one in lived), before, after))
    changes = [(_order(before, after), _change(before, after)) for _, before, after in gravest]
    return Backtest(
        given.version,
        len(gravest),
        moments,
        _by_level(kept for kept, _, _ in gravest),
        _by_level(before.before.level for _, before, _ in gravest),
        _by_level(after.after.level for _, _, after in gravest),
        _by_level(before.before.scored for _, before, _ in gravest),
        _by_level(after.after.scored for _, _, after in gravest),
        tuple(change for order, change in changes if order < 0),
        tuple(change for order, change in changes if order > 0),
    )


def _lived(work: Work, site_id: UUID, since: datetime, given: RiskPolicy) -> list[_Moment]:
    (site,) = store.sites.read(work, [site_id]).values()
    told = list(scenes(work, site_id))
    ground = _ground(work, [*(scene.site for scene, _ in told), site])
    machine: Machine | None = None
    found = []
    for scene, at in told:
        machine = scene.machine or machine
        if at >= since:
            weights = (ruling.risk(work, at), given)
            before, after = (_weighed(one, scene.site, ground, machine, at) for one in weights)
            found.append(_Moment(at, scene.site, before, after))
    return found


def _order(before: _Moment, after: _Moment) -> int:
    old, new = (before.before.level, before.at), (after.after.level, after.at)
    return (new > old) - (new < old)


def _change(before: _Moment, after: _Moment) -> RiskChange:
    sign = _order(before, after)
    there = after if sign < 0 else before
    pairs = zip(there.before.factors, there.after.factors, strict=True)
    reasons = tuple(old.factor for old, new in pairs if (old.weight - new.weight) * sign > 0)
    return RiskChange(
        site_id=there.site.id,
        before=before.before.level,
        after=after.after.level,
        before_at=before.at,
        after_at=after.at,
        before_score=there.before.score,
        after_score=there.after.score,
        reasons=reasons or (LEVELS,),
        owner_id=there.site.owner_id,
        called=_called(there.site, before.before.level, after.after.level),
    )


def _called(site: Site, before: int, after: int) -> tuple[Called, ...]:
    policy = store.shipped_duties()
    old, new = (_rungs(duties.ladder_there(policy, replace(site, level=level))) for level in (before, after))
    everybody = dict.fromkeys([*old, *new])
    return tuple(Called(who, old.get(who), new.get(who)) for who in everybody if old.get(who) != new.get(who))


def _rungs(ladder: Ladder) -> dict[Who, timedelta]:
    return {step.who: step.after for step in reversed(ladder.steps)}


def _by_level(levels: Iterable[int]) -> dict[int, int]:
    counted = Counter(levels)
    return {level: counted[level] for level in (1, 2, 3, 4)}


def _ground(work: Work, sites: Sequence[Site], compound: InCompound | None = None) -> _Ground:
    """Return what is known around a site, of which ``sites`` are its states: the last one as it stands."""
    site = sites[-1]
    alarm = None
    if site.alarm_id is not None and site.alarm_id in dedupe.known(work, [site.alarm_id]):
        alarm = dedupe.alarm(work, site.alarm_id)
    pressure, make = PressureClass.UNKNOWN, tuple[PipeMake, ...]()
    pipe = None if alarm is None else _pipe(alarm)
    if pipe is not None:
        pressure = network.classes(work, {pipe}).get(pipe, PressureClass.UNKNOWN)
        make = network.makes(work, {pipe}).get(pipe, ())
    filings = {one.filing_id for one in sites if one.filing_id is not None}
    contractors = store.filings.contractors(work, filings) if filings else {}
    named = {one.contractor_id for one in sites if one.contractor_id is not None} | set(contractors.values())
    there = _compound(work, site, alarm) if compound is None else compound
    return _Ground(alarm, pressure, make, there, contractors, records(work, named))


def _pipe(alarm: Alarm) -> tuple[UUID, str] | None:
    version, pipe = alarm.answer.network_version_id, alarm.answer.zone_pipe_id or alarm.answer.pipe_id
    return None if version is None or pipe is None else (version, pipe)


def _compound(work: Work, site: Site, alarm: Alarm | None) -> InCompound:
    if site.lon is None or site.lat is None:
        return InCompound.UNKNOWN
    off = UNKNOWN_OFF_M if alarm is None or alarm.ground is None else _OFF * alarm.ground.sigma_m
    return ground_at(work, (site.lon, site.lat), off)[0]


def _weighed(policy: RiskPolicy, site: Site, ground: _Ground, machine: Machine | None, at: datetime) -> Risk:
    """Return the risk of a site; the machine is the one that was seen last."""
    moved = known_of(Scene(site)).get("works.moved_m")
    amount = moved.value if moved is not None and isinstance(moved.value, Amount) else None
    cls, kind = (None, None) if ground.alarm is None else (ground.alarm.cls, ground.alarm.type)
    if machine is not None:  # its own type, else the alarm's vote; never taken for the people and cones beside it
        cls, kind = "machine", machine.type or kind
    filed = papers(site) is not Papers.UNFILED
    facts = RiskFacts(
        works=works_kind(cls, kind),
        zone=site.zone,
        distance_m=ground.distance_m,
        pressure=ground.pressure,
        papers=papers(site),
        seen_at=None if machine is None else machine.seen_at,
        machines=ground.machines,
        agreed=any(one.what == "advanced.plan_signed" for one in site.marks),
        moved_m=None if amount is None else amount.value,
        moved_off_m=0.0 if amount is None else amount.off,
        material=ground.material,
        map_off_m=ground.map_off_m,
        compound=ground.compound,
        threshold=threshold(ground.compound, filed=filed),
        contractor=history(contractors_at(store.shipped_contractors(), at), ground.record(site), at),
    )
    return risk(policy, facts, store.shipped_duties().calendar, site.level)
