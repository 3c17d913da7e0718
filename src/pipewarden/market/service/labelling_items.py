"""What comes of a client's items: their answers, review, figures, and what an export takes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.market.facts.labels import (
    AnswerState,
    Item,
    ItemState,
    Labelled,
    Said,
    Verdict,
)
from pipewarden.market.rules.labels_saying import check
from pipewarden.market.service import commissions, labelling, labelling_settling
from pipewarden.market.service.rights import name, require_here
from pipewarden.market.store import labels
from pipewarden.people import service as people
from pipewarden.perceive import service as perceive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.work import Work
    from pipewarden.market.facts.labels import Answer, ItemEvent
    from pipewarden.people.facts import Actor

_MOST_ANSWERS = 100


@dataclass(frozen=True, slots=True)
class Seen:
    """An item as its client sees it: with everybody's answers and what happened to it."""

    item: Item
    answers: tuple[Answer, ...]
    events: tuple[ItemEvent, ...]


def items(
    work: Work,
    actor: Actor,
    commission_id: UUID,
    *,
    state: ItemState | None = None,
    gold: bool | None = None,
    limit: int,
    after: UUID | None = None,
) -> list[Item]:
    """Return a commission's items, the first first, gold among them, for its client.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is no such commission here.
    """
    commissions.managed(work, actor, commission_id)
    return labels.items(work, commission_id, state=state, gold=gold, limit=limit, after=after)


def item(work: Work, actor: Actor, item_id: UUID) -> Seen:
    """Return an item with everybody's answers and what happened, for its client.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none here.
    """
    found = _mine(work, actor, item_id, held=False)
    given = labels.answers(work, labels.at_item(found.id), limit=_MOST_ANSWERS)
    return Seen(found, tuple(reversed(given)), tuple(labels.events(work, found.id)))


def picture(work: Work, actor: Actor, item_id: UUID, blobs: BlobStore) -> bytes:
    """Return an item's masked picture, as JPEG, for its client.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, there is none here, or it has no picture.
    """
    found = _mine(work, actor, item_id, held=False)
    return labelling.apart(blobs).get(people.visible(found.picture, "picture"))


def review(
    work: Work,
    actor: Actor,
    item_id: UUID,
    verdict: Verdict,
    *,
    answer_id: UUID | None = None,
    said: Said | None = None,
    reason: str = "",
) -> Item:
    """Decide about an item: accept one answer, fix it by one's own, or reject an answer back to the same person.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is no such item or answer here.
        RefusedError: the item is settled or gold, or the answer is not one that waits.
        InputError: what the verdict needs is missing, or the reviewer's own answer is wrong.
    """
    found = _mine(work, actor, item_id, held=True)
    if found.state is ItemState.SETTLED:
        raise RefusedError(field="item", problem="is settled", fix="What was settled was told, and stays.")
    if verdict is Verdict.FIX:
        if said is None:
            raise InputError(field="said", problem="is missing", fix="Give the right answer.")
        check(said, found.kind, perceive.hazards().ids)
        labelling_settling.settle_on(work, found, said, by=name(actor))
    else:
        chosen = _answer(work, found, answer_id)
        if verdict is Verdict.ACCEPT and chosen.said is not None:
            labelling_settling.settle_on(work, found, replace(chosen.said, comment=""), by=name(actor))
        else:
            _reject(work, actor, chosen, reason)
    people.record(work, actor, "label.reviewed", ("item", found.id), {"verdict": verdict.value})
    return people.visible(labels.item(work, found.id), "item")


def labelled(work: Work, commission_id: UUID) -> Iterator[Labelled]:
    """Yield what a commission's pictures settled on, a batch in memory at a time; without an answer the guess alone."""
    for one in labels.every_item(work, commission_id):
        if one.picture is not None:
            yield Labelled(str(one.id), f"{one.id}.jpg", one.width, one.height, one.settled, one.guess, by="consensus")


def classes_of(work: Work, commission_id: UUID) -> list[str]:
    """Return the classes of an export: the hazards in the list's order, then others in the alphabet's."""
    listed = list(perceive.hazards().ids)
    found = {shape.label for one in labelled(work, commission_id) if one.said is not None for shape in one.said.shapes}
    return listed + sorted(found - set(listed))


def _mine(work: Work, actor: Actor, item_id: UUID, *, held: bool) -> Item:
    require_here(work, actor, commissions.MANAGE, "item")
    return people.visible(labels.item(work, item_id, held=held), "item")


def _answer(work: Work, found: Item, answer_id: UUID | None) -> Answer:
    if answer_id is None:
        raise InputError(field="answer_id", problem="is missing", fix="Name the answer.")
    chosen = people.visible(labels.answer(work, labels.at_item(found.id), answer_id), "answer")
    if chosen.state is not AnswerState.GIVEN:
        raise RefusedError(field="answer", problem=f"is {chosen.state}", fix="Take one that was given.")
    return chosen


def _reject(work: Work, actor: Actor, chosen: Answer, reason: str) -> None:
    if chosen.charged_at is not None:
        raise RefusedError(field="answer", problem="is paid", fix="Fix the item by your own answer.")
    if not reason.strip():
        raise InputError(field="reason", problem="is missing", fix="Say what is wrong: whoever did it is to mend it.")
    until = work.now() + labelling.policy(work).return_within
    labels.change_answer(work, replace(chosen, state=AnswerState.RETURNED, until=until, reason=reason))
    labels.tell(work, chosen.item_id, "rejected", actor=name(actor), answer_id=chosen.id, reason=reason)
