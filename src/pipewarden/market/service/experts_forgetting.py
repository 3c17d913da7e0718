"""What the market holds of an expert as a person: copied for them (PIPL art. 45), and forgotten (art. 47).

What was worked and paid stays, by the person's id alone: books are kept ten years (Accounting Archives art. 14).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipewarden.market.service.experts_joining import tell
from pipewarden.market.store import experts as store
from pipewarden.market.store import keeping, talks

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.kit.work import Work


def held_of(work: Work, person_id: UUID, most: int) -> dict[str, object]:
    """Return what a person said of themselves, in talks and beside answers; nothing where they said nothing."""
    found, said = store.one(work, person_id), talks.of_person(work, person_id, most)
    beside = keeping.comments(work, person_id, most)
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
    if beside:
        told["comments"] = [{"at": at.isoformat(), "words": words} for at, words in beside]
    return told


def forget(work: Work, person_id: UUID) -> int:
    """Take what a person said of themselves, in talks and beside answers away; they take no work any more.

    Return how many words went. Items no longer say that they show the person's own work: their pictures go with what is
    kept of a person (``keeping.LabelKeeper``). Their grade, parts and payments stay under their id: they are the
    client's and the tax office's record too.
    """
    gone = talks.forget(work, person_id) + keeping.forget_labeller(work, person_id)
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
