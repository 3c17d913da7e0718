"""Who may review a version, and what a manager should look at before it sells (safety.md T8).

Bound people do not review each other; a sign that they answer together is told and stops nothing: figures of chance
take nobody's office.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.kit.errors import RefusedError
from pipewarden.market.facts.foundry import Against, Sign

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from pipewarden.market.facts.foundry import Side
    from pipewarden.market.rules.collusion import Together

_OWN = Against("own", "是作者本人", "is the author")
_TWICE = Against("twice", "已经通过过这个版本", "has accepted it already")
_EMPLOYER = Against("employer", "与作者在同一家单位", "works for the author's employer")
_PAYEE = Against("payee", "与作者收款到同一账户", "is paid into the author's account")
_HAND = Against("hand", "与另一位评审人收款到同一账户", "is paid into another reviewer's account")
_NAMED = Against("named", "申报过利益冲突", "named it as a conflict of interest")


def against(reviewer: Side, author: Side, accepted: Sequence[Side], house: frozenset[str]) -> Against | None:
    """Return what stands against a review; None where nothing does.

    Args:
        reviewer: who would review.
        author: of the version.
        accepted: those who have accepted it since it was measured.
        house: the tenant for which it was built: its id as text and its folded name.
    """
    names = {author.employer, str(author.person_id)} - {""}
    mine = {reviewer.employer, str(reviewer.person_id)} - {""}
    others = {one.person_id for one in accepted}
    stands = (
        (reviewer.person_id == author.person_id, _OWN),
        (reviewer.person_id in others, _TWICE),
        (bool(reviewer.employer) and reviewer.employer == author.employer, _EMPLOYER),
        (bool(reviewer.accounts & author.accounts), _PAYEE),
        (any(reviewer.accounts & one.accounts for one in accepted), _HAND),
        (bool(reviewer.conflicts & (house | names)), _NAMED),
        (bool(author.conflicts & mine), _NAMED),
    )
    return next((why for there, why in stands if there), None)


def may_review(reviewer: Side, author: Side, accepted: Sequence[Side], house: frozenset[str] = frozenset()) -> None:
    """Refuse a review of somebody who is bound to the author, or one hand with who accepted it before.

    Raises:
        RefusedError: something stands against it.
    """
    found = against(reviewer, author, accepted, house)
    if found is not None:
        raise RefusedError(field="reviewer", problem=found.en, fix="Another person must look at it.")


def signs(
    author_id: UUID, reviewers: Sequence[UUID], together: Sequence[Together], turns: Mapping[UUID, tuple[int, int]]
) -> tuple[Sign, ...]:
    """Return what a manager should look at, by reviewer.

    Args:
        author_id: of the version.
        reviewers: who accepted it, in order.
        together: pairs who were wrong in the same way too often when they labelled.
        turns: by reviewer, how many versions of the author they accepted, and the author of theirs.
    """
    found = []
    for number, reviewer_id in enumerate(reviewers, 1):
        both = {str(author_id), str(reviewer_id)}
        alike = [one for one in together if one.named and set(one.who) == both]
        found += [Sign("together", number, one.same, one.of, round(one.expected, 2)) for one in alike]
        theirs, back = turns.get(reviewer_id, (0, 0))
        if theirs and back:
            found.append(Sign("turns", number, back, theirs, 0.0))
    return tuple(found)
