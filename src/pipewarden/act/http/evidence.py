"""Evidence packs over HTTP, and the public key by which anybody checks one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID  # noqa: TC003  FastAPI reads the types of its routes

from fastapi import Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from pipewarden.act import service
from pipewarden.kit.web import ReasonHere, WorkHere, actor_of, router
from pipewarden.people.facts import Actor

if TYPE_CHECKING:
    from pipewarden.act.service import Bench

routes = router(tags=["evidence"])
key_routes = router(tags=["evidence"], anonymous=True)
ActorHere = Annotated[Actor, Depends(actor_of)]
_ZIP: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}
}
_PDF: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}
}


class KeyOut(BaseModel):
    """The key by which this house signs."""

    algorithm: str = "Ed25519"
    public: Annotated[str, Field(description="Raw public key, hex.")]
    fingerprint: Annotated[str, Field(description="Its SHA-256, hex: what `pipewarden evidence verify --key` takes.")]


def bench_of(request: Request) -> Bench:
    """Return what packs are made with here."""
    bench: Bench = request.app.state.bench
    return bench


@routes.post("/sites/{site_id}/evidence-pack", response_class=Response, responses=_ZIP)
def make_evidence_pack(
    work: WorkHere, actor: ActorHere, request: Request, site_id: UUID, reason: ReasonHere
) -> Response:
    """Return everything on record about a site as one signed ZIP; who took it is written down.

    It holds timeline, pictures drawn anew, map, violations with clause and penalty, rules, filing, a page to read
    them (`index.html`) and the same on paper (`evidence.pdf`). `pipewarden evidence verify` proves offline that nothing
    of it has changed.
    """
    made = service.evidence_pack(work, actor, site_id, bench_of(request), reason)
    return _file(made.pack, f"evidence-{site_id}.zip", "application/zip")


@routes.post("/sites/{site_id}/evidence-pack.pdf", response_class=Response, responses=_PDF)
def make_evidence_paper(
    work: WorkHere, actor: ActorHere, request: Request, site_id: UUID, reason: ReasonHere
) -> Response:
    """Return the paper of a site's evidence pack alone (PDF/A-2b); written down as the pack is.

    It cannot be proved by itself: the signed ZIP holds it with its SHA-256.
    """
    made = service.evidence_pack(work, actor, site_id, bench_of(request), reason)
    return _file(made.pdf, f"evidence-{site_id}.pdf", "application/pdf")


def _file(content: bytes, name: str, media: str) -> Response:
    headers = {"Content-Disposition": f"attachment; filename={name}", "Cache-Control": "no-store"}
    return Response(content, media_type=media, headers=headers)


@key_routes.get("/signing-key")
def get_signing_key(request: Request) -> KeyOut:
    """Return the public key of this house; asks nobody who they are."""
    public = bench_of(request).signer.public
    return KeyOut(public=public.hex(), fingerprint=service.fingerprint(public))
