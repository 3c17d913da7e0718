"""Experts as they stand, and what they prove on items whose answer is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError
from pipewarden.market.facts.experts import Skill
from pipewarden.market.store import experts as store

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.market.facts.experts import Expert

_LONGEST = 100


def expert(work: Work, person_id: UUID) -> Expert | None:
    """Return an expert as they stand; None where the person is none. Experts work for every tenant."""
    return store.one(work, person_id)


def skills(work: Work, person_ids: Collection[UUID]) -> dict[UUID, list[Skill]]:
    """Return what persons proved, by topic in order; each that is asked for has an entry."""
    return store.skills(work, person_ids)


def prove(work: Work, person_id: UUID, topic: str, *, right: int, wrong: int) -> None:
    """Add to what a person proved of a topic; the caller counts each gold item once.

    Raises:
        InputError: a count is negative, or the topic is no word.
    """
    if right < 0 or wrong < 0:
        raise InputError(field="right", problem="is negative", fix="Counts of answers only grow.")
    if not 0 < len(topic) <= _LONGEST or not topic.isprintable():
        raise InputError(field="topic", problem="is no word", fix=f"Give 1 to {_LONGEST} characters.")
    if right or wrong:
        store.prove(work, Skill(person_id, topic, right, wrong))
