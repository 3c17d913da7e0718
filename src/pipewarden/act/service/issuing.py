"""Documents issued: numbered without gaps, printed, hashed into the audit chain; voided when wrong, never changed."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipewarden.act import store
from pipewarden.act.facts import Document, Void
from pipewarden.act.rules.documents import number_of, offers, year_of
from pipewarden.act.service.drafting import ISSUE, all_events, draft
from pipewarden.act.store import DocumentRow
from pipewarden.casework import service as casework
from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.people import service as people
from pipewarden.people.facts import NotFoundError

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from pipewarden.act.facts import KindSpec, Offer
    from pipewarden.act.service.drafting import Desk, Draft, Wanted
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor, AuditBreak

READ_DOCUMENTS = "document:read"
TOKEN_BYTES = 16
_MOST = 1000  # documents of one site


@dataclass(frozen=True, slots=True)
class Replacing:
    """Which document a new one is issued for, and why that one was wrong."""

    number: str
    reason: str


def issue(
    work: Work,
    actor: Actor,
    desk: Desk,
    site_id: UUID,
    wanted: Wanted,
    *,
    seen: str,
    entropy: bytes,
    replacing: Replacing | None = None,
) -> Document:
    """Issue a document: its number is taken, its PDF stored and its hash put on the audit chain, or nothing happens.

    Args:
        work: the transaction; the kind's numbers of the year are held until its end.
        actor: who issues it.
        desk: what documents need.
        site_id: whose.
        wanted: which, and what is said beside the record.
        seen: of the draft that the actor has looked at.
        entropy: 16 random bytes: whoever holds the paper knows them and may ask whether it is genuine.
        replacing: a wrong document of this site and kind, voided by this; who does not decide there, only an own one.

    Raises:
        ForbiddenError, NotFoundError, InputError: as for ``draft``, and for ``void``.
        InputError: a field that must be said, or who saw the refusal, is not known.
        RefusedError: the draft is another by now, or the document to replace no longer counts.
    """
    people.require(actor, ISSUE)
    year = year_of(work.now())
    place = store.papers.next_place(work, wanted.kind, year)  # first: the draft must know what a colleague just issued
    made = draft(work, actor, desk, site_id, wanted)
    _complete(made, wanted)
    if made.seen != seen:
        fix = "Look at the draft as it is now, and issue it with its `seen` if it is still right."
        raise RefusedError(field="seen", problem="is not the present draft", fix=fix)
    wrong = None if replacing is None else _wrong(work, actor, site_id, made.spec, replacing.number)
    at = work.now()
    number = number_of(made.spec.prefix, year, place)
    token = base64.urlsafe_b64encode(entropy[:TOKEN_BYTES]).rstrip(b"=").decode()
    verify = f"{desk.public_url}/verify/{token}" if desk.public_url else ""
    sheet = replace(made.sheet, number=number, mark="", verify=verify)
    pdf = desk.press.pdf(sheet, made.images, at)
    kept = _kept(desk.blobs, work.tenant_id)
    for image in made.images.values():
        kept.put(image)
    document = Document(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        site_id=site_id,
        kind=made.spec.kind,
        number=number,
        title=sheet.title,
        issuer=sheet.issuer,
        issued_at=at,
        issued_by=actor.id,
        template=made.template.version,
        sha256=kept.put(pdf),
        size=len(pdf),
        about=made.data.about,
        event_id=made.data.event_id,
        replaces=None if wrong is None else wrong.id,
    )
    if wrong is not None and replacing is not None:
        _void(work, actor, wrong, replacing.reason)
    store.papers.add(work, document, sheet, year=year, place=place, token=token)
    details = {"number": number, "kind": document.kind.value, "sha256": document.sha256, "site": str(site_id)}
    details |= {"template": document.template} | ({} if wrong is None else {"replaces": wrong.number})
    people.record(work, actor, "document.issued", ("document", document.id), details)
    return document


def _complete(made: Draft, wanted: Wanted) -> None:
    if wanted.told.refused and not made.data.witness:
        raise InputError(field="witness", problem="of the refusal must be known", fix="Say who saw it.")
    if not made.data.missing:
        return
    words = [one.zh for key in made.data.missing if (one := made.spec.field(key)) is not None]
    fix = "Say it in `fields` or `rows`, or put it on record first; nothing is made up."
    first = made.data.missing[0]
    raise InputError(field=f"fields.{first}", problem=f"must be known: {'、'.join(words)}", fix=fix)


def _wrong(work: Work, actor: Actor, site_id: UUID, spec: KindSpec, number: str) -> Document:
    found = _numbered(work, site_id, number)
    if found.issued_by != actor.id:
        casework.site(work, actor, site_id, casework.DECIDE)
    if found.kind is not spec.kind:
        raise InputError(field="replaces.number", problem="is of another kind", fix="Void it, and issue this one anew.")
    return found


def _numbered(work: Work, site_id: UUID, number: str) -> Document:
    mine = (DocumentRow.tenant_id == work.tenant_id, DocumentRow.site_id == site_id, DocumentRow.number == number)
    return people.visible(next(iter(store.papers.of(work, *mine)), None), "document")


def void(work: Work, actor: Actor, site_id: UUID, number: str, reason: str) -> Document:
    """Say that an issued document no longer counts, and why; it stays on record.

    Raises:
        ForbiddenError, NotFoundError: the actor does not decide there, or there is no such document.
        RefusedError: it was voided before.
    """
    people.require(actor, ISSUE)
    found = casework.site(work, actor, site_id, casework.DECIDE)
    if found.site.tenant_id != work.tenant_id:
        raise NotFoundError.of("site")
    _void(work, actor, _numbered(work, site_id, number), reason)
    return _numbered(work, site_id, number)


def _void(work: Work, actor: Actor, document: Document, reason: str) -> None:
    if document.void is not None or not store.papers.void(work, document.id, Void(work.now(), actor.id, reason)):
        fix = "See the document that counts instead."
        raise RefusedError(field="number", problem=f"{document.number} was voided before", fix=fix)
    details = {"number": document.number, "reason": reason}
    people.record(work, actor, "document.voided", ("document", document.id), details)


def documents(work: Work, actor: Actor, site_id: UUID) -> list[Document]:
    """Return every document of a site in reach, voided ones too, the newest first.

    Raises:
        ForbiddenError, NotFoundError: the actor reads no documents, or there is no such site in reach.
    """
    there = casework.site(work, actor, site_id, READ_DOCUMENTS).site
    mine = (DocumentRow.tenant_id == there.tenant_id, DocumentRow.site_id == site_id)
    return store.papers.of(work, *mine, limit=_MOST)


def offered(work: Work, actor: Actor, site_id: UUID) -> list[Offer]:
    """Return what could be issued at a site now, as far as the actor may; raises as ``documents``."""
    found = documents(work, actor, site_id)
    if not actor.grants_for(ISSUE):
        return []
    onward = casework.onward(work, actor, site_id)
    kinds = store.shipped_kinds()
    there = {(one.kind, one.about) for one in found if one.void is None}
    fit = offers(onward.site, all_events(work, actor, site_id), onward.steps, there)
    return [one for one in fit if onward.may_decide or (onward.may_work and not kinds[one.kind].decides)]


def document_pdf(work: Work, actor: Actor, desk: Desk, site_id: UUID, number: str) -> bytes:
    """Return the PDF of an issued document, as it was issued.

    Raises:
        ForbiddenError, NotFoundError: as for ``documents``.
        InputError: the file is gone or damaged.
    """
    return document_file(desk.blobs, _readable(work, actor, site_id, number))


def document_file(blobs: BlobStore, document: Document) -> bytes:
    """Return the PDF of a document that the caller has read in scope; InputError where it is gone or damaged."""
    return _kept(blobs, document.tenant_id).get(document.sha256)


def document_docx(work: Work, actor: Actor, desk: Desk, site_id: UUID, number: str) -> bytes:
    """Return an issued document to be edited, made anew from what is on record; raises as ``document_pdf``."""
    found = _readable(work, actor, site_id, number)
    sheet = store.papers.sheet(replace(work, tenant_id=found.tenant_id), found.id)
    kept = _kept(desk.blobs, found.tenant_id)
    names = {one.image for part in sheet.parts for one in part.signed if one.image}
    return desk.press.docx(sheet, {name: kept.get(name) for name in names})


def _readable(work: Work, actor: Actor, site_id: UUID, number: str) -> Document:
    there = casework.site(work, actor, site_id, READ_DOCUMENTS).site
    return _numbered(replace(work, tenant_id=there.tenant_id), site_id, number)


def _kept(blobs: BlobStore, tenant_id: UUID) -> BlobStore:
    """Return where a tenant's documents lie: no rule about pictures reaches them."""
    return BlobStore(blobs.root / "documents" / str(tenant_id))


@dataclass(frozen=True, slots=True)
class Verified:
    """What anybody who holds a paper is told of it, and nothing of its site.

    Attributes:
        voided_at: since when it no longer counts; None while it does.
        replaced: whether another document counts instead.
    """

    number: str
    title: str
    issuer: str
    issued_at: datetime
    sha256: str
    voided_at: datetime | None
    replaced: bool


def verify_token(work: Work, token: str) -> Verified | None:
    """Return what a paper's code tells; None where no paper has it."""
    found = next(iter(store.papers.of(work, DocumentRow.token == token)), None)
    if found is None:
        return None
    return Verified(
        number=found.number,
        title=found.title,
        issuer=found.issuer,
        issued_at=found.issued_at,
        sha256=found.sha256,
        voided_at=None if found.void is None else found.void.at,
        replaced=found.replaced_by is not None,
    )


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """What the register and the audit chain say of a file.

    Attributes:
        document: None where no document has this content.
        audited: whether the chain holds this very hash and number for it.
        agreed: whether register and chain say the same of its being void.
        broken: where the tenant's chain does not hold; None where it does.
    """

    document: Document | None
    audited: bool
    agreed: bool
    broken: AuditBreak | None


def verify_file(work: Work, pdf: bytes) -> CheckedFile:
    """Say whether a file is a document of the tenant worked for, unchanged; for whoever runs the machine."""
    sha256 = hashlib.sha256(pdf).hexdigest()
    mine = (DocumentRow.tenant_id == work.tenant_id, DocumentRow.sha256 == sha256)
    found = next(iter(store.papers.of(work, *mine)), None)
    if found is None:
        return CheckedFile(None, audited=False, agreed=False, broken=None)
    entries = people.entries_of(work, "document", found.id)
    said = [json.loads(one.details) for one in entries if one.act == "document.issued"]
    voided = any(one.act == "document.voided" for one in entries)
    return CheckedFile(
        found,
        audited=any((one["sha256"], one["number"]) == (sha256, found.number) for one in said),
        agreed=voided == (found.void is not None),
        broken=people.verify(work),
    )
