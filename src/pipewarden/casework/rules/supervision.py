"""What the supervision rules say of a site at a moment, which violation that opens, and what other rules would say."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pipewarden.casework.facts import (
    CLOCK_FACTS,
    FILING_FACTS,
    VOCABULARY,
    Amount,
    Evidence,
    ExampleSaid,
    FactSaid,
    Reading,
    Result,
    RuleSaid,
    RuleWritten,
)
from pipewarden.casework.rules.supervision_facts import Scene, known_of
from pipewarden.casework.rules.supervision_file import readings
from pipewarden.casework.rules.supervision_words import Before, holds, reached

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipewarden.casework.facts import Site, Value
    from pipewarden.casework.rules.supervision_file import Rule, Supervision

_AFTER = timedelta(microseconds=1)  # a moment is before another only when it is not the same
_SAID = {True: Result.VIOLATED, False: Result.COMPLIANT, None: Result.UNKNOWN}


def judged(policy: Supervision, scene: Scene, at: datetime) -> tuple[RuleSaid, ...]:
    """Return what every rule in force on the day of ``at`` says of a site, in the order of their file."""
    known = known_of(scene, works_at(policy, scene, at))
    return tuple(_said(policy, rule, scene.site, known) for rule in in_force(policy, at))


def in_force(policy: Supervision, at: datetime) -> tuple[Rule, ...]:
    """Return the rules in force on the day of ``at``, in the policy's own zone."""
    day = at.astimezone(policy.zone).date()
    return tuple(one for one in policy.rules if one.since <= day and (one.until is None or day < one.until))


def works_at(policy: Supervision, scene: Scene, at: datetime) -> datetime | None:
    """Return until when the machine of a scene is taken for at work; None without one."""
    if scene.machine is None:
        return None
    seen_at = scene.machine.seen_at
    return min(max(at, seen_at), seen_at + policy.works_on)


def timed(policy: Supervision, scene: Scene, at: datetime) -> tuple[RuleSaid, ...]:
    """Return the rules of ``to_open`` that the clock alone may change: a machine that was seen before is no new one.

    One that was seen longer ago than ``works_on`` is nobody's: another picture must show it.
    """
    if scene.machine is not None and at - scene.machine.seen_at > policy.works_on:
        return ()
    return tuple(one for one in to_open(policy, scene, at) if not CLOCK_FACTS.isdisjoint(policy.reads[one.code]))


def next_moment(policy: Supervision, site: Site, at: datetime) -> datetime | None:
    """Return the next moment at which a machine that works on would break a rule of a site, by the site's own facts."""
    known, found = known_of(Scene(site)), []
    for rule in in_force(policy, at):
        for node in reached(rule.violated_when, policy.derived):
            if isinstance(node, Before) and node.before.then == "machine.works_at":
                first = known[node.before.first].value if node.before.first in known else None
                if isinstance(first, datetime):
                    found.append(first + node.before.by + _AFTER)
    return min((one for one in found if one > at), default=None)


def written(policy: Supervision, at: datetime) -> tuple[RuleWritten, ...]:
    """Return every rule in force on the day of ``at`` as people read it, in the order of their file."""
    return tuple(
        RuleWritten(
            code=rule.code,
            zh=rule.zh,
            en=rule.en,
            clause=rule.clause,
            severity=rule.severity,
            since=rule.since,
            until=rule.until,
            who=rule.who.value,
            by=rule.by,
            remedy_zh=rule.remedy.zh,
            remedy_en=rule.remedy.en,
            reads=policy.reads[rule.code],
            examples=tuple(
                ExampleSaid(one.result, tuple(_fact(name, known) for name, known in readings(one).items()))
                for one in rule.examples
            ),
        )
        for rule in in_force(policy, at)
    )


def to_open(policy: Supervision, scene: Scene, at: datetime) -> tuple[RuleSaid, ...]:
    """Return the rules whose violation is to be opened now: none that is open, nor one put right since."""
    if not scene.site.open:
        return ()
    return tuple(one for one in judged(policy, scene, at) if one.fresh)


def awaits_filing(policy: Supervision, scene: Scene, at: datetime) -> bool:
    """Tell whether a filing could settle what a rule cannot say without one."""
    return any(
        one.result is Result.UNKNOWN and not FILING_FACTS.isdisjoint(policy.reads[one.code])
        for one in judged(policy, scene, at)
    )


def evidence(said: RuleSaid) -> tuple[Evidence, ...]:
    """Return the facts that were known to a rule, for the violation that it opens."""
    return tuple(Evidence(one.name, one.value, one.events) for one in said.facts if one.value is not None)


def failed_examples(policy: Supervision) -> tuple[str, ...]:
    """Return in words every example that its rule does not say, and every rule without one of each kind."""
    found = []
    for rule in policy.rules:
        for number, example in enumerate(rule.examples):
            result = _SAID[holds(rule.violated_when, readings(example), policy.derived)]
            if result is not example.result:
                found.append(f"{rule.code} example {number}: is {result}, {example.result} was wanted")
        lacking = {Result.VIOLATED, Result.COMPLIANT} - {one.result for one in rule.examples}
        found += [f"{rule.code}: has no example that is {one}" for one in sorted(lacking)]
    return tuple(found)


def _said(policy: Supervision, rule: Rule, site: Site, known: Mapping[str, Reading]) -> RuleSaid:
    result = _SAID[holds(rule.violated_when, known, policy.derived)]
    return RuleSaid(
        code=rule.code,
        result=result,
        zh=rule.zh,
        en=rule.en,
        clause=rule.clause,
        severity=rule.severity,
        since=rule.since,
        who=rule.who.value,
        by=rule.by,
        remedy_zh=rule.remedy.zh,
        remedy_en=rule.remedy.en,
        facts=tuple(_fact(name, known.get(name)) for name in policy.reads[rule.code]),
        fresh=result is Result.VIOLATED and _fresh(site, rule, known),
    )


def _fresh(site: Site, rule: Rule, known: Mapping[str, Reading]) -> bool:
    """Tell whether a breach is a new one: none of its code is open, and what was put right lies before its news."""
    news = known[rule.news].value if rule.news in known else None
    same = [one.fixed_at for one in site.violations if one.code == rule.code]
    if not isinstance(news, datetime):
        return not same
    return all(fixed_at is not None and fixed_at < news for fixed_at in same)


def _fact(name: str, reading: Reading | None) -> FactSaid:
    kind = VOCABULARY[name]
    said, events = (None, ()) if reading is None else (_words(reading.value), reading.events)
    return FactSaid(name, kind.type, kind.unit, kind.source, said, events)


def _words(value: Value | None) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "true" if value else "false"
        case Amount():
            return f"{value.value:.2f}" + (f" ± {value.off:.2f}" if value.off else "")
        case datetime():
            return value.isoformat()
        case frozenset():
            return ", ".join(sorted(value))
    return value
