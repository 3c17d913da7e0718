"""When data goes: not an hour before its days are over, not after, never while a hold stands."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError
from pipewarden.people.facts.privacy import Fate, MarkKind, OwnDays

if TYPE_CHECKING:
    from collections.abc import Collection

    from pipewarden.people.facts.privacy import DataClass, Keep, Kept, Mark

EVERYTHING = "*"
_LONGEST = 200
_KINDS = ("camera:", "person:", "site:", "picture:")


def days_of(keep: Keep, own: OwnDays | None) -> tuple[int, int]:
    """Return for how many days a class is kept, and at key sites, by the tenant's own choice where it made one."""
    return (keep.kept, keep.kept_key) if own is None else (own.kept, own.kept_key)


def own_days(keep: Keep, kept: int, kept_key: int) -> OwnDays:
    """Return a tenant's choice.

    Raises:
        InputError: fewer days than the law asks for, more than the class may be kept, or key sites shorter than others.
    """
    for field, value, least in (("kept", kept, keep.least), ("kept_key", kept_key, max(keep.key, kept))):
        if not least <= value <= keep.most:
            problem = f"{value} days of {keep.name} are not between {least} and {keep.most}"
            raise InputError(field=field, problem=problem, fix=f"Give {least} to {keep.most} days ({keep.source}).")
    return OwnDays(keep.name, kept, kept_key)


def fate(item: Kept, days: tuple[int, int], marks: Collection[Mark], now: datetime) -> Fate:
    """Return what becomes of one piece of data at a moment.

    Args:
        item: what it is, since when it counts.
        days: of its class, elsewhere and at key sites.
        marks: those that stand now.
        now: the moment; what is exactly as old as its days is due.
    """
    key = any(_names(mark, item) for mark in marks if mark.kind is MarkKind.KEY)
    if now < item.since + timedelta(days=days[1] if key else days[0]):
        return Fate.YOUNG
    if any(_names(mark, item) for mark in marks if mark.kind is MarkKind.HOLD):
        return Fate.HELD
    return Fate.DUE


def held(cls: DataClass, subjects: Collection[str], marks: Collection[Mark]) -> bool:
    """Say whether a hold stands on something of a class that goes by these names."""
    return any(
        mark.kind is MarkKind.HOLD and mark.cls in {None, cls} and mark.subject in {EVERYTHING, *subjects}
        for mark in marks
    )


def _names(mark: Mark, item: Kept) -> bool:
    return mark.cls in {None, item.cls} and mark.subject in {EVERYTHING, *item.subjects}


def check_subject(subject: str) -> str:
    """Return what a mark names.

    Raises:
        InputError: it is none of the names that data goes by.
    """
    if subject == EVERYTHING or (subject.startswith(_KINDS) and len(subject) <= _LONGEST and subject.isprintable()):
        return subject
    fix = f"Write {', '.join(f'{kind}ID' for kind in _KINDS)} or {EVERYTHING} for everything of the tenant."
    raise InputError(field="subject", problem=f"{subject!r} names nothing that is kept", fix=fix)


def check_reason(reason: str) -> str:
    """Return why a mark is set or lifted.

    Raises:
        InputError: nothing is said, or too much.
    """
    words = " ".join(reason.split())
    if not 2 <= len(words) <= _LONGEST or not words.isprintable():  # noqa: PLR2004  抢修 is a reason, a full stop is none
        raise InputError(field="reason", problem="is empty or too long", fix=f"Say why in 2 to {_LONGEST} characters.")
    return words
