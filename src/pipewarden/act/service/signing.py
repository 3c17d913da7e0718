"""Documents signed on a phone by those to whom they were issued: who signed which PDF, by its hash, on the audit chain.

Why: a paper handed over is worth as much as the proof that it was received (domain.md 4.5). The PDF never changes; a
signature is an entry beside it, which names its number and SHA-256, and a picture of the hand that wrote. It is a
receipt and no electronic signature of 电子签名法 第十三条: nobody's key signs.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipewarden.act import store
from pipewarden.act.facts import DocumentKind
from pipewarden.act.service.issuing import document_file
from pipewarden.act.store import DocumentRow
from pipewarden.casework import service as casework
from pipewarden.kit.errors import RefusedError
from pipewarden.people import service as people

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from pipewarden.act.facts import Document
    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

_MOST = 200  # documents of one filing's sites
SIGNED = "document.signed"
# what is issued to the builders; what the operator writes to authorities or for itself is not theirs to read
FOR_BUILDERS = frozenset(DocumentKind) - {DocumentKind.REPORT, DocumentKind.ACCIDENT, DocumentKind.STANDBY}


@dataclass(frozen=True, slots=True)
class Signed:
    """One receipt: ``party`` as the signer says it."""

    at: datetime
    name: str
    party: str


@dataclass(frozen=True, slots=True)
class Signable:
    """A document that counts and was issued to who filed the works."""

    document: Document
    signed: tuple[Signed, ...]


def documents_under(work: Work, actor: Actor, filing_id: UUID) -> list[Signable]:
    """Return the documents that count, of the sites under a filing that the actor may change, the newest first.

    Raises:
        ForbiddenError, NotFoundError: the actor files no works, or there is no such filing in reach.
    """
    sites = [one.filed.site.id for one in casework.sites_under(work, actor, filing_id)]
    kinds = [one.value for one in FOR_BUILDERS]
    mine = (DocumentRow.tenant_id == work.tenant_id, DocumentRow.site_id.in_(sites), DocumentRow.kind.in_(kinds))
    found = store.papers.of(work, *mine, limit=_MOST)
    return [Signable(one, _signed(work, one)) for one in found if one.void is None]


def _signed(work: Work, document: Document) -> tuple[Signed, ...]:
    entries = people.entries_of(work, "document", document.id)
    told = [(one.at, json.loads(one.details)) for one in entries if one.act == SIGNED]
    return tuple(Signed(at, said["name"], said["party"]) for at, said in told)


def document_under(work: Work, actor: Actor, filing_id: UUID, number: str) -> Signable:
    """Return one of them; raises as ``documents_under``, NotFoundError too where there is none of that number."""
    found = documents_under(work, actor, filing_id)
    return people.visible(next((one for one in found if one.document.number == number), None), "document")


def pdf_under(work: Work, actor: Actor, blobs: BlobStore, filing_id: UUID, number: str) -> bytes:
    """Return the PDF of one of them; raises as ``document_under``, InputError where it is gone or damaged."""
    return document_file(blobs, document_under(work, actor, filing_id, number).document)


def sign(
    work: Work, actor: Actor, blobs: BlobStore, filing_id: UUID, number: str, *, name: str, party: str, picture: bytes
) -> Signable:
    """Put on record that somebody signed a document on the glass of a phone.

    Raises:
        ForbiddenError, NotFoundError: as for ``document_under``.
        RefusedError: this name has signed it before.
        InputError: the picture is none.
    """
    found = document_under(work, actor, filing_id, number)
    one = found.document
    if any(each.name == name for each in found.signed):
        raise RefusedError(field="name", problem="has signed it already", fix="Nothing is to be done.")
    sha256 = casework.bring_under(work, actor, filing_id, one.site_id, blobs=blobs, picture=picture)
    words = (
        f"签收《{one.title}》{one.number}（PDF SHA-256 {one.sha256[:16]}…）：{'，'.join(filter(None, (party, name)))}"
    )
    casework.say_under(work, actor, filing_id, one.site_id, words=words, pictures=[sha256])
    details = {"number": one.number, "sha256": one.sha256, "name": name, "party": party, "picture": sha256}
    people.record(work, actor, SIGNED, ("document", one.id), details)
    return Signable(one, _signed(work, one))
