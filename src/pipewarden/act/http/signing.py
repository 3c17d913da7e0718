"""Documents that were issued to who filed works: read on a phone, and signed on its glass."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Form, Request, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, Field, ValidationError

from pipewarden.act import service
from pipewarden.act.facts import DocumentKind
from pipewarden.act.http.documents import NumberHere, binary, desk_of
from pipewarden.kit.web import Asked, Clean, WorkHere, actor_of, router
from pipewarden.people.facts import Actor

routes = router(tags=["documents"])
ActorHere = Annotated[Actor, Depends(actor_of)]
_PDF = "application/pdf"


class SignatureIn(Asked):
    """Who signs, and for whom."""

    name: Annotated[str, Field(min_length=1, max_length=100), Clean]
    party: Annotated[
        str, Field(max_length=40, description="For whom: the unit, or what it is to the works."), Clean
    ] = ""


class SignatureForm(Asked):
    """A signature on its way in: who, and the picture of it."""

    signature: Annotated[str, Field(max_length=2000, description="JSON: name, party.")]
    picture: Annotated[UploadFile, Field(description="The signature as it was written, PNG or JPEG.")]


class ReceiptOut(BaseModel):
    """Somebody signed."""

    at: datetime
    name: str
    party: str


class SignableOut(BaseModel):
    """A document that was issued to you and counts."""

    id: UUID
    site_id: UUID
    kind: DocumentKind
    number: str
    title: str
    issuer: str
    issued_at: datetime
    sha256: Annotated[str, Field(description="Of the PDF; a signature names it.")]
    signed: list[ReceiptOut]


class SignablePage(BaseModel):
    """The documents of the sites under a filing, the newest first."""

    items: list[SignableOut]


@routes.get("/filings/{filing_id}/documents")
def list_documents_under_filing(work: WorkHere, actor: ActorHere, filing_id: UUID) -> SignablePage:
    """List the documents that were issued at the sites under a filing of yours, and who has signed them."""
    return SignablePage(items=[_out(one) for one in service.documents_under(work, actor, filing_id)])


@routes.get("/filings/{filing_id}/documents/{number}.pdf", response_class=Response, responses=binary(_PDF))
def get_document_under_filing(
    work: WorkHere, actor: ActorHere, request: Request, filing_id: UUID, number: NumberHere
) -> Response:
    """Return the PDF of one of them, as it was issued."""
    body = service.pdf_under(work, actor, desk_of(request).blobs, filing_id, number)
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"}
    return Response(body, media_type=_PDF, headers=headers)


@routes.post("/filings/{filing_id}/documents/{number}/signature")
def sign_document_under_filing(
    work: WorkHere,
    actor: ActorHere,
    request: Request,
    *,
    filing_id: UUID,
    number: NumberHere,
    form: Annotated[SignatureForm, Form(media_type="multipart/form-data")],
) -> SignableOut:
    """Sign one of them by hand on glass: who, and which PDF by its hash, stands on the audit chain from then on."""
    try:
        said = SignatureIn.model_validate_json(form.signature)
    except ValidationError as error:
        wrong = error.errors(include_context=False, include_input=False, include_url=False)
        raise RequestValidationError([{**one, "loc": ("body", "signature", *one["loc"])} for one in wrong]) from error
    picture, blobs = form.picture.file.read(), desk_of(request).blobs
    told = service.sign(work, actor, blobs, filing_id, number, name=said.name, party=said.party, picture=picture)
    return _out(told)


def _out(found: service.Signable) -> SignableOut:
    one = found.document
    return SignableOut(
        id=one.id,
        site_id=one.site_id,
        kind=one.kind,
        number=one.number,
        title=one.title,
        issuer=one.issuer,
        issued_at=one.issued_at,
        sha256=one.sha256,
        signed=[ReceiptOut.model_validate(each, from_attributes=True) for each in found.signed],
    )
