"""When a tenant's own version may act: tried on what happened, against what rules now, and by a second pair of eyes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.casework.facts import PolicyVersion, VersionState
from pipewarden.kit.errors import InputError, RefusedError

if TYPE_CHECKING:
    from datetime import datetime

    from pipewarden.casework.rules.supervision_file import Supervision

LEAST_DAYS = 7  # product default, not law: a week has its working days, its nights and its rest days
HOLDS = timedelta(days=7)  # product default, not law: what was tried longer ago says little of the sites of today
_OURS = ("产品规则", "product default")


def check_activation(version: PolicyVersion, *, ruling: str, by: str, others: bool, now: datetime) -> None:
    """Refuse to let a version act that nobody has tried as it stands.

    Args:
        version: that is to act.
        ruling: SHA-256 of the text that rules now.
        by: ``kind:id`` of who wants it.
        others: somebody else may edit policies of the tenant, too.
        now: the present.

    Raises:
        RefusedError: it rules already; it was not tried, too briefly, too long ago, or against another text; or its
            author wants it although somebody else could look at it.
    """
    tried = version.previewed
    if version.state is VersionState.ACTIVE:
        raise RefusedError(field="version", problem=f"{version.version} rules already", fix="Nothing is to be done.")
    if version.state is not VersionState.PREVIEWED or tried is None:
        raise _untried(f"{version.version} was not previewed on what happened")
    if tried.days < LEAST_DAYS:
        raise _untried(f"its preview looked back {tried.days} days")
    if now - tried.at > HOLDS:
        raise _untried(f"its preview is of {tried.at:%Y-%m-%d}")
    if tried.against != ruling:
        raise _untried("what rules now is not what it was compared with")
    if others and version.made_by == by:
        fix = "Let somebody else who may edit policies look at the preview and activate it."
        raise RefusedError(field="version", problem="was written by you, and somebody else can look at it", fix=fix)


def _untried(problem: str) -> RefusedError:
    return RefusedError(field="version", problem=problem, fix=f"Preview it over {LEAST_DAYS} days or more first.")


def check_law(given: Supervision, shipped: Supervision) -> None:
    """Refuse rules that leave out one that is law, on any day: a tenant may word it and tighten it, and not drop it.

    Raises:
        InputError: the code that is missing, begins later or ends earlier than the shipped one.
    """
    mine = {one.code: one for one in given.rules}
    for rule in shipped.rules:
        if rule.clause.startswith(_OURS):
            continue
        law, kept = f"{rule.code} is law ({rule.clause})", mine.get(rule.code)
        if kept is None:
            raise InputError(field="rules", problem=f"{law} and is missing", fix="Put it back.")
        if kept.since > rule.since:
            fix = f"Write since: {rule.since}, or earlier."
            raise InputError(field="rules", problem=f"{law} and begins only on {kept.since}", fix=fix)
        if kept.until is not None and (rule.until is None or kept.until < rule.until):
            fix = "Leave until out." if rule.until is None else f"Write until: {rule.until}, or later."
            raise InputError(field="rules", problem=f"{law} and ends on {kept.until}", fix=fix)
