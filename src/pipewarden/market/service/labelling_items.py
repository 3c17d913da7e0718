"""What a client puts before experts, and what comes of it: items, gold, review, figures, export.

A picture is drawn anew with masks when it is added, and that drawing is all that is kept: no expert can be shown an
original, because none is there (docs/adr/0039).
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PIL import Image

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.market.facts.commissions import Commission, CommissionState
from pipewarden.market.facts.labels import (
    AnswerState,
    Guess,
    Item,
    ItemState,
    LabelKind,
    Labelled,
    Said,
    Verdict,
)
from pipewarden.market.rules.labels_saying import check
from pipewarden.market.service import commissions, labelling, labelling_settling
from pipewarden.market.service.rights import name, require_here
from pipewarden.market.store import labels
from pipewarden.people import service as people
from pipewarden.people.facts.privacy import Purpose
from pipewarden.perceive import service as perceive
from pipewarden.perceive.facts import AnsweredBy, Says
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.work import Work
    from pipewarden.market.facts.labels import Answer, ItemEvent
    from pipewarden.market.service.labelling_settling import Figures
    from pipewarden.people.facts import Actor
    from pipewarden.perceive.facts import IndoorAnswer
    from pipewarden.perceive.service import Showing

_OVER = {CommissionState.ACCEPTED, CommissionState.SETTLED, CommissionState.CANCELLED}
_LONGEST_SOURCE, _LONGEST_WORDS = 100, 2000
_MOST_ANSWERS = 100


@dataclass(frozen=True, slots=True)
class NewItem:
    """What a client says of an item beside its picture.

    Attributes:
        source: the client's own name for it; once in a commission.
        words: what is asked, of a dispute.
        gold: the truth, where the client knows it; ``reason`` is told to who gets it wrong.
    """

    source: str
    words: str = ""
    guess: Guess | None = None
    gold: Said | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """An item as its client sees it: with everybody's answers and what happened to it."""

    item: Item
    answers: tuple[Answer, ...]
    events: tuple[ItemEvent, ...]


def add_picture(
    work: Work, actor: Actor, commission_id: UUID, new: NewItem, *, picture: bytes, blobs: BlobStore, showing: Showing
) -> Item:
    """Put a picture before a commission's experts, masked; the same source again is the item that is there.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is no such commission here.
        RefusedError: the commission is over, offline, or asks about no pictures.
        InputError: the file is no picture, or what is said of it is wrong.
    """
    commission = _open(work, actor, commission_id)
    sense.check_picture(picture, "picture")
    return _add(work, actor, commission, new, masked=_drawn(blobs, showing, picture))


def add_check(
    work: Work,
    actor: Actor,
    commission_id: UUID,
    check_id: UUID,
    *,
    blobs: BlobStore,
    showing: Showing,
    gold: Said | None = None,
    reason: str = "",
) -> Item:
    """Put a picture of a self-inspection (待您鉴别) before experts; what a model said of it becomes the guess.

    Its sender is never asked about it. ``gold`` is the truth, where the client knows it.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is no such commission or picture here.
        RefusedError: the commission is over or offline, or the sender did not agree that experts see it.
        InputError: the picture is gone or unreadable.
    """
    commission = _open(work, actor, commission_id)
    found = perceive.indoor_check(work, actor, check_id)
    if found.rendered or not people.consented(work, found.owner_id, Purpose.EXPERTS):
        fix = "Ask its sender to agree that experts see it."
        raise RefusedError(field="check_id", problem="may not leave the company", fix=fix)
    picture = perceive.indoor_picture(work, actor, blobs, showing, check_id)
    guess = None if found.answer is None else _guess(found.answer)
    new = NewItem(source=f"indoor:{check_id}", guess=guess, gold=gold, reason=reason)
    masked = _keep(blobs, picture)
    return _add(work, actor, commission, new, masked=masked, authors=(found.owner_id,))


def add_dispute(work: Work, actor: Actor, commission_id: UUID, new: NewItem) -> Item:
    """Put a disputed plan before experts (方案争议复核), in words.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is no such commission here.
        RefusedError: the commission is over, offline, or asks about pictures.
        InputError: there are no words, or what is said is wrong.
    """
    commission = _open(work, actor, commission_id)
    if labelling_settling.kind_of_tool(commission.tool) is not LabelKind.DISPUTE:
        raise RefusedError(field="commission", problem="asks about pictures", fix="Send a picture.")
    if not new.words.strip():
        raise InputError(field="words", problem="are none", fix="Say what is disputed, and both sides.")
    return _add(work, actor, commission, new)


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


def figures(work: Work, actor: Actor, commission_id: UUID) -> Figures:
    """Return how the people of a commission agree, for its client.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is no such commission here.
    """
    commissions.managed(work, actor, commission_id)
    return labelling_settling.figures(work, commission_id)


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


def _open(work: Work, actor: Actor, commission_id: UUID) -> Commission:
    commission = commissions.held(work, actor, commission_id)
    if commission.state in _OVER:
        raise RefusedError(field="commission", problem=f"is {commission.state}", fix="Publish another one.")
    if not commission.online:
        raise RefusedError(field="commission", problem="is offline work", fix="Its experts deliver a ZIP.")
    return commission


def _mine(work: Work, actor: Actor, item_id: UUID, *, held: bool) -> Item:
    require_here(work, actor, commissions.MANAGE, "item")
    return people.visible(labels.item(work, item_id, held=held), "item")


def _add(
    work: Work,
    actor: Actor,
    commission: Commission,
    new: NewItem,
    *,
    masked: tuple[str, int, int] | None = None,
    authors: tuple[UUID, ...] = (),
) -> Item:
    kind = labelling_settling.kind_of_tool(commission.tool)
    if masked is None and not labelling.shows_no_picture(kind):
        raise RefusedError(field="picture", problem="is missing", fix="Send the picture.")
    if not 0 < len(new.source) <= _LONGEST_SOURCE or not new.source.isprintable():
        raise InputError(field="source", problem="is no name", fix=f"Give 1 to {_LONGEST_SOURCE} characters.")
    if len(new.words) > _LONGEST_WORDS or len(new.reason) > _LONGEST_WORDS:
        raise InputError(field="words", problem=f"are longer than {_LONGEST_WORDS}", fix="Say it shorter.")
    for said in (new.gold, None if new.guess is None else new.guess.said):
        if said is not None:
            check(said, kind, perceive.hazards().ids)
    made = Item(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        commission_id=commission.id,
        kind=kind,
        picture=None if masked is None else masked[0],
        width=0 if masked is None else masked[1],
        height=0 if masked is None else masked[2],
        source=new.source,
        made_at=work.now(),
        words=new.words,
        authors=authors,
        guess=new.guess,
        gold=new.gold,
        reason=new.reason,
        wanted=min(commission.overlap, labelling.policy(work).overlap_most),
        state=ItemState.OPEN if new.gold is None else ItemState.SETTLED,
        settled=new.gold,
        settled_at=None if new.gold is None else work.now(),
    )
    if labels.add_items(work, [made]):
        labels.tell(work, made.id, "added", actor=name(actor), gold=new.gold is not None)
        return made
    return people.visible(labels.item_of_source(work, commission.id, new.source), "item")


def _drawn(blobs: BlobStore, showing: Showing, picture: bytes) -> tuple[str, int, int]:
    return _keep(blobs, perceive.redraw(showing, picture, name="picture"))


def _keep(blobs: BlobStore, masked: bytes) -> tuple[str, int, int]:
    """Keep a picture that this house has just drawn, and return its hash, width and height."""
    with Image.open(io.BytesIO(masked)) as drawn:
        width, height = drawn.size
    return labelling.apart(blobs).put(masked), width, height


def _guess(answered: IndoorAnswer) -> Guess | None:
    """Return what a model said of a self-inspection; None where none did. It is as sure as the share it answered."""
    if answered.by is not AnsweredBy.MODEL:
        return None
    clear = sum(says is not Says.UNCLEAR for _, says in answered.hazards)
    score = clear / len(answered.hazards) if answered.hazards else 0.0
    matches = answered.scene is not Says.NO
    return Guess(Said(matches=matches, hazards=answered.seen if matches else ()), answered.model or "", score)


def _answer(work: Work, found: Item, answer_id: UUID | None) -> Answer:
    if answer_id is None:
        raise InputError(field="answer_id", problem="is missing", fix="Name the answer.")
    chosen = people.visible(labels.answer(work, labels.at_item(found.id), answer_id), "answer")
    if chosen.state is not AnswerState.GIVEN:
        raise RefusedError(field="answer", problem=f"is {chosen.state}", fix="Take one that was given.")
    return chosen


def _reject(work: Work, actor: Actor, chosen: Answer, reason: str) -> None:
    if not reason.strip():
        raise InputError(field="reason", problem="is missing", fix="Say what is wrong: whoever did it is to mend it.")
    until = work.now() + labelling.policy(work).return_within
    labels.change_answer(work, replace(chosen, state=AnswerState.RETURNED, until=until, reason=reason))
    labels.tell(work, chosen.item_id, "rejected", actor=name(actor), answer_id=chosen.id, reason=reason)
