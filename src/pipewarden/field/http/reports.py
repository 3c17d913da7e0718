"""Reports of anybody over HTTP: nobody signs in, nothing is asked but what is seen; what was answered is on disk."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID  # noqa: TC003  FastAPI reads it at run time

from fastapi import Path, Query, Request
from fastapi.responses import Response

from pipewarden.field import service
from pipewarden.field.facts.reports import NewReport, Spot
from pipewarden.field.http.report_shapes import (
    BODY,
    AnswerOut,
    ConfirmIn,
    EnvelopeHere,
    ForgottenOut,
    KindOut,
    KindsOut,
    NearOut,
    NearPage,
    NearQuery,
    NonceOut,
    ReportedOut,
    StatusOut,
    StepOut,
    WordsIn,
    desk_of,
    fresh_of,
    hotline_out,
    mac_of,
    new_of,
    reported_out,
    sender_of,
    spot_of,
)
from pipewarden.kit.errors import InputError
from pipewarden.kit.web import BlobsHere, WorkHere, router
from pipewarden.people import service as people
from pipewarden.people.facts import NotFoundError
from pipewarden.people.facts.privacy import DataClass
from pipewarden.perceive import service as perceive

if TYPE_CHECKING:
    from pipewarden.field.facts.reports import Report
    from pipewarden.kit.work import Work
    from pipewarden.perceive.service import Lens

routes = router(tags=["reports"], anonymous=True)
JPEG: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}}
}
Token = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]


@routes.get("/public/report-kinds")
def list_report_kinds() -> KindsOut:
    """Return what can be reported, in plain words."""
    kinds = service.shipped_reports().kinds.values()
    return KindsOut(
        items=[KindOut(kind=one.kind, zh=one.zh, en=one.en, danger=one.danger, indoor=one.indoor) for one in kinds]
    )


@routes.get("/public/near")
def list_near(work: WorkHere, asked: Annotated[NearQuery, Query()]) -> NearPage:
    """List what stands open near a place, the likeliest first: confirm one with a tap instead of reporting it anew."""
    spot = Spot(*asked.lonlat(), asked.accuracy_m, asked.crs, "device")
    found, covered = service.near(work, spot, asked.kind)
    return NearPage(
        items=[
            NearOut(
                id=one.ranked.item.id,
                kind=one.ranked.item.kind,
                since=one.ranked.item.since,
                reports=one.ranked.item.reports,
                distance_m=round(one.ranked.distance_m, -1),
                lon=one.lon,
                lat=one.lat,
                state=one.ranked.item.state,
                same_kind=one.ranked.same_kind,
                picture=None if one.ranked.item.picture is None else f"/v1/public/near/{one.ranked.item.id}/picture",
            )
            for one in found
        ],
        covered=covered,
    )


@routes.get("/public/near/{item_id}/picture", response_class=Response, responses=JPEG)
def get_near_picture(work: WorkHere, blobs: BlobsHere, request: Request, item_id: UUID) -> Response:
    """Return a picture that somebody sent of a thing near you, faces and plates painted over."""
    _, sha256 = service.shown_picture(work, item_id)
    return jpeg(request, blobs.get, sha256)


@routes.post("/public/captures", status_code=201)
def begin_capture(work: WorkHere, request: Request) -> NonceOut:
    """Return a word that proves within ten minutes that a picture was taken now (safety.md T12)."""
    until = work.now() + timedelta(minutes=service.shipped_reports().capture_min)
    body = f"{int(until.timestamp())}.{work.ids.new().hex}".encode()
    return NonceOut(nonce=base64.urlsafe_b64encode(mac_of(request, body) + body).decode().rstrip("="), expires_at=until)


@routes.post(
    "/public/reports",
    status_code=201,
    openapi_extra={"requestBody": BODY},
    responses={200: {"model": ReportedOut, "description": "This draft had come before."}},
)
def send_report(work: WorkHere, request: Request, response: Response, said: EnvelopeHere) -> ReportedOut:
    """Report what you see, without an account; the answer means that it is on disk.

    A picture that cannot be kept is a note and never costs the words. Without a place a person asks where it is. Word
    of danger is answered with whom to ring, and calls whoever is on duty.
    """
    sender = sender_of(request, said.report.device)
    fresh = fresh_of(work, request, said.report.nonce)
    kept = service.take(work, desk_of(request), sender, new_of(said), fresh=fresh)
    response.status_code = 201 if kept.fresh else 200
    return reported_out(work, kept)


@routes.post(
    "/public/near/{item_id}/confirm",
    status_code=201,
    responses={200: {"model": ReportedOut, "description": "This draft had come before."}},
)
def confirm_near(work: WorkHere, request: Request, response: Response, item_id: UUID, asked: ConfirmIn) -> ReportedOut:
    """Say that you see it, too: another voice for the same thing, and a link to follow it."""
    new = NewReport(
        draft=asked.draft,
        kind="",
        words=asked.words or "",
        place=spot_of(asked.place),
        language=asked.language,
        confirms=item_id,
    )
    kept = service.take(work, desk_of(request), sender_of(request, asked.device), new)
    response.status_code = 201 if kept.fresh else 200
    return reported_out(work, kept)


@routes.get("/public/reports/{token}")
def get_report(work: WorkHere, token: Token) -> StatusOut:
    """Return what became of a report, to whoever has its link: no names, no other reporters, no pipes."""
    report = service.of_link(work, token)
    now = service.followed(work, report)
    return StatusOut(
        state=now.state,
        kind=report.kind,
        words=report.words,
        since=report.received_at,
        danger=report.danger,
        hotline=hotline_out(work, service.Reported(report, token, fresh=False)),
        pictures=[f"/v1/public/reports/{token}/pictures/{n}" for n in range(1, now.pictures + 1)],
        steps=[StepOut(at=one.at, key=one.key, zh=one.zh, en=one.en) for one in now.steps],
        answer=AnswerOut(zh=now.answer.zh, en=now.answer.en, rule=now.answer.rule),
        merged_with=now.merged_with,
        forgotten=_forgotten(work, report),
    )


def _forgotten(work: Work, report: Report) -> ForgottenOut | None:
    if report.forget_at is None:
        return None
    here = replace(work, tenant_id=report.tenant_id)
    own = people.own_days(here).get(DataClass.EVIDENCE)
    return ForgottenOut(
        asked_at=report.forget_at,
        left=service.left(here, report),
        kept_pictures=report.kept_pictures,
        evidence_days=people.privacy_policy().keeps[DataClass.EVIDENCE].kept if own is None else own.kept,
    )


@routes.post("/public/reports/{token}/forget")
def forget_report(work: WorkHere, request: Request, token: Token) -> StatusOut:
    """Forget a report that you sent without an account; whoever has its link may ask.

    Words, what you added, how you are reached and pictures go at once, each with a proof. What was seen, where and when
    stays without you; so do pictures that prove something at a site, and words that still wait for a person. Asked
    again it changes nothing.
    """
    service.forget(work, desk_of(request).waiting, request.app.state.let_go, token)
    return get_report(work, token)


@routes.post("/public/reports/{token}/words", status_code=201)
def add_report_words(work: WorkHere, token: Token, asked: WordsIn) -> StatusOut:
    """Add words to a report; they are shown to people as text."""
    service.add_words(work, token, asked.draft, asked.words)
    return get_report(work, token)


@routes.get("/public/reports/{token}/pictures/{number}", response_class=Response, responses=JPEG)
def get_report_picture(
    work: WorkHere, blobs: BlobsHere, request: Request, token: Token, number: Annotated[int, Path(ge=1, le=3)]
) -> Response:
    """Return a picture of a report, drawn anew with faces and plates painted over."""
    report = service.of_link(work, token)
    sha256 = service.picture(work, report, number)
    if sha256 is not None:
        return jpeg(request, blobs.get, sha256)
    return jpeg(request, desk_of(request).waiting.get, report.pictures[number - 1])


def jpeg(request: Request, get: Any, sha256: str) -> Response:
    """Return a picture as everybody sees it.

    Raises:
        NotFoundError: it is gone, or cannot be read: for this reader there is none.
    """
    lens: Lens = request.app.state.lens
    try:
        drawn = perceive.redraw(perceive.masked(lens), get(sha256), name="picture")
    except InputError as error:
        raise NotFoundError.of("picture") from error
    return Response(drawn, media_type="image/jpeg", headers={"Content-Disposition": "inline; filename=picture.jpg"})
