"""Which of several messages about one permit holds: the newest, and none when the newest takes it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.sense.facts import PermitNote

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipewarden.sense.facts import Permit


def held(
    permits: Iterable[Permit], taken_back: Iterable[tuple[str, str, PermitNote]]
) -> tuple[list[Permit], list[PermitNote]]:
    """Return the permits that hold, and for each other why it does not.

    Args:
        permits: in the order they were read, each id and revision once.
        taken_back: (id, revision, the row) of messages that end a permit: of that revision or an older one.
    """
    found = list(permits)
    newest: dict[str, Permit] = {}
    for one in found:
        known = newest.get(one.source_id)
        if known is None or order(one.revision) > order(known.revision):
            newest[one.source_id] = one
    ended: dict[str, tuple[str, PermitNote]] = {}
    for source_id, revision, note in taken_back:
        if source_id not in ended or order(revision) > order(ended[source_id][0]):
            ended[source_id] = revision, note
    kept, gone = [], []
    for one in found:
        end = ended.get(one.source_id)
        last = newest[one.source_id]
        if end is not None and order(end[0]) >= order(one.revision):
            gone.append(
                PermitNote(one.file, one.row, "", f"taken back by {end[1].file} row {end[1].row}: {end[1].words}")
            )
        elif last is not one:
            gone.append(PermitNote(one.file, one.row, "", f"replaced by {last.file} row {last.row}"))
        else:
            kept.append(one)
    return kept, gone


def order(revision: str | None) -> tuple[int, str]:
    """Return what revisions are compared by: whole numbers as numbers, before any word."""
    if revision is None:
        return -1, ""
    return (int(revision), "") if revision.isascii() and revision.isdecimal() else (1 << 62, revision)
