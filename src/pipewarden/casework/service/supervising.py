"""The supervision rules at work: asked after every event, shown to people, tried before they are changed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import true

from pipewarden.casework import store
from pipewarden.casework.facts import FILING_FACTS, DutyState, Machine, Result, ViolationOpened
from pipewarden.casework.rules import apply
from pipewarden.casework.rules.supervision import (
    awaits_filing,
    evidence,
    failed_examples,
    judged,
    next_moment,
    timed,
    to_open,
    written,
)
from pipewarden.casework.rules.supervision_facts import Scene
from pipewarden.casework.rules.supervision_file import read_supervision
from pipewarden.casework.service import ruling, seen
from pipewarden.casework.service.machines import last_machine
from pipewarden.casework.service.matching import permitted
from pipewarden.dedupe import service as dedupe
from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID

    from pipewarden.casework.facts import Body, RuleSaid, RuleWritten, Site, SiteEvent
    from pipewarden.casework.rules.supervision_file import Supervision
    from pipewarden.casework.store import Filed
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

POLICY = "policy:read"
_MOST_EVENTS = 5000


def broken(work: Work, site: Site, machine: Machine | None = None) -> list[Body]:
    """Return the violations that the rules open at a site as it stands.

    Args:
        work: the transaction.
        site: as it stands.
        machine: that is seen there now; None when something else happened: what was seen before accuses nobody anew.
    """
    if not site.open:
        return []
    policy, now = ruling.supervision(work), work.now()
    late, next_late = _owed(work, site, policy)
    moments = [one for one in (next_moment(policy, site, now), next_late) if one is not None]
    store.sites.set_rules_due(work, site.id, min(moments, default=None))
    scene = _filed(work, policy, Scene(site, machine, None, late))
    return [_opened(work, policy, one, scene) for one in to_open(policy, scene, now)]


def brought_by_time(work: Work, filed: Filed) -> list[Body]:
    """Return the violations that the rules open at a site because time has passed.

    Of what reads no clock only what an event would bring; the machine is the one that was seen last, while the rules
    take it for at work.
    """
    opened = broken(work, filed.site)
    policy, machine = ruling.supervision(work), last_machine(work, filed)
    late, _ = _owed(work, filed.site, policy)
    scene = _filed(work, policy, Scene(filed.site, machine, None, late))
    codes = {one.code for one in opened if isinstance(one, ViolationOpened)}
    said = [one for one in timed(policy, scene, work.now()) if one.code not in codes]
    return opened + [_opened(work, policy, one, scene) for one in said]


def rules_in_force(work: Work, actor: Actor) -> tuple[Supervision, tuple[RuleWritten, ...]]:
    """Return the rules in force now, with their examples.

    Raises:
        ForbiddenError: the actor reads no rules.
    """
    people.require(actor, POLICY)
    policy = ruling.supervision(work)
    return policy, written(policy, work.now())


def rules_of(work: Work, actor: Actor, site_id: UUID) -> tuple[Supervision, tuple[RuleSaid, ...]]:
    """Return the rules in force and what each says of a site in reach, with every fact that it read.

    Raises:
        ForbiddenError, NotFoundError: as for ``seen.site``.
    """
    filed = seen.site(work, actor, site_id)
    there = replace(work, tenant_id=filed.site.tenant_id)
    policy, site = ruling.supervision(there), filed.site
    machine = last_machine(there, filed)
    scene = Scene(site, machine, permitted(there, site, machine), _owed(there, site, policy)[0])
    return policy, judged(policy, scene, work.now())


def _filed(work: Work, policy: Supervision, scene: Scene) -> Scene:
    """Look for the filing, by one statement, where a rule cannot say its word without one."""
    if not awaits_filing(policy, scene, work.now()):
        return scene
    return replace(scene, permitted=permitted(work, scene.site, scene.machine))


@dataclass(frozen=True, slots=True)
class Change:
    """One site that other rules would judge otherwise.

    Attributes:
        at: when it would first have been violated, or was; a moment of the site's history.
    """

    code: str
    site_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file would have changed: nothing is written.

    Attributes:
        sites: how many were looked at; ``moments`` how many events and sightings of them.
        newly: violated by the file's rules and not by those in force; ``no_longer`` the other way round.
        same: violated by both, by code.
    """

    version: str
    sites: int
    moments: int
    newly: tuple[Change, ...]
    no_longer: tuple[Change, ...]
    same: dict[str, int]


def check(text: str, name: str) -> tuple[Supervision, tuple[str, ...]]:
    """Return the rules of a file, and in words every example of it that does not hold.

    Raises:
        InputError: the file is refused; the field is its line and path.
    """
    policy = read_supervision(text, name, store.violations())
    return policy, failed_examples(policy)


def preview(work: Work, text: str, name: str, days: int, *, most: int | None = None) -> Preview:
    """Return what a file would have changed on the tenant's stored events of the last days.

    Filings are not part of it, nor how far a machine stood from the pipe then: what hangs on them is unknown. What the
    judge rejected is seen there like what it did not.

    Raises:
        InputError: the file is refused, or differs from the rules in force and bears their version.
        RefusedError: more than ``most`` sites would have to be looked at.
    """
    given, rules = read_supervision(text, name, store.violations()), ruling.supervision(work)
    if given.version == rules.version and given != rules:
        problem = f"bears the version of the rules in force, {rules.version}, and differs from them"
        raise InputError(field=f"{name}: version", problem=problem, fix="Give the edit a version of its own.")
    since = work.now() - timedelta(days=days)
    sites = moments = 0
    by: dict[str, dict[tuple[str, UUID], datetime]] = {"given": {}, "ruling": {}}
    for site_id in sites_since(work, since, most):
        sites += 1
        for scene, at in scenes(work, site_id):
            if at < since:
                continue
            moments += 1
            for side, policy in (("given", given), ("ruling", rules)):
                for one in judged(policy, scene, at):
                    if one.result is Result.VIOLATED:
                        by[side].setdefault((one.code, site_id), at)
    both = by["given"].keys() & by["ruling"].keys()
    return Preview(
        given.version,
        sites,
        moments,
        _changes(by["given"], by["ruling"]),
        _changes(by["ruling"], by["given"]),
        dict(sorted(Counter(code for code, _ in both).items())),
    )


def sites_since(work: Work, since: datetime, most: int | None) -> list[UUID]:
    """Return the sites to which anything happened since a moment.

    Raises:
        RefusedError: they are more than ``most``.
    """
    found = store.history.happened_since(work, since)
    if most is not None and len(found) > most:
        fix = "Look back fewer days, or run `pipewarden rules preview` or `risk backtest` on the machine itself."
        raise RefusedError(field="days", problem=f"{len(found)} sites are too many to wait for", fix=fix)
    return found


def _changes(mine: dict[tuple[str, UUID], datetime], theirs: dict[tuple[str, UUID], datetime]) -> tuple[Change, ...]:
    return tuple(Change(code, site_id, mine[code, site_id]) for code, site_id in sorted(mine.keys() - theirs.keys()))


def scenes(work: Work, site_id: UUID) -> Iterator[tuple[Scene, datetime]]:
    """Yield an open site as it stood after each event, and with its machine at each sighting, in order of time."""
    events = store.history.events(work, site_id, limit=_MOST_EVENTS)
    site: Site | None = None
    alarm_id = next((one.body.alarm_id for one in events if one.body.kind == "discovered"), None)
    sightings = [] if alarm_id is None else dedupe.moments(work, alarm_id, limit=_MOST_EVENTS)
    happened: Sequence[tuple[datetime, SiteEvent | Machine]] = sorted(
        [(one.at, one) for one in events] + [(at, Machine(at, kind)) for at, kind in sightings],
        key=lambda one: one[0],
    )
    for at, what in happened:
        machine = what if isinstance(what, Machine) else None
        site = site if isinstance(what, Machine) else apply(site, what)
        if site is not None and site.open:
            yield Scene(site, machine), at


def _opened(work: Work, policy: Supervision, said: RuleSaid, scene: Scene) -> ViolationOpened:
    machine, filing = scene.machine, scene.permitted
    seen_at = "" if machine is None else f"; a machine was seen at {machine.seen_at:%Y-%m-%d %H:%M:%S} UTC"
    read = filing is not None and any(one.name in FILING_FACTS and one.value is not None for one in said.facts)
    return ViolationOpened(
        work.ids.new(),
        said.code,
        said.severity,
        said.clause,
        said.en + seen_at + (f"; filing {filing.filing_id}" if filing is not None and read else ""),
        work.now() + said.by,
        evidence(said),
        policy.version,
    )


def _owed(work: Work, site: Site, policy: Supervision) -> tuple[frozenset[str] | None, datetime | None]:
    """Return the kinds of duties that are late, and when the next one is; None where no rule asks: nothing is read."""
    if not any("duties.overdue" in read for read in policy.reads.values()):
        return None, None
    now = work.now()
    duties = [one.duty for one in store.owed.page(work, true(), store.owed.DutyFilter(site_id=site.id), limit=200)]
    to_come = [one.due_at for one in duties if one.due_at > now and one.state is DutyState.OPEN]
    late = frozenset(one.kind for one in duties if one.due_at <= now and one.state is not DutyState.PAUSED)
    return late, min(to_come, default=None)
