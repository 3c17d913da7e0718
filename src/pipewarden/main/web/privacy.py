"""Privacy over HTTP: the rules in force, holds, one's own data and consents, the wish to be forgotten.

It lies in ``main`` because one's own data lies in every slice.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel, Field

from pipewarden.field import service as field
from pipewarden.kit.web import Asked, BlobsHere, Clean, WorkHere, actor_of, router
from pipewarden.main.retention import keepers
from pipewarden.market.service import experts_forgetting, wallet
from pipewarden.people import service as people
from pipewarden.people.facts import Actor, ActorKind, ForbiddenError, Role
from pipewarden.people.facts.privacy import Consent, DataClass, Erasure, ErasureState, Mark, MarkKind, Purpose
from pipewarden.perceive import service as perceive
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.work import Work

routes = router(tags=["privacy"])
ActorHere = Annotated[Actor, Depends(actor_of)]
Why = Annotated[str, Clean, Field(min_length=2, max_length=200)]
_MOST_SENT = 1000


class KeepOut(BaseModel):
    """How long one class of data is kept."""

    cls: DataClass
    zh: str
    en: str
    days: Annotated[int, Field(description="What is done in this tenant, in days.")]
    key_days: Annotated[int, Field(description="The same at key sites.")]
    least: int
    most: int
    source: str


class PurposeOut(BaseModel):
    """What somebody is asked to agree to."""

    purpose: Purpose
    version: int
    zh: str
    en: str
    source: str


class PrivacyOut(BaseModel):
    """The privacy rules in force."""

    version: str
    grid_m: Annotated[float, Field(description="Side of the squares that public places are rounded to.")]
    masked: Annotated[str, Field(description="By which rule faces, heads and plates are painted over.")]
    originals: Annotated[bool, Field(description="Whether you may see pictures unmasked, with a reason.")]
    originals_by: Annotated[list[Role], Field(description="Whose role permits that here, by the roles in force.")]
    classes: list[KeepOut]
    forever: list[str]
    purposes: list[PurposeOut]


class MarkIn(Asked):
    """A legal hold, or a place that the law calls a key one."""

    kind: MarkKind
    subject: Annotated[
        str, Clean, Field(max_length=200, description="camera:ID, person:ID, site:ID, picture:SHA, or *")
    ]
    reason: Why
    cls: DataClass | None = None


class MarkOut(BaseModel):
    """A hold or key place, standing or lifted."""

    id: UUID
    kind: MarkKind
    cls: DataClass | None
    subject: str
    reason: str
    set_at: datetime
    set_by: UUID
    lifted_at: datetime | None
    lifted_by: UUID | None
    lift_reason: str


class MarksOut(BaseModel):
    """Holds and key places, oldest first."""

    items: list[MarkOut]


class Reasoned(Asked):
    """Why."""

    reason: Why


class ConsentIn(Asked):
    """Your word about a purpose."""

    purpose: Purpose
    version: Annotated[int, Field(ge=1, le=1_000_000)]
    given: bool


class ConsentOut(BaseModel):
    """One word about a purpose."""

    purpose: Purpose
    version: int
    given: bool
    at: datetime


class ConsentsOut(BaseModel):
    """What you said, oldest first, and what you are asked."""

    items: list[ConsentOut]
    purposes: list[PurposeOut]


class ErasureOut(BaseModel):
    """A wish to be forgotten."""

    id: UUID
    person_id: UUID
    words: str
    asked_at: datetime
    due_at: datetime
    state: ErasureState
    ended_at: datetime | None
    reason: str
    deleted: int
    held: int


class ErasuresOut(BaseModel):
    """Wishes to be forgotten, the oldest first."""

    items: list[ErasureOut]


class ErasureIn(Asked):
    """What you want to say with it."""

    words: Annotated[str, Clean, Field(max_length=500)] = ""


class ErasureEnd(Asked):
    """Your answer to a wish to be forgotten."""

    grant: bool
    reason: Why


class MyDataOut(BaseModel):
    """Everything that the house holds of you in this tenant, apart from what the law keeps of sign-ins."""

    person_id: UUID
    name: str
    roles: list[str]
    contacts: list[dict[str, Any]]
    consents: list[ConsentOut]
    erasures: list[ErasureOut]
    sent: Annotated[list[dict[str, Any]], Field(description=f"What you reported, the newest {_MOST_SENT}.")]
    answers: Annotated[list[dict[str, Any]], Field(description="What you answered to tasks, the newest first.")]
    checks: Annotated[list[dict[str, Any]], Field(description="Your checks of standing by, the newest first.")]
    money: Annotated[
        dict[str, list[dict[str, Any]]],
        Field(
            description="Where your money goes, masked, your withdrawals and exchanges; the rest is your statements."
        ),
    ]
    expert: Annotated[
        dict[str, Any], Field(description="What you said of yourself as an expert, in talks and beside answers.")
    ]
    kept: Annotated[dict[str, int], Field(description="How many pictures and positions of each class are kept.")]
    views: Annotated[list[dict[str, Any]], Field(description="Who looked at your data, when and why.")]


def _mark(one: Mark) -> MarkOut:
    return MarkOut(**{name: getattr(one, name) for name in MarkOut.model_fields})


def _consent(one: Consent) -> ConsentOut:
    return ConsentOut(purpose=one.purpose, version=one.version, given=one.given, at=one.at)


def _erasure(one: Erasure) -> ErasureOut:
    return ErasureOut(**{name: getattr(one, name) for name in ErasureOut.model_fields})


def _purposes() -> list[PurposeOut]:
    told = people.privacy_policy().purposes.values()
    return [PurposeOut(**{name: getattr(one, name) for name in PurposeOut.model_fields}) for one in told]


@routes.get("/privacy")
def get_privacy(work: WorkHere, actor: ActorHere) -> PrivacyOut:
    """Return the privacy rules in force: what is painted over, how long what is kept, what people are asked."""
    policy, own = people.privacy_policy(), people.own_days(work)
    return PrivacyOut(
        version=policy.version,
        grid_m=policy.grid_m,
        masked=policy.mask.source,
        originals=bool(actor.grants_for(perceive.ORIGINAL)),
        originals_by=[one for one in Role if perceive.ORIGINAL in people.permitted(work, work.tenant_id, one)],
        classes=[
            KeepOut(
                cls=cls,
                zh=one.zh,
                en=one.en,
                days=own[cls].kept if cls in own else one.kept,
                key_days=own[cls].kept_key if cls in own else one.kept_key,
                least=one.least,
                most=one.most,
                source=one.source,
            )
            for cls, one in policy.keeps.items()
        ],
        forever=list(policy.forever),
        purposes=_purposes(),
    )


@routes.get("/holds")
def list_holds(work: WorkHere, actor: ActorHere) -> MarksOut:
    """List legal holds and key places of your tenant, lifted ones too."""
    return MarksOut(items=[_mark(one) for one in people.marks(work, actor)])


@routes.post("/holds", status_code=201)
def set_hold(work: WorkHere, actor: ActorHere, asked: MarkIn) -> MarkOut:
    """Set a legal hold: nothing that it names is deleted while it stands. Or mark a key place. On record."""
    return _mark(people.set_mark(work, actor, asked.kind, asked.subject, reason=asked.reason, cls=asked.cls))


@routes.post("/holds/{hold_id}/lift")
def lift_hold(work: WorkHere, actor: ActorHere, hold_id: UUID, asked: Reasoned) -> MarkOut:
    """Lift a hold or a key mark, with the reason; on record."""
    return _mark(people.lift_mark(work, actor, hold_id, reason=asked.reason))


@routes.get("/me/consents")
def list_my_consents(work: WorkHere, actor: ActorHere) -> ConsentsOut:
    """Return what you agreed to and withdrew, and what you are asked."""
    return ConsentsOut(items=[_consent(one) for one in people.consents_of(work, actor)], purposes=_purposes())


@routes.post("/me/consents", status_code=201)
def say_my_consent(work: WorkHere, actor: ActorHere, asked: ConsentIn) -> ConsentOut:
    """Agree to a purpose, in the version that is shown, or withdraw; both stay on record."""
    return _consent(people.say_consent(work, actor, asked.purpose, asked.version, given=asked.given))


def _kept(work: Work, actor: Actor, blobs: BlobStore) -> dict[str, int]:
    """Return how many pieces there are by class; two slices may keep one class."""
    counts: Counter[str] = Counter()
    for one in keepers(blobs):
        counts[one.cls.value] += len(one.of_person(work, actor.id, _MOST_SENT))
    return dict(counts)


@routes.get("/me/data")
def get_my_data(work: WorkHere, actor: ActorHere, blobs: BlobsHere) -> MyDataOut:
    """Return everything that the house holds of you in this tenant (PIPL art. 45)."""
    if actor.kind is not ActorKind.PERSON:
        raise ForbiddenError(field="actor", problem="is no person", fix="Sign in as the person whose data it is.")
    told = sense.told_by(work, actor.id, _MOST_SENT)
    return MyDataOut(
        person_id=actor.id,
        name=actor.name,
        roles=sorted({one.role.value for one in actor.memberships if one.tenant_id == work.tenant_id}),
        contacts=[
            {"kind": one.kind.value, "shown": one.shown, "name": one.name}
            for one in people.contacts_of(work, [actor.id]).get(actor.id, [])
        ],
        consents=[_consent(one) for one in people.consents_of(work, actor)],
        erasures=[_erasure(one) for one in people.erasures_of(work, actor)],
        sent=[
            {"observation_id": str(one.observation_id), "words": one.words, "lon": one.lon, "lat": one.lat}
            for one in told
        ],
        answers=field.answered_by(work, actor.id, _MOST_SENT),
        checks=field.stood_by(work, actor.id, _MOST_SENT),
        money=wallet.held_of(work, actor.id, _MOST_SENT),
        expert=experts_forgetting.held_of(work, actor.id, _MOST_SENT),
        kept=_kept(work, actor, blobs),
        views=[
            {"at": one.at.isoformat(), "what": one.what.value, "reason": one.reason}
            for one in people.views_of_me(work, actor)
        ],
    )


@routes.post("/me/erasure", status_code=201)
def ask_my_erasure(work: WorkHere, actor: ActorHere, asked: ErasureIn) -> ErasureOut:
    """Ask to be forgotten (PIPL art. 47): a case that is answered within 15 days."""
    return _erasure(people.ask_erasure(work, actor, asked.words))


@routes.get("/erasures")
def list_erasures(work: WorkHere, actor: ActorHere) -> ErasuresOut:
    """List wishes to be forgotten of your tenant, the oldest first."""
    return ErasuresOut(items=[_erasure(one) for one in people.erasures(work, actor)])


@routes.post("/erasures/{erasure_id}/end")
def end_erasure(work: WorkHere, actor: ActorHere, blobs: BlobsHere, erasure_id: UUID, asked: ErasureEnd) -> ErasureOut:
    """Grant a wish to be forgotten, and everything goes but what a hold or the law keeps; or refuse it, and say why."""
    if not asked.grant:
        return _erasure(people.refuse_erasure(work, actor, erasure_id, reason=asked.reason))
    done = people.erase(work, actor, keepers(blobs), erasure_id, reason=asked.reason)
    if not people.held(work, DataClass.SENT, {f"person:{done.person_id}"}):
        sense.forget_words(work, done.person_id)
        experts_forgetting.forget(work, done.person_id)
    return _erasure(done)
