"""What the market holds of an expert as a person: copied for them (PIPL art. 45), and forgotten (art. 47).

What was worked and paid stays, by the person's id alone: books are kept ten years (Accounting Archives art. 14).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipewarden.market.service.experts_joining import tell
from pipewarden.market.store import experts as store
from pipewarden.market.store import talks

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.kit.work import Work


def held_of(work: Work, person_id: UUID, most: int) -> dict[str, object]:
    """Return what a person said of themselves and in talks; nothing where they are no expert and said nothing."""
    found, said = store.one(work, person_id), talks.of_person(work, person_id, most)
    told: dict[str, object] = {}
    if found is not None:
        told = {
            "employer": found.employer,
            "job": found.job,
            "tags": sorted(found.tags),
            "words": found.words,
            "conflicts": sorted(found.conflicts),
            "grade": found.grade.value,
            "since": found.since.isoformat(),
        }
    if said:
        told["said"] = [{"at": one.at.isoformat(), "words": one.words} for one in said]
    return told


def forget(work: Work, person_id: UUID) -> int:
    """Take what a person said of themselves and in talks away; they take no work any more. Return how many words went.

    Their grade, parts and payments stay under their id: they are the client's and the tax office's record too.
    """
    gone = talks.forget(work, person_id)
    found = store.held(work, person_id)
    if found is None:
        return gone
    empty = frozenset[str]()
    after = replace(
        found, employer="", job="", tags=empty, words="", available=False, conflicts=empty, price_floor=None
    )
    if after != found:
        store.change(work, after)
        tell(work, after, None, "forgotten", {})
    return gone + 1
