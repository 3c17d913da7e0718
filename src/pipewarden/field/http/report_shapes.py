"""What a phone says of a report and what it is told: shapes, and how one becomes the other."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from starlette.datastructures import UploadFile

from pipewarden.field import service
from pipewarden.field.facts.reports import Fresh, NewReport, Sender, Spot
from pipewarden.field.http.placed import Placed
from pipewarden.kit.errors import InputError
from pipewarden.kit.web import Asked, Clean, Moment

if TYPE_CHECKING:
    from pipewarden.kit.web import Cursors
    from pipewarden.kit.work import Work

_MOST_PICTURES = 3
_FORM_FIELDS = 4
_MAC = 12


class PlaceIn(Placed):
    """Where a phone is, or where a finger pointed on a map; always with its system and its error."""

    accuracy_m: Annotated[float, Field(ge=0, le=20_000, description="Radius of 95 of 100 cases (W3C Geolocation).")]
    source: Literal["device", "map"] = "device"


class ReportIn(Asked):
    """What somebody sees."""

    draft: Annotated[UUID, Field(description="The phone's own id of it; sent again it is the same report.")]
    kind: Annotated[str, Field(max_length=30, description="One of /v1/public/report-kinds."), Clean]
    words: Annotated[str, Field(max_length=1500), Clean] = ""
    place: PlaceIn | None = None
    place_words: Annotated[str, Field(max_length=300, description="Where, in words."), Clean] = ""
    taken_at: Annotated[Moment | None, Field(description="By the phone's clock.")] = None
    nonce: Annotated[str, Field(max_length=200, description="Of /v1/public/captures."), Clean] | None = None
    contact: Annotated[str, Field(max_length=100, description="How you may be called back."), Clean] | None = None
    language: Literal["zh", "en"] = "zh"
    device: Annotated[UUID | None, Field(description="Random id of this browser: its reports are one voice.")] = None


class ConfirmIn(Asked):
    """One tap: that is what I see, too."""

    draft: UUID
    place: PlaceIn | None = None
    words: Annotated[str, Field(max_length=1500), Clean] | None = None
    device: UUID | None = None
    language: Literal["zh", "en"] = "zh"


class WordsIn(Asked):
    """What you want to add."""

    draft: UUID
    words: Annotated[str, Field(min_length=1, max_length=1500), Clean]


class KindOut(BaseModel):
    """One kind of thing to report."""

    kind: str
    zh: str
    en: str
    danger: Annotated[bool, Field(description="People may be hurt now: show the hotline at once.")]
    indoor: bool


class KindsOut(BaseModel):
    """What can be reported."""

    items: list[KindOut]


class NearOut(BaseModel):
    """Something open near you."""

    id: UUID
    kind: str
    since: datetime
    reports: Annotated[int, Field(description="People who spoke of it; 0 where none did.")]
    distance_m: Annotated[int, Field(description="From your place, to ten metres.")]
    lon: Annotated[float, Field(description="Middle of a square of 100 m or more, degrees WGS-84.")]
    lat: float
    state: Annotated[str, Field(description="received, waiting, checking or in_hand.")]
    same_kind: bool
    picture: Annotated[str | None, Field(description="Address of a masked picture that somebody sent.")]


class NearPage(BaseModel):
    """The likeliest things near you, at most five."""

    items: list[NearOut]
    covered: Annotated[bool, Field(description="An operator of this house answers for the place.")]


class NonceOut(BaseModel):
    """A word that proves that a picture was taken now."""

    nonce: str
    expires_at: datetime


class AnswerOut(BaseModel):
    """The answer in words."""

    zh: str
    en: str
    rule: Annotated[str | None, Field(description="The clause, or the house's rule, behind it.")] = None


class HotlineOut(BaseModel):
    """Whom to ring."""

    zh: str
    en: str
    number: str


class ReportedOut(BaseModel):
    """A report that is on disk, and the link by which it is followed."""

    id: UUID
    token: str
    link: str
    state: str
    danger: bool
    hotline: Annotated[HotlineOut | None, Field(description="Where there is danger: ring it now.")]
    answer: AnswerOut
    notes: Annotated[list[str], Field(description="What was not kept, and why; the report was.")]


class StepOut(BaseModel):
    """One thing that happened."""

    at: datetime
    key: str
    zh: str
    en: str


class ForgottenOut(BaseModel):
    """That a report was to be forgotten, and what stays of it: kind, place and time of what was seen, always."""

    asked_at: datetime
    left: Annotated[
        Literal["", "waiting", "held"],
        Field(description="Why words stay: it waits for a person to place it; somebody holds it by law. Empty: gone."),
    ]
    kept_pictures: Annotated[int, Field(description="Pictures that stay as proof of a site, for as long as its file.")]
    evidence_days: Annotated[int, Field(description="How long a site's proofs are kept after its end.")]


class StatusOut(BaseModel):
    """What became of a report."""

    state: str
    kind: str
    words: str
    since: datetime
    danger: bool
    hotline: HotlineOut | None
    pictures: list[str]
    steps: list[StepOut]
    answer: AnswerOut
    merged_with: UUID | None
    forgotten: ForgottenOut | None = None


@dataclass(frozen=True, slots=True)
class Envelope:
    """What one request brought."""

    report: ReportIn
    pictures: tuple[bytes, ...]


_REPORT = TypeAdapter(ReportIn)


def _parsed(body: bytes) -> ReportIn:
    try:
        return _REPORT.validate_json(body)
    except ValidationError as error:
        raise RequestValidationError(
            [{**one, "loc": ("body", *one["loc"])} for one in error.errors(include_context=False, include_input=False)]
        ) from error


async def envelope(request: Request) -> Envelope:
    """Return what a request says: multipart with pictures, or JSON without."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media == "multipart/form-data":
        async with request.form(max_files=_MOST_PICTURES + 1, max_fields=_FORM_FIELDS) as form:
            told = form.get("report")
            said = await told.read() if isinstance(told, UploadFile) else (told or "").encode()
            sent = [one for one in form.getlist("picture") if isinstance(one, UploadFile)]
            return Envelope(_parsed(said), tuple([await one.read() for one in sent]))
    if media == "application/json":
        return Envelope(_parsed(await request.body()), ())
    raise InputError(
        field="Content-Type", problem=f"{media or 'none'!r} is no report", fix="Send multipart/form-data, or JSON."
    )


EnvelopeHere = Annotated[Envelope, Depends(envelope)]
BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["report"],
                "properties": {
                    "report": {"type": "string", "description": "A ReportIn as JSON."},
                    "picture": {
                        "type": "array",
                        "items": {"type": "string", "format": "binary"},
                        "maxItems": _MOST_PICTURES,
                    },
                },
            }
        },
        "application/json": {"schema": {"$ref": "#/components/schemas/ReportIn"}},
    },
}


def spot_of(place: PlaceIn | None) -> Spot | None:
    """Return a place in WGS-84, whatever system a phone spoke in."""
    return None if place is None else Spot(*place.lonlat(), place.accuracy_m, place.crs, place.source)


def desk_of(request: Request) -> service.Desk:
    """Return what taking reports needs of the house."""
    cursors: Cursors = request.app.state.cursors
    return service.Desk(request.app.state.blobs, cursors.secret, paced=request.app.state.paced)


def sender_of(request: Request, device: UUID | None, person_id: UUID | None = None) -> Sender:
    """Return who sends, by marks that tell nothing elsewhere: no address and no browser's name is kept."""
    desk = desk_of(request)
    network_of = request.client.host if request.client is not None else ""
    browser = request.headers.get("user-agent", "")
    if person_id is not None:
        mark = desk.mark("person", str(person_id))
    elif device is not None:
        mark = desk.mark("device", str(device))
    else:
        mark = desk.mark("browser", network_of, browser)
    return Sender(mark, desk.mark("network", network_of), person_id)


def reported_out(work: Work, kept: service.Reported) -> ReportedOut:
    """Return a report that is on disk as its sender sees it."""
    report, now = kept.report, service.followed(work, kept.report)
    answer = AnswerOut(zh=now.answer.zh, en=now.answer.en, rule=now.answer.rule)
    line = hotline_out(work, kept)
    if line is not None:
        zh, en = service.shipped_reports().danger
        answer = AnswerOut(
            zh=zh.format(hotline=f"{line.zh} {line.number}"), en=en.format(hotline=f"{line.en} {line.number}")
        )
    return ReportedOut(
        id=report.id,
        token=kept.token,
        link=f"/m/r/{kept.token}",
        state=now.state,
        danger=report.danger,
        hotline=line,
        answer=answer,
        notes=list(report.notes),
    )


def hotline_out(work: Work, kept: service.Reported) -> HotlineOut | None:
    """Return whom to ring, where a report tells of danger."""
    if not kept.report.danger:
        return None
    zh, en, number = service.hotline(work, kept.report.tenant_id)
    return HotlineOut(zh=zh, en=en, number=number)


class NearQuery(Placed):
    """Where you are, and what you see."""

    accuracy_m: Annotated[float, Field(ge=0, le=20_000)]
    kind: Annotated[str, Field(max_length=30)] = ""


def new_of(said: Envelope) -> NewReport:
    """Return a report as the service takes it."""
    one = said.report
    return NewReport(
        draft=one.draft,
        kind=one.kind,
        words=one.words,
        place=spot_of(one.place),
        place_words=one.place_words,
        pictures=said.pictures,
        taken_at=one.taken_at,
        nonce=one.nonce,
        contact=one.contact or "",
        language=one.language,
    )


def fresh_of(work: Work, request: Request, nonce: str | None) -> Fresh:
    """Return what a nonce proves; nothing is refused for it."""
    if nonce is None:
        return Fresh.NONE
    try:
        whole = base64.urlsafe_b64decode(nonce + "=" * (-len(nonce) % 4))
        mac, body = whole[:_MAC], whole[_MAC:]
        until = int(body.partition(b".")[0]) if hmac.compare_digest(mac, mac_of(request, body)) else 0
    except ValueError:
        until = 0
    if until == 0:
        return Fresh.WRONG
    return Fresh.FRESH if until >= work.now().timestamp() else Fresh.LATE


def mac_of(request: Request, body: bytes) -> bytes:
    """Return what nobody but this house can write beside a nonce."""
    return hmac.new(desk_of(request).secret, b"capture\0" + body, hashlib.sha256).digest()[:_MAC]
