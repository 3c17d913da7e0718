"""Which duties a site's event opens, closes and drops; the numbers are ``policy/duties``, the decision is here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.casework.facts import (
    Count,
    DutyState,
    Parted,
    Reopened,
    Verified,
    Violation,
)
from pipewarden.casework.rules.calendar import Counted, add_working
from pipewarden.casework.rules.duty_file import DANGER, USUAL
from pipewarden.kit.errors import InputError
from pipewarden.network.facts import INSIDE, Zone

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime
    from uuid import UUID

    from pipewarden.casework.facts import (
        Body,
        Calendar,
        DutyPolicy,
        DutyRule,
        Ladder,
        Site,
        SiteDuty,
        SiteEvent,
        SiteState,
        Stop,
        When,
    )

ACCEPT = "accept"
STANDBY, MISSED = "standby", "standby_missed"


@dataclass(frozen=True, slots=True)
class Opened:
    """A duty that begins now; ``due`` names the years that no calendar is known of."""

    rule: DutyRule
    about: UUID | None
    due: Counted


@dataclass(frozen=True, slots=True)
class Changes:
    """What an event does to a site's duties; ``dropped`` with the reason."""

    opened: tuple[Opened, ...] = ()
    done: tuple[SiteDuty, ...] = ()
    dropped: tuple[tuple[SiteDuty, str], ...] = ()


def owed(policy: DutyPolicy, before: Site | None, event: SiteEvent, after: Site, duties: Sequence[SiteDuty]) -> Changes:
    """Return what an event does to the duties of its site.

    Args:
        policy: every duty.
        before: the site before it; None for its first.
        event: what happened; its ``at`` is when new duties begin.
        after: the site after it.
        duties: those of the site that are neither done nor dropped.
    """
    entered = _entered(before, event, after)
    done = tuple(one for one in duties if _closes(policy.duties[one.kind], one, event.body, entered, after.state))
    left = [one for one in duties if one not in done]
    if not after.open:
        why = "merged into another site" if after.merged_into is not None else f"the site is {after.state}"
        return Changes(done=done, dropped=tuple((one, why) for one in left))
    dropped = [(one, f"the site is {after.state}") for one in left if not _fits(policy.duties[one.kind], after)]
    gone = {one.id for one, _ in dropped}
    kept = {(one.kind, one.about) for one in left if one.id not in gone}
    opened = []
    for rule, about, body in _opening(policy, event.body, entered, after):
        if rule.kind == ACCEPT:  # a new owner has time of their own
            dropped += [(one, "another owner was found") for one in left if one.kind == ACCEPT]
        elif rule.kind == MISSED:
            # the dispatcher is called for it now: two chains would call the same people for one thing
            dropped += [(one, "its check-in is missed") for one in left if one.kind == STANDBY]
        elif (rule.kind, about) in kept:
            continue
        opened.append(Opened(rule, about, due_of(policy.calendar, rule, body, after.zone, event.at)))
    return Changes(tuple(opened), done, tuple(dropped))


def _opening(
    policy: DutyPolicy, body: Body, entered: SiteState | None, after: Site
) -> Iterator[tuple[DutyRule, UUID | None, Body | Violation]]:
    """Yield what the event opens; a site that comes back also owes what was not put right before it went."""
    for rule in policy.duties.values():
        if not _fits(rule, after):
            continue
        if _any(rule.opens, body, entered, after.state):
            yield rule, None if rule.about is None else getattr(body, rule.about), body
        elif isinstance(body, Parted | Reopened):
            for about in _unsettled(rule, after):
                yield rule, about.id, about if isinstance(about, Violation) else body


def _unsettled(rule: DutyRule, site: Site) -> list[Violation | Stop]:
    """Return the violations, or the stop orders, of a site that a rule's duty would still be about."""
    if any(when.event == "violation_opened" for when in rule.opens):
        return [one for one in site.violations if one.fixed_at is None]
    held = [one for one in site.stops if one.resumed_at is None]
    if any(when.event == "stop_ordered" for when in rule.opens):
        return [one for one in held if one.refused_at is None]
    if any(when.event == "stop_refused" for when in rule.opens):
        return [one for one in held if one.refused_at is not None]
    return []


def _entered(before: Site | None, event: SiteEvent, after: Site) -> SiteState | None:
    """Return the state that the site came into by the event: also one that it stands in anew."""
    again = isinstance(event.body, Parted | Reopened)
    return after.state if before is None or again or before.state is not after.state else None


def _fits(rule: DutyRule, site: Site) -> bool:
    return not rule.while_in or site.state in rule.while_in


def _any(whens: Iterable[When], body: Body, entered: SiteState | None, state: SiteState) -> bool:
    return any(_is(when, body, entered, state) for when in whens)


def _is(when: When, body: Body, entered: SiteState | None, state: SiteState) -> bool:
    if when.event is not None and when.event != body.kind:
        return False
    if when.entered and entered not in when.entered:
        return False
    if when.states and state not in when.states:
        return False
    return when.true_works is None or (isinstance(body, Verified) and body.true is when.true_works)


def _closes(rule: DutyRule, duty: SiteDuty, body: Body, entered: SiteState | None, state: SiteState) -> bool:
    """A report names no stop order: it closes what is owed about any."""
    same = rule.about is None or getattr(body, rule.about, duty.about) == duty.about
    return same and _any(rule.closes, body, entered, state)


def due_of(calendar: Calendar, rule: DutyRule, body: Body | Violation | None, zone: Zone, at: datetime) -> Counted:
    """Return when a duty that opens at ``at`` is due: the first of its times that fits the place and the event.

    A violation that brings its own time is due then.
    """
    own = getattr(body, "due_at", None)
    if own is not None and own > at:
        return Counted(own)
    severity = getattr(body, "severity", None)
    fits = next(
        one
        for one in rule.due
        if (not one.zones or zone in one.zones) and (one.severity is None or one.severity == severity)
    )
    if fits.count is Count.WORKING:
        return add_working(calendar, at, fits.time)
    return Counted(at + fits.time)


def ladder_of(policy: DutyPolicy, rule: DutyRule, site: Site) -> Ladder:
    """Return the ladder that a duty of a site climbs."""
    if rule.ladder is not None:
        return policy.ladders[rule.ladder]
    return ladder_there(policy, site)


def ladder_there(policy: DutyPolicy, site: Site) -> Ladder:
    """Return the ladder of a duty that names none: by the place and the level of its site."""
    return policy.ladders[DANGER if is_danger(site) else USUAL]


def is_danger(site: Site) -> bool:
    """Return whether a minute counts there: near the pipe as far as anybody knows, level 1, or a strike."""
    return site.zone in INSIDE or is_critical(site)


def is_critical(site: Site) -> bool:
    """Return whether its calls come first and no shelf silences it: level 1, a strike, a refused stop order."""
    refused = any(one.refused_at is not None and one.resumed_at is None for one in site.stops)
    return site.level == 1 or refused or (site.strike is not None and site.strike.reported_at is None)


def pause(policy: DutyPolicy, duty: SiteDuty, reason: str, now: datetime, until: datetime) -> SiteDuty:
    """Return the duty with its time stopped.

    Raises:
        InputError: it allows no such reason, is not running, or would stand for too long.
    """
    allowed = policy.duties[duty.kind].pauses
    if reason not in allowed:
        fix = f"Use one of: {', '.join(sorted(allowed))}." if allowed else "It cannot be paused: do it or hand it over."
        raise InputError(field="reason", problem=f"is no reason to pause {duty.kind}", fix=fix)
    if duty.state not in {DutyState.OPEN, DutyState.OVERDUE}:
        raise InputError(field="duty", problem=f"is {duty.state}", fix="Only a duty whose time runs can be paused.")
    if not now < until <= now + policy.pause_most:
        raise InputError(
            field="until", problem=f"is not within {policy.pause_most.days} days from now", fix="Pause for less."
        )
    return replace(duty, state=DutyState.PAUSED, paused_at=now, pause_reason=reason)


def resume(duty: SiteDuty, now: datetime) -> SiteDuty:
    """Return a paused duty with its time running again; what it stood still for is taken out of its deadline."""
    if duty.paused_at is None:
        return duty
    due_at = duty.due_at + max(now - duty.paused_at, timedelta(0))
    return replace(duty, state=DutyState.OPEN, paused_at=None, pause_reason=None, due_at=due_at)
