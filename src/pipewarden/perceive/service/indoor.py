"""A picture of gas at home: taken, answered as far as that can be done without a person, reviewed, counted.

Nothing here says that a home is safe. A vision model where one is configured says what it sees; without one, pictures
that people have judged and that look alike stand beside it; and a person looks in either case.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, create_model

from pipewarden.inference import service as inference
from pipewarden.inference.facts import Answer, Picture, PictureRole, Question, VisionAnswer
from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, ScopedRow
from pipewarden.perceive import store
from pipewarden.perceive.facts import (
    INDOOR_REVIEWED,
    AnsweredBy,
    IndoorAnswer,
    IndoorCheck,
    IndoorFigures,
    IndoorReview,
    IndoorState,
    Unanswered,
)
from pipewarden.perceive.rules import hazard_instructions, nearest, scored, told
from pipewarden.perceive.service.looking import look_at
from pipewarden.perceive.service.screening import FULL, redraw
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from contextlib import AbstractContextManager
    from uuid import UUID

    from pipewarden.inference.service import Door, LookNet
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor
    from pipewarden.perceive.facts import HazardList, IndoorExample
    from pipewarden.perceive.ports import PictureDecoder
    from pipewarden.perceive.service.showing import Showing

    Begin = Callable[[UUID], AbstractContextManager[Work]]

CHECK, READ, REVIEW = "indoor:check", "indoor:read", "indoor:review"
_MOST_EXAMPLES = 2000  # the newest: as many rows of 1,280 numbers are 10 MB
_MOST_JUDGED = 5000
_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class IndoorEye:
    """What it takes to answer a picture.

    Attributes:
        door: to a vision endpoint; None where none is configured.
        showing: what the endpoint is shown pictures through; without it none is sent.
    """

    look: LookNet
    decoder: PictureDecoder
    blobs: BlobStore
    door: Door | None = None
    showing: Showing | None = None


@dataclass(frozen=True, slots=True)
class IndoorTaken:
    """A check that was kept, and whether the same picture had come before."""

    check: IndoorCheck
    fresh: bool


def hazards() -> HazardList:
    """Return what pictures are looked at for."""
    return store.shipped_hazards()


def take_indoor(
    work: Work, blobs: BlobStore, actor: Actor, picture: bytes, *, words: str = "", rendered: bool = False
) -> IndoorTaken:
    """Keep a picture; the same picture of the same sender again returns the check that is there.

    Raises:
        ForbiddenError: the actor may send none.
        RefusedError: the actor acts for no gas company, or pictures of the public are switched off.
        InputError: the file is no picture, too large, or the words are too long.
    """
    people.require(actor, CHECK)
    if work.tenant_id == PLATFORM:
        raise RefusedError(field="tenant", problem="is none: you act for the platform", fix="Act for a gas company.")
    people.require_row(actor, CHECK, ScopedRow(tenant_id=work.tenant_id, owner_id=actor.id), "check")
    sense.refuse_closed(work, actor, CHECK)
    sense.check_picture(picture, "picture")
    if len(words) > _LONGEST:
        raise InputError(field="words", problem=f"is longer than {_LONGEST} characters", fix="Say it shorter.")
    check = IndoorCheck(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        owner_id=actor.id,
        at=work.now(),
        picture=hashlib.sha256(picture).hexdigest(),
        words=words,
        rendered=rendered,
        state=IndoorState.WAITING,
        list_version=hazards().version,
        answer=None,
        review=None,
    )
    _apart(blobs).put(picture)
    if store.indoor.add(work, check, _name(actor)):
        return IndoorTaken(check, fresh=True)
    known = store.indoor.of_picture(work, actor.id, check.picture)
    if known is None:
        raise RuntimeError("a check that is there already must be readable")
    return IndoorTaken(known, fresh=False)


def indoor_owners(work: Work, pictures: Collection[str]) -> dict[str, set[UUID]]:
    """Return who sent those of the tenant's photographs of gas at home that are among ``pictures`` (SHA-256)."""
    return store.indoor.owners(work, pictures) if pictures else {}


def indoor_checks(
    work: Work, actor: Actor, *, limit: int, before: UUID | None = None, waits: bool = False
) -> list[IndoorCheck]:
    """Return checks in the actor's reach, newest first; ``waits`` picks those that no person has looked at.

    Raises:
        ForbiddenError: the actor reads none.
    """
    scope = people.scope_filter(actor, READ, store.indoor.CHECKS)
    return [_seen_by(actor, one) for one in store.indoor.page(work, scope, limit=limit, before=before, waits=waits)]


def indoor_check(work: Work, actor: Actor, check_id: UUID, permission: str = READ) -> IndoorCheck:
    """Return one check.

    Raises:
        ForbiddenError: the actor holds the permission nowhere.
        NotFoundError: there is none in reach.
    """
    scope = people.scope_filter(actor, permission, store.indoor.CHECKS)
    found = store.indoor.page(work, scope, limit=1, before=None, waits=False, only=check_id)
    return _seen_by(actor, people.visible(next(iter(found), None), "check"))


def _seen_by(actor: Actor, check: IndoorCheck) -> IndoorCheck:
    """Return a check without the ids of other homes' pictures, unless the actor reviews."""
    if check.answer is None or not check.answer.near or actor.grants_for(REVIEW):
        return check
    near = tuple(replace(one, check_id=None) for one in check.answer.near)
    return replace(check, answer=replace(check.answer, near=near))


def indoor_picture(work: Work, actor: Actor, blobs: BlobStore, showing: Showing, check_id: UUID) -> bytes:
    """Return a check's picture as a JPEG, drawn anew.

    Raises:
        ForbiddenError, NotFoundError: as ``indoor_check``.
        InputError: the picture is gone or unreadable.
    """
    check = indoor_check(work, actor, check_id)
    return redraw(showing, _apart(blobs).get(check.picture), name="picture")


def review_indoor(
    work: Work, actor: Actor, check_id: UUID, *, matches: bool, seen: Sequence[str], words: str = ""
) -> IndoorCheck:
    """Say what a picture shows; a later word takes an earlier one's place, and both stay on record.

    Args:
        work: whose picture it is.
        actor: who looks.
        check_id: the picture.
        matches: it shows gas at home and can be judged.
        seen: ids of the list's items.
        words: for the sender.

    Raises:
        ForbiddenError, NotFoundError: the actor reviews none, or not this one.
        InputError: an item is not of the list, or items are named for a picture that does not match.
    """
    check = indoor_check(work, actor, check_id, REVIEW)
    listed = hazards()
    if unknown := sorted(set(seen) - set(listed.ids)):
        raise InputError(field="hazards", problem=f"{unknown[0]!r} is not of the list", fix="Take ids of the list.")
    if seen and not matches:
        raise InputError(field="hazards", problem="are named for a picture that does not match", fix="Leave them out.")
    ordered = tuple(one for one in listed.ids if one in set(seen))
    given = IndoorReview(_name(actor), work.now(), matches=matches, hazards=ordered, words=words[:_LONGEST])
    store.indoor.review(work, check.id, given)
    work.emit(INDOOR_REVIEWED, check.id, partition=str(work.tenant_id))
    people.record(work, actor, "indoor.reviewed", ("check", check.id), {"matches": matches, "hazards": list(ordered)})
    return indoor_check(work, actor, check_id, REVIEW)


def indoor_reviewed(work: Work, check_ids: Collection[UUID]) -> list[IndoorCheck]:
    """Return checks of the tenant by id that a person has looked at: those ``perceive.indoor_reviewed`` names."""
    found = [store.indoor.one(work, one) for one in sorted(set(check_ids))]
    return [one for one in found if one is not None and one.review is not None]


def look_indoors(eye: IndoorEye, begin: Begin, check: IndoorCheck) -> None:
    """Answer a picture as far as that can be done without a person, and write it down; outside of any transaction.

    Raises:
        UnavailableError: the decoder or the look net failed; it may be tried again.
    """
    listed = hazards()
    features: tuple[float, ...] = ()
    try:
        picture = _apart(eye.blobs).get(check.picture)
        decoded = eye.decoder.decode(picture, name="picture", wanted=FULL)
        features = look_at(eye.look, decoded.pixels)
        with begin(check.tenant_id) as work:
            examples = store.indoor.examples(work, eye.look.ref.label, most=_MOST_EXAMPLES)
        near = nearest(features, [one for one in examples if one.check_id != check.id])
        answer = _asked(eye, begin, check, picture, listed)
    except InputError as error:
        near, answer = (), IndoorAnswer(AnsweredBy.NOBODY, why=Unanswered.UNREADABLE, problem=error.problem)
    if answer.by is AnsweredBy.NOBODY and near:
        answer = replace(answer, by=AnsweredBy.EXAMPLES)
    with begin(check.tenant_id) as work:
        store.indoor.answer(work, check.id, replace(answer, near=near), eye.look.ref.label, features)


def _asked(eye: IndoorEye, begin: Begin, check: IndoorCheck, picture: bytes, listed: HazardList) -> IndoorAnswer:
    """Return what a vision model says, or why none does."""
    if eye.door is None or eye.showing is None:
        return IndoorAnswer(AnsweredBy.NOBODY, why=Unanswered.NOT_CONFIGURED)
    said = inference.ask(
        eye.door,
        partial(begin, check.tenant_id),
        Question(
            version=listed.version,
            instructions=hazard_instructions(listed),
            schema=schema_of(listed),
            pictures=(Picture(PictureRole.FRAME, redraw(eye.showing, picture, name="picture")),),
            notes={},  # what a sender writes never reaches a model
        ),
    )
    if not isinstance(said, Answer):
        return IndoorAnswer(
            AnsweredBy.NOBODY,
            why=Unanswered.FAILED,
            problem=f"{said.kind}: {said.problem}",
            call_id=said.call_id,
            cost=said.cost,
            flagged=bool(said.flags),
        )
    if said.flags:
        return IndoorAnswer(
            AnsweredBy.NOBODY,
            why=Unanswered.INSTRUCTION,
            model=said.model,
            call_id=said.call_id,
            cost=said.cost,
            flagged=True,
        )
    scene, items = told(listed, {name: getattr(said.value, name) for name in (listed.scene.id, *listed.ids)})
    return IndoorAnswer(
        AnsweredBy.MODEL,
        scene=scene,
        hazards=items,
        reason=str(getattr(said.value, "reason", "")),
        model=said.model,
        call_id=said.call_id,
        cost=said.cost,
    )


@lru_cache(maxsize=8)
def schema_of(listed: HazardList) -> type[VisionAnswer]:
    """Return the closed form of an answer: yes, no or unclear to each question, and a few words of reason."""
    fields: dict[str, Any] = dict.fromkeys((listed.scene.id, *listed.ids), (Literal["yes", "no", "unclear"], ...))
    fields["reason"] = (Annotated[str, Field(max_length=300)], ...)
    return create_model("IndoorCheckAnswer", __base__=VisionAnswer, **fields)


def indoor_figures(work: Work, actor: Actor) -> IndoorFigures:
    """Count what models and examples said against what people saw, on the tenant's own photographs.

    Raises:
        ForbiddenError, NotFoundError: the actor does not read reviews of this tenant.
    """
    people.require_row(actor, REVIEW, ScopedRow(tenant_id=work.tenant_id), "figures")
    judged = store.indoor.judged(work, most=_MOST_JUDGED)
    photographs = [one for one in judged if not one.rendered]
    by_model = [
        (one.answer.seen, one.review.hazards)
        for one in photographs
        if one.answer is not None and one.review is not None and one.answer.by is AnsweredBy.MODEL
    ]
    ids = hazards().ids
    return IndoorFigures(
        pictures=len(photographs),
        rendered=len(judged) - len(photographs),
        answered=len(by_model),
        model=scored(by_model, ids),
        examples=scored(_left_out(work), ids),
    )


def _left_out(work: Work) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return what the nearest other example says of each example, and what its person saw."""
    pairs: list[tuple[tuple[str, ...], tuple[str, ...]]] = []
    for look in store.indoor.looks(work):
        known = store.indoor.examples(work, look, most=_MOST_EXAMPLES)
        best = [(nearest(one.features, _others(known, one), most=1), one.hazards) for one in known]
        pairs += [(found[0].hazards, seen) for found, seen in best if found]
    return pairs


def _others(known: Sequence[IndoorExample], one: IndoorExample) -> list[IndoorExample]:
    return [other for other in known if other.check_id != one.check_id]


def _apart(blobs: BlobStore) -> BlobStore:
    """Return where pictures of homes lie: apart from the streets', so that no rule about those reaches them."""
    return BlobStore(blobs.root / "indoor")


def _name(actor: Actor) -> str:
    return f"{actor.kind}:{actor.id}"
