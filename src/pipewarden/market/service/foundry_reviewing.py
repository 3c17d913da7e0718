"""Who stands behind a version and its reviewers: bound people are kept apart, signs of a ring are told to managers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.market.facts.foundry import Act, Side
from pipewarden.market.facts.labels import AnswerState
from pipewarden.market.rules import collusion, labels_settling
from pipewarden.market.rules import foundry_reviewing as rules
from pipewarden.market.rules.foundry import accepted_by
from pipewarden.market.rules.matching import folded
from pipewarden.market.store import experts, labels, payees
from pipewarden.market.store import foundry as store
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.market.facts.foundry import Against, Line, Sign
    from pipewarden.market.rules.collusion import Together

_DONE = (AnswerState.GIVEN, AnswerState.RIGHT, AnswerState.WRONG)
_CONTEXT = 20_000  # answers of a commission that are compared, the newest
_MINE = 5_000  # answers of one person that say where they worked, the newest


def check(work: Work, person_id: UUID, line: Line, accepted: Sequence[UUID]) -> None:
    """Refuse a review of the author, of who accepted it already, and of who is bound to one of them.

    Raises:
        RefusedError: one of these.
    """
    sides = _sides(work, {person_id, line.author_id, *accepted})
    rules.may_review(sides[person_id], sides[line.author_id], [sides[one] for one in accepted], _house_of(work, line))


def against(work: Work, person_id: UUID, line: Line, accepted: Sequence[UUID]) -> Against | None:
    """Return what stands against somebody's review; None where nothing does."""
    return against_each(work, [person_id], line, accepted)[person_id]


def against_each(
    work: Work, person_ids: Collection[UUID], line: Line, accepted: Sequence[UUID]
) -> dict[UUID, Against | None]:
    """Return by person what stands against their review; None where nothing does."""
    sides, house = _sides(work, {line.author_id, *accepted, *person_ids}), _house_of(work, line)
    others = [sides[one] for one in accepted]
    return {one: rules.against(sides[one], sides[line.author_id], others, house) for one in person_ids}


def _house_of(work: Work, line: Line) -> frozenset[str]:
    """Return the tenant for which a capability was built, as experts name conflicts: its id, and its folded name."""
    named = people.tenant_names(work, [line.tenant_id]).get(line.tenant_id, "")
    return frozenset({str(line.tenant_id), folded(named)}) - {""}


def signs(work: Work, line: Line, reviewers: Sequence[UUID]) -> tuple[Sign, ...]:
    """Return what a manager should look at before a version sells: wrong alike with its author, or turns taken."""
    if not reviewers:
        return ()
    turns = {
        one: (_accepted(work, line, line.author_id, one), _accepted(work, line, one, line.author_id))
        for one in reviewers
    }
    return rules.signs(line.author_id, reviewers, _together(work, line.author_id, reviewers), turns)


def _sides(work: Work, ids: Collection[UUID]) -> dict[UUID, Side]:
    known, accounts = experts.by_ids(work, ids), payees.accounts_of(work, ids)
    sides = {}
    for one in ids:
        expert = known.get(one)
        employer = "" if expert is None else folded(expert.employer)
        conflicts = frozenset() if expert is None else expert.conflicts
        sides[one] = Side(one, employer, conflicts, accounts.get(one, frozenset()))
    return sides


def _accepted(work: Work, line: Line, author_id: UUID, reviewer_id: UUID) -> int:
    """Return how many of an author's versions in the line's tenant somebody accepted, as they now stand."""
    events = store.events_about(work, line.tenant_id, author_id, (Act.EVALUATED, Act.ACCEPTED))
    return sum(reviewer_id in accepted_by(one) for one in events.values())


def _together(work: Work, author_id: UUID, reviewers: Sequence[UUID]) -> list[Together]:
    """Return who of them was wrong in the same way too often, in the commissions of the tenant that they shared."""
    here, done = labels.of_tenant(work), labels.in_states(*_DONE)
    where = {
        who: {one.commission_id for one in labels.answers(work, here, labels.of_person(who), done, limit=_MINE)}
        for who in (author_id, *reviewers)
    }
    shared = where[author_id] & set().union(*(where[one] for one in reviewers))
    found: list[Together] = []
    for commission_id in sorted(shared):
        given = labels.answers(work, labels.of_commission(commission_id), done, limit=_CONTEXT)
        items = {one.id: one for one in labels.items_by_id(work, {one.item_id for one in given})}
        known = {str(key): one.settled or one.gold for key, one in items.items()}
        truth = {
            key: labels_settling.whole_vote(key, "", said).label for key, said in known.items() if said is not None
        }
        votes = [
            labels_settling.whole_vote(str(one.item_id), str(one.person_id), one.said)
            for one in given
            if one.said is not None
        ]
        found += collusion.pairs_together(votes, truth)
    return found
