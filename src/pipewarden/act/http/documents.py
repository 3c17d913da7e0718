"""Documents over HTTP: see what one would say, issue it, read it, void it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import quote
from uuid import UUID

from fastapi import Depends, Path, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from pipewarden.act import service
from pipewarden.act.facts import DocumentKind, Need, Signature, Told
from pipewarden.casework import service as casework
from pipewarden.kit.web import Asked, BlobId, Clean, Sentence, WorkHere, actor_of, router
from pipewarden.people import service as people
from pipewarden.people.facts import Actor

if TYPE_CHECKING:
    from collections.abc import Collection

    from pipewarden.act.facts import Document
    from pipewarden.act.service import Desk, Draft
    from pipewarden.kit.work import Work
    from pipewarden.people.service import Gate

routes = router(tags=["documents"])
ActorHere = Annotated[Actor, Depends(actor_of)]
Key = Annotated[str, Field(pattern="^[a-z_]{1,40}$")]
Words = Annotated[str, Field(max_length=2000), Clean]
Row = Annotated[list[Annotated[str, Field(max_length=500), Clean]], Field(min_length=1, max_length=8)]
Number = Annotated[str, Field(min_length=1, max_length=40), Clean]
NumberHere = Annotated[str, Path(min_length=1, max_length=40, pattern=r"^[^\x00-\x1f\x7f/]+$")]
_PDF = "application/pdf"
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def binary(media: str) -> dict[int | str, dict[str, Any]]:
    """Return how a route says that it answers with a file."""
    return {200: {"content": {media: {"schema": {"type": "string", "format": "binary"}}}}}


class SignatureIn(Asked):
    """Who signed for whom; a picture of the signature is drawn anew before it is printed."""

    party: Annotated[str, Field(max_length=40, description="As the template names the parties."), Clean] = ""
    name: Annotated[str, Field(min_length=1, max_length=200), Clean]
    picture: BlobId | None = None


class DraftIn(Asked):
    """Which document, and what you say beside what is on record."""

    kind: DocumentKind
    about: Annotated[
        UUID | None, Field(description="Event, violation, stop order or report it speaks of; the last that fits.")
    ] = None
    fields: Annotated[dict[Key, Words], Field(max_length=60, default_factory=dict)]
    rows: Annotated[dict[Key, Annotated[list[Row], Field(max_length=60)]], Field(max_length=10, default_factory=dict)]
    signatures: Annotated[list[SignatureIn], Field(max_length=12, default_factory=list)]
    refused: Annotated[bool, Field(description="The receiver would not sign.")] = False
    witness: Annotated[str, Field(max_length=200, description="Who saw that."), Clean] = ""

    def wanted(self, work: Work) -> service.Wanted:
        """Return the question as the use case takes it: pictures by their hash.

        Raises:
            InputError: a signature's picture is not one that a site answered.
        """
        named = [one.picture for one in self.signatures if one.picture is not None]
        hashes = dict(zip(named, casework.named_by(work, named), strict=True))
        told = Told(
            fields=dict(self.fields),
            rows={key: tuple(tuple(row) for row in rows) for key, rows in self.rows.items()},
            signatures=tuple(
                Signature(one.party, one.name, "" if one.picture is None else hashes[one.picture])
                for one in self.signatures
            ),
            refused=self.refused,
            witness=self.witness,
        )
        return service.Wanted(self.kind, told, self.about)


class ReplacesIn(Asked):
    """The wrong document that this one is issued for."""

    number: Number
    reason: Sentence


class IssueIn(DraftIn):
    """The same, with the draft that you have looked at."""

    seen: Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="`seen` of the draft.")]
    replaces: ReplacesIn | None = None


class VoidIn(Asked):
    """Why a document no longer counts."""

    reason: Sentence


class DraftFieldOut(BaseModel):
    """One field as it would be printed."""

    key: str
    zh: str
    need: Need
    text: Annotated[str | None, Field(description="Empty where nobody knows it.")]
    columns: list[str]
    rows: list[list[str]]


class DraftSignatureOut(BaseModel):
    """Who signed, as the record has it or as you say."""

    party: str
    name: str
    picture: Annotated[bool, Field(description="Whether it is printed with a picture.")]


class DraftOut(BaseModel):
    """What a document would say now."""

    kind: DocumentKind
    title: str
    template: str
    seen: Annotated[str, Field(description="Names exactly this draft; send it back to issue it.")]
    fields: list[DraftFieldOut]
    clauses: list[str]
    missing: Annotated[list[str], Field(description="Without these it is not issued.")]
    blank: Annotated[list[str], Field(description="Printed as lines, to be filled by hand.")]
    signatures: list[DraftSignatureOut]
    refused: bool
    witness: str
    about: UUID | None
    event_id: UUID | None


class DocumentOut(BaseModel):
    """One issued document."""

    id: UUID
    site_id: UUID
    kind: DocumentKind
    number: str
    title: str
    issuer: str
    issued_at: datetime
    issued_by: str | None
    template: str
    sha256: Annotated[str, Field(description="Of the PDF; it is on the audit chain.")]
    size: int
    about: UUID | None
    event_id: Annotated[UUID | None, Field(description="The event of the site that it belongs to.")]
    voided_at: datetime | None
    void_reason: str | None
    replaced_by: Annotated[str | None, Field(description="Number of the document that counts instead.")]


class OfferOut(BaseModel):
    """A document that fits now and is not there yet."""

    kind: DocumentKind
    about: UUID | None
    why: Literal["strike", "step", "next", "violation", "stop", "resumption", "report"]


class DocumentPage(BaseModel):
    """Every document of a site, the newest first, and what could be issued."""

    items: list[DocumentOut]
    offered: list[OfferOut]


def desk_of(request: Request) -> Desk:
    """Return what documents need beside the request."""
    desk: Desk = request.app.state.desk
    return desk


@routes.get("/sites/{site_id}/documents")
def list_documents(work: WorkHere, actor: ActorHere, site_id: UUID) -> DocumentPage:
    """List a site's documents, voided ones too, and those that fit it and are not there yet."""
    found = service.documents(work, actor, site_id)
    offered = [OfferOut.model_validate(one, from_attributes=True) for one in service.offered(work, actor, site_id)]
    return DocumentPage(items=_out(work, found), offered=offered)


@routes.post("/sites/{site_id}/documents/draft")
def draft_document(work: WorkHere, actor: ActorHere, request: Request, site_id: UUID, asked: DraftIn) -> DraftOut:
    """Say what a document would say, what is missing and what would be left to be filled by hand; nothing is kept."""
    return _draft_out(service.draft(work, actor, desk_of(request), site_id, asked.wanted(work)))


@routes.post("/sites/{site_id}/documents/draft.pdf", response_class=Response, responses=binary(_PDF))
def draft_document_pdf(work: WorkHere, actor: ActorHere, request: Request, site_id: UUID, asked: DraftIn) -> Response:
    """Return the draft as PDF, marked 草稿 on every page."""
    made = service.draft_pdf(work, actor, desk_of(request), site_id, asked.wanted(work))
    return _file(made, _PDF, "draft.pdf")


@routes.post("/sites/{site_id}/documents", status_code=201)
def issue_document(work: WorkHere, actor: ActorHere, request: Request, site_id: UUID, asked: IssueIn) -> DocumentOut:
    """Issue a document: numbered, printed, hashed into the audit chain. It never changes; a mistake is replaced."""
    gate: Gate = request.app.state.gate
    replacing = None if asked.replaces is None else service.Replacing(asked.replaces.number, asked.replaces.reason)
    made = service.issue(
        work,
        actor,
        desk_of(request),
        site_id,
        asked.wanted(work),
        seen=asked.seen,
        entropy=gate.entropy(service.TOKEN_BYTES),
        replacing=replacing,
    )
    return _out(work, [made])[0]


@routes.post("/sites/{site_id}/documents/{number}/void")
def void_document(work: WorkHere, actor: ActorHere, site_id: UUID, number: NumberHere, asked: VoidIn) -> DocumentOut:
    """Say that a document no longer counts; it stays on record with the reason."""
    return _out(work, [service.void(work, actor, site_id, number, asked.reason)])[0]


@routes.get("/sites/{site_id}/documents/{number}.pdf", response_class=Response, responses=binary(_PDF))
def get_document_pdf(work: WorkHere, actor: ActorHere, request: Request, site_id: UUID, number: NumberHere) -> Response:
    """Return the PDF (PDF/A-2b) as it was issued."""
    return _file(service.document_pdf(work, actor, desk_of(request), site_id, number), _PDF, f"{number}.pdf")


@routes.get("/sites/{site_id}/documents/{number}.docx", response_class=Response, responses=binary(_DOCX))
def get_document_docx(
    work: WorkHere, actor: ActorHere, request: Request, site_id: UUID, number: NumberHere
) -> Response:
    """Return the same to be edited; the PDF is what counts."""
    return _file(service.document_docx(work, actor, desk_of(request), site_id, number), _DOCX, f"{number}.docx")


def _file(body: bytes, media: str, name: str) -> Response:
    headers = {
        "Content-Disposition": f"inline; filename=document; filename*=UTF-8''{quote(name)}",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    return Response(body, media_type=media, headers=headers)


def _draft_out(made: Draft) -> DraftOut:
    data = made.data
    return DraftOut(
        kind=data.kind,
        title=made.sheet.title,
        template=made.template.version,
        seen=made.seen,
        fields=[
            DraftFieldOut(
                key=one.key,
                zh=one.zh,
                need=one.need,
                text=data.fields.get(one.key),
                columns=list(one.columns),
                rows=[list(row) for row in data.rows.get(one.key, ())],
            )
            for one in made.spec.fields
        ],
        clauses=list(data.clauses),
        missing=list(data.missing),
        blank=list(data.blank),
        signatures=[
            DraftSignatureOut(party=one.party, name=one.name, picture=bool(one.picture)) for one in data.signatures
        ],
        refused=data.refused,
        witness=data.witness,
        about=data.about,
        event_id=data.event_id,
    )


def _out(work: Work, found: Collection[Document]) -> list[DocumentOut]:
    names = people.person_names(work, [one.issued_by for one in found])
    return [
        DocumentOut(
            id=one.id,
            site_id=one.site_id,
            kind=one.kind,
            number=one.number,
            title=one.title,
            issuer=one.issuer,
            issued_at=one.issued_at,
            issued_by=names.get(one.issued_by),
            template=one.template,
            sha256=one.sha256,
            size=one.size,
            about=one.about,
            event_id=one.event_id,
            voided_at=None if one.void is None else one.void.at,
            void_reason=None if one.void is None else one.void.reason,
            replaced_by=one.replaced_by,
        )
        for one in found
    ]
