"""The life of a filing: its state is the sum of its events and of the clock; what cannot follow is refused."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from functools import reduce
from typing import TYPE_CHECKING

import shapely

from pipewarden.casework.facts import (
    HANDED_OVER,
    MACHINES,
    Answered,
    Cancelled,
    Checked,
    Filed,
    Filing,
    FilingState,
    Handed,
    HandedOver,
    PartyRole,
    Renewed,
    Returned,
    Revised,
    SentBack,
    Works,
)
from pipewarden.casework.facts.filing_day import DayStarted, DayTakenBack
from pipewarden.casework.rules.filing_day import check_day, with_day
from pipewarden.casework.rules.filing_ground import check_size
from pipewarden.casework.rules.fold import IllegalEventError
from pipewarden.kit.errors import InputError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from pipewarden.casework.facts import (
        FilingBody,
        FilingEvent,
    )

LONGEST = timedelta(days=3 * 366)  # product default, not law: longer works are filed in parts
LONGEST_LISTED = timedelta(days=20 * 366)  # of a list: an authority allows what it allows; more is a slip
DEEPEST_M = 200.0
_MOST_PARTIES = 20


def state_at(filing: Filing, at: datetime) -> FilingState:
    """Return where a filing stands at a moment; only a ``valid`` one covers works that are seen then."""
    if filing.cancelled_at is not None:
        return FilingState.CANCELLED
    if at >= filing.works.valid_until:
        return FilingState.EXPIRED
    if filing.answered_at is None:
        return FilingState.FILED
    return FilingState.ANSWERED if at < filing.works.valid_from else FilingState.VALID


def late_at(filing: Filing, at: datetime) -> bool:
    """Return whether it was filed later than the law of its place allows, and is neither cancelled nor expired."""
    runs = state_at(filing, at) not in {FilingState.CANCELLED, FilingState.EXPIRED}
    return runs and filing.decision is not None and filing.decision.late


def check_works(works: Works) -> None:
    """Refuse works that cannot be meant.

    Raises:
        InputError: the period ends before it begins or is longer than three years (of a list: 20), a machine is of no
            known type, the depth is none, a party has no name, or the area is too large.
    """
    if works.valid_until <= works.valid_from:
        raise InputError(
            field="valid_until", problem="the period ends before it begins", fix="Give an end after the beginning."
        )
    longest = LONGEST_LISTED if works.source else LONGEST
    if works.valid_until - works.valid_from > longest:
        years = longest // timedelta(days=366)
        raise InputError(
            field="valid_until",
            problem=f"the period is longer than {years} years",
            fix="File it in parts, or renew it.",
        )
    if unknown := [one for one in works.machines if one not in MACHINES]:
        raise InputError(
            field="machines", problem=f"{unknown[0]!r} is no known type", fix=f"Take of {', '.join(MACHINES)}."
        )
    if works.depth_m is not None and not (math.isfinite(works.depth_m) and 0 < works.depth_m <= DEEPEST_M):
        raise InputError(
            field="depth_m", problem=f"{works.depth_m:g} is no depth of works", fix=f"Give 0 to {DEEPEST_M:.0f} m."
        )
    if len(works.parties) > _MOST_PARTIES or any(not one.name.strip() for one in works.parties):
        raise InputError(field="parties", problem="are too many, or one has no name", fix="Name each of them once.")
    check_size(shapely.from_wkb(works.area))


def check_follows(filing: Filing, body: FilingBody, at: datetime) -> None:
    """Refuse what a filing, as it stands at a moment, does not allow.

    Raises:
        RefusedError: it is cancelled; it has expired (only a fresh filing helps); it is answered already; works that
            were an emergency become none, or the other way round; a day is declared already, or was not.
        InputError: an end that is no later than the present one, or works that cannot be meant.
    """
    state = state_at(filing, at)
    if state is FilingState.CANCELLED:
        raise RefusedError(field="state", problem="the filing is cancelled", fix="File the works anew.")
    if state is FilingState.EXPIRED and not isinstance(body, Checked | Returned):
        raise RefusedError(field="state", problem="the filing has expired", fix="File the works anew.")
    if isinstance(body, Answered) and filing.answered_at is not None:
        raise RefusedError(field="state", problem="the filing is answered already", fix="Have it revised first.")
    _check_handed(filing, body)
    if isinstance(body, DayStarted | DayTakenBack):
        check_day(filing, body, at)
    if isinstance(body, Renewed):
        if body.valid_until <= filing.works.valid_until:
            raise InputError(
                field="valid_until", problem="is no later than the present end", fix="Revise it to shorten it."
            )
        check_works(replace(filing.works, valid_until=body.valid_until))
    if isinstance(body, Revised):
        if body.works.urgent is not filing.works.urgent:
            raise RefusedError(
                field="urgent", problem="an emergency is not made or unmade by a revision", fix="File the works anew."
            )
        check_works(body.works)


def _check_handed(filing: Filing, body: FilingBody) -> None:
    if filing.handed is not None and isinstance(body, Answered | HandedOver):
        raise RefusedError(field="state", problem="another operator answers the filing", fix="Wait, or ask it there.")
    if isinstance(body, Returned) and filing.handed is None:
        raise RefusedError(field="state", problem="nobody was handed the filing over", fix="Nothing is to be done.")
    if isinstance(body, SentBack) and filing.works.source != HANDED_OVER:
        raise RefusedError(field="state", problem="nobody has handed the filing over", fix="Cancel it, or answer it.")
    if isinstance(body, HandedOver) and body.operator.role is not PartyRole.OPERATOR:
        raise InputError(field="operator", problem="is no operator", fix="Name the operator with its contact.")


def fold_filing(events: Iterable[FilingEvent]) -> Filing:
    """Return the filing that a whole history adds up to.

    Raises:
        IllegalEventError: the history is empty, or an event of it cannot follow.
    """
    filing = reduce(apply_filing, events, None)
    if filing is None:
        raise IllegalEventError("a filing begins with works that are filed")
    return filing


def apply_filing(filing: Filing | None, event: FilingEvent) -> Filing:
    """Return the filing after one event.

    Raises:
        IllegalEventError: it cannot follow on what was.
    """
    body = event.body
    if filing is None:
        if not isinstance(body, Filed) or event.version != 1:
            raise IllegalEventError(f"{body.kind} cannot follow: a filing begins with works that are filed")
        return Filing(event.filing_id, event.tenant_id, body.works, filed_at=event.at)
    if event.filing_id != filing.id or event.version != filing.version + 1 or isinstance(body, Filed):
        raise IllegalEventError(f"{body.kind} {event.version} of {event.filing_id} cannot follow on {filing.version}")
    try:
        check_follows(filing, body, event.at)
    except (InputError, RefusedError) as error:
        raise IllegalEventError(f"{body.kind} cannot follow: {error}") from error
    return replace(_applied(filing, body, event.at), version=event.version)


def _applied(filing: Filing, body: FilingBody, at: datetime) -> Filing:
    match body:
        case Checked():
            return replace(filing, decision=body.decision)
        case Revised():
            return replace(filing, works=body.works, filed_at=at, answered_at=None, decision=None)
        case Renewed():
            return replace(filing, works=replace(filing.works, valid_until=body.valid_until), answered_at=None)
        case Answered() | Cancelled() | SentBack():
            return replace(filing, answered_at=at) if isinstance(body, Answered) else replace(filing, cancelled_at=at)
        case HandedOver() | Returned():
            return replace(_moved(filing, body), answered_at=None)
        case DayStarted() | DayTakenBack():
            return with_day(filing, body, at)
        case Filed():
            raise IllegalEventError("a filing is filed once")


def _moved(filing: Filing, body: HandedOver | Returned) -> Filing:
    """Return the filing with who answers it."""
    if isinstance(body, Returned):
        return replace(filing, handed=None)
    others = tuple(one for one in filing.works.parties if one.role is not PartyRole.OPERATOR)
    works = replace(filing.works, parties=(*others, body.operator))
    if body.tenant_id is None or body.filing_id is None:
        return replace(filing, works=works)
    return replace(filing, works=works, handed=Handed(body.tenant_id, body.filing_id))
