"""Many pictures at once: a ZIP, with labels of Label Studio, COCO, YOLO or VOC as a guess or as the truth (gold).

What one picture lacks keeps no other out: what was taken and what was not are told side by side.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.market.facts.labels import Guess, LabelKind
from pipewarden.market.rules import deliveries
from pipewarden.market.rules.labels_importing import (
    MOST_PICTURE,
    ImportFormat,
    Left,
    left_for,
    unpacked,
    with_hazards,
)
from pipewarden.market.service import labelling_adding, labelling_settling
from pipewarden.market.service.labelling_adding import NewItem
from pipewarden.people import service as people
from pipewarden.perceive import service as perceive

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.work import Work
    from pipewarden.market.facts.labels import Item, Labelled
    from pipewarden.people.facts import Actor
    from pipewarden.perceive.service import Showing


class Use(StrEnum):
    """What the labels of a ZIP are to experts."""

    GUESS = "guess"  # pre-annotation: shown as a model's word
    GOLD = "gold"  # the truth: it measures people


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a ZIP is to be read.

    Attributes:
        how: the format of its labels.
        use: as what they count.
        model: who said a guess, where the file does not say it.
        score: how sure it is, 0 to 1, where the file does not say it.
        reason: of gold: told to who gets it wrong.
    """

    how: ImportFormat
    use: Use
    model: str = ""
    score: float = 0.5
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a ZIP: new items, how many were there before, and what was left with its reason."""

    taken: tuple[Item, ...]
    known: int
    left: tuple[Left, ...]


def take_pack(
    work: Work, actor: Actor, commission_id: UUID, pack: bytes, wanted: Wanted, *, blobs: BlobStore, showing: Showing
) -> Imported:
    """Put the pictures of a ZIP before experts, masked, with what it says of them; on record.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is no such commission here.
        RefusedError: the commission is over, offline, or asks about no pictures.
        InputError: the file is no ZIP that can be taken, holds no picture or too many, or its classes are not named.
    """
    commission = labelling_adding.opened(work, actor, commission_id)
    if labelling_settling.kind_of_tool(commission.tool) is LabelKind.DISPUTE:
        raise RefusedError(field="commission", problem="asks about disputes", fix="Put them in words.")
    if wanted.use is Use.GOLD and wanted.how is ImportFormat.PICTURES:
        raise InputError(field="format", problem="has no labels, which gold needs", fix="Name the labels' format.")
    taken: list[Item] = []
    known = 0
    with deliveries.opened(pack) as (archive, files):
        packed = unpacked(archive, files, wanted.how, _classes())
        for name, one in sorted(packed.pictures.items()):
            try:
                new = _new(one.filename, packed.labels.get(name), wanted)
                picture = deliveries.content(archive, one, MOST_PICTURE)
                draw = partial(labelling_adding.drawn, blobs, showing, picture)
                made, fresh = labelling_adding.add(work, actor, commission, new, draw)
            except InputError as error:
                packed.left.append(left_for(one.filename, error))
                continue
            taken += [made] if fresh else []
            known += not fresh
    body: dict[str, object] = {"format": wanted.how.value, "use": wanted.use.value, "taken": len(taken)}
    people.record(
        work, actor, "label.imported", ("commission", commission.id), body | {"known": known, "left": len(packed.left)}
    )
    return Imported(tuple(taken), known, tuple(packed.left))


def _new(source: str, label: Labelled | None, wanted: Wanted) -> NewItem:
    """Return what is said of a picture: the label as the truth, or as a guess; a model's own word stays its own."""
    hazards = perceive.hazards().ids
    said = None if label is None or label.said is None else with_hazards(label.said, hazards)
    if wanted.use is Use.GOLD:
        if said is None:
            raise InputError(field="label", problem="is missing, which gold needs", fix="Label the picture.")
        return NewItem(source, guess=_guess(label, wanted), gold=said, reason=wanted.reason)
    if said is not None:
        return NewItem(source, guess=Guess(said, wanted.model or wanted.how.value, wanted.score))
    return NewItem(source, guess=_guess(label, wanted))


def _guess(label: Labelled | None, wanted: Wanted) -> Guess | None:
    """Return a model's own word of a picture; gold keeps it: shown without one beside others, it would be known."""
    if label is None or label.guess is None:
        return None
    told, hazards = label.guess, perceive.hazards().ids
    score = min(1.0, max(0.0, told.score))
    return Guess(with_hazards(told.said, hazards), told.model or wanted.model, score)


def _classes() -> dict[str, str]:
    """Return the ids of hazards by their words in either language, and by themselves."""
    listed = perceive.hazards().hazards
    return {word.lower(): one.id for one in listed for word in (one.id, one.words.zh, one.words.en)}
