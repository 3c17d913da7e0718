"""What a client puts before experts: pictures, self-inspections, disputes; with their truth they are gold.

A picture is drawn anew with masks when it is added, and that drawing is all that is kept: no expert can be shown an
original, because none is there (docs/adr/0039). It is drawn last: what is said of it is looked at before.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.market.facts.commissions import CommissionState
from pipewarden.market.facts.labels import Guess, Item, ItemState, LabelKind, Said
from pipewarden.market.rules.labels_saying import check
from pipewarden.market.service import commissions, labelling, labelling_settling
from pipewarden.market.service.rights import name
from pipewarden.market.store import labels
from pipewarden.people import service as people
from pipewarden.people.facts.privacy import Purpose
from pipewarden.perceive import service as perceive
from pipewarden.perceive.facts import AnsweredBy, Says
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.work import Work
    from pipewarden.market.facts.commissions import Commission
    from pipewarden.people.facts import Actor
    from pipewarden.perceive.facts import IndoorAnswer
    from pipewarden.perceive.service import Showing

_OVER = {CommissionState.ACCEPTED, CommissionState.SETTLED, CommissionState.CANCELLED}
_LONGEST_SOURCE, _LONGEST_WORDS = 100, 2000


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


def add_picture(
    work: Work, actor: Actor, commission_id: UUID, new: NewItem, *, picture: bytes, blobs: BlobStore, showing: Showing
) -> Item:
    """Put a picture before a commission's experts, masked; the same source again is the item that is there.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is no such commission here.
        RefusedError: the commission is over, offline, or asks about no pictures.
        InputError: the file is no picture, or what is said of it is wrong.
    """
    commission = opened(work, actor, commission_id)
    return add(work, actor, commission, new, lambda: drawn(blobs, showing, picture))[0]


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
    commission = opened(work, actor, commission_id)
    found = perceive.indoor_check(work, actor, check_id)
    if found.rendered or not people.consented(work, found.owner_id, Purpose.EXPERTS):
        fix = "Ask its sender to agree that experts see it."
        raise RefusedError(field="check_id", problem="may not leave the company", fix=fix)
    guess = None if found.answer is None else _guess(found.answer)
    new = NewItem(source=f"indoor:{check_id}", guess=guess, gold=gold, reason=reason)

    def draw() -> tuple[str, int, int]:
        return _keep(blobs, perceive.indoor_picture(work, actor, blobs, showing, check_id))

    return add(work, actor, commission, new, draw, authors=(found.owner_id,))[0]


def add_dispute(work: Work, actor: Actor, commission_id: UUID, new: NewItem) -> Item:
    """Put a disputed plan before experts (方案争议复核), in words.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is no such commission here.
        RefusedError: the commission is over, offline, or asks about pictures.
        InputError: there are no words, or what is said is wrong.
    """
    commission = opened(work, actor, commission_id)
    if labelling_settling.kind_of_tool(commission.tool) is not LabelKind.DISPUTE:
        raise RefusedError(field="commission", problem="asks about pictures", fix="Send a picture.")
    if not new.words.strip():
        raise InputError(field="words", problem="are none", fix="Say what is disputed, and both sides.")
    return add(work, actor, commission, new)[0]


def opened(work: Work, actor: Actor, commission_id: UUID) -> Commission:
    """Return a commission of the client's that takes items, locked.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is no such commission here.
        RefusedError: it is over, or offline.
    """
    commission = commissions.held(work, actor, commission_id)
    if commission.state in _OVER:
        raise RefusedError(field="commission", problem=f"is {commission.state}", fix="Publish another one.")
    if not commission.online:
        raise RefusedError(field="commission", problem="is offline work", fix="Its experts deliver a ZIP.")
    return commission


def drawn(blobs: BlobStore, showing: Showing, picture: bytes) -> tuple[str, int, int]:
    """Draw a picture anew, masked, keep that, and return its hash, width and height.

    Raises:
        InputError: the file is no picture.
    """
    sense.check_picture(picture, "picture")
    return _keep(blobs, perceive.redraw(showing, picture, name="picture"))


def add(
    work: Work,
    actor: Actor,
    commission: Commission,
    new: NewItem,
    draw: Callable[[], tuple[str, int, int]] | None = None,
    *,
    authors: tuple[UUID, ...] = (),
) -> tuple[Item, bool]:
    """Put an item before the experts of a commission; return it, and whether it is new.

    Args:
        work: of the client's tenant.
        actor: the client.
        commission: opened.
        new: what is said of it.
        draw: keeps its picture and returns hash, width and height; called once all else is right.
        authors: whose own work it shows.

    Raises:
        RefusedError: there is no picture, and one is asked about.
        InputError: what is said of it is wrong, or the picture is none.
    """
    kind = labelling_settling.kind_of_tool(commission.tool)
    if draw is None and not labelling.shows_no_picture(kind):
        raise RefusedError(field="picture", problem="is missing", fix="Send the picture.")
    if not 0 < len(new.source) <= _LONGEST_SOURCE or not new.source.isprintable():
        raise InputError(field="source", problem="is no name", fix=f"Give 1 to {_LONGEST_SOURCE} characters.")
    if len(new.words) > _LONGEST_WORDS or len(new.reason) > _LONGEST_WORDS:
        raise InputError(field="words", problem=f"are longer than {_LONGEST_WORDS}", fix="Say it shorter.")
    for said in (new.gold, None if new.guess is None else new.guess.said):
        if said is not None:
            check(said, kind, perceive.hazards().ids)
    before = labels.item_of_source(work, commission.id, new.source)
    if before is not None:
        return before, False
    picture, width, height = (None, 0, 0) if draw is None else draw()
    made = Item(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        commission_id=commission.id,
        kind=kind,
        picture=picture,
        width=width,
        height=height,
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
        return made, True
    return people.visible(labels.item_of_source(work, commission.id, new.source), "item"), False


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
