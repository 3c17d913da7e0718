"""A tenant's own templates: data checked against the kind, one more version each time, looked at before they count."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipewarden.act import store
from pipewarden.act.facts import OwnTemplate
from pipewarden.act.rules.documents import compose, issue_day, read_template, sample
from pipewarden.act.store import DocumentTemplateRow
from pipewarden.act.store.paper_tables import TEMPLATES
from pipewarden.people import service as people
from pipewarden.people.facts import ScopedRow

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pipewarden.act.facts import DocumentKind, KindSpec, Sheet, Signature, Template
    from pipewarden.act.ports import Press
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

SAMPLE = "样例"
_MOST = 500


def in_force(work: Work, spec: KindSpec) -> Template:
    """Return the template that a kind is laid out by now: the tenant's newest, else the shipped one."""
    own = store.papers.templates(
        work, DocumentTemplateRow.tenant_id == work.tenant_id, DocumentTemplateRow.kind == spec.kind.value, limit=1
    )
    shipped = replace(spec.template, version=f"shipped {spec.template.version}")
    return next((one.template for one in own if one.template is not None), shipped)


def kinds(work: Work, actor: Actor) -> list[tuple[KindSpec, Template]]:
    """Return every kind with the template in force.

    Raises:
        ForbiddenError: the actor reads no policy.
    """
    people.require(actor, "policy:read")
    return [(spec, in_force(work, spec)) for spec in store.shipped_kinds().values()]


def own_templates(work: Work, actor: Actor, kind: DocumentKind | None = None) -> list[OwnTemplate]:
    """Return the tenant's own templates, by kind, the newest version first.

    Raises:
        ForbiddenError: the actor reads no policy.
    """
    seen = people.scope_filter(actor, "policy:read", TEMPLATES)
    mine = [seen, DocumentTemplateRow.tenant_id == work.tenant_id]
    return store.papers.templates(
        work, *mine, *([] if kind is None else [DocumentTemplateRow.kind == kind.value]), limit=_MOST
    )


def add_template(work: Work, actor: Actor, kind: DocumentKind, body: object | None, note: str) -> OwnTemplate:
    """Write one more version of a tenant's template; it counts for what is issued from then on.

    Args:
        work: the transaction.
        actor: who may edit the tenant's policy.
        kind: of document.
        body: as the shipped files have it under ``template``; None goes back to the shipped one.
        note: why.

    Raises:
        ForbiddenError, NotFoundError: the actor must not.
        InputError: the template cannot be, or leaves out what the paper must say.
    """
    people.require_row(actor, "policy:edit", ScopedRow(work.tenant_id), "template")
    spec = store.shipped_kinds()[kind]
    store.papers.lock_templates(work)
    before = store.papers.templates(
        work, DocumentTemplateRow.tenant_id == work.tenant_id, DocumentTemplateRow.kind == kind.value, limit=1
    )
    number = 1 + next((one.number for one in before), 0)
    made = OwnTemplate(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        kind=kind,
        number=number,
        template=None if body is None else read_template(body, spec, f"own {number}"),
        note=note,
        made_at=work.now(),
        made_by=actor.id,
    )
    store.papers.add_template(work, made)
    details = {"kind": kind.value, "number": number, "note": note}
    people.record(work, actor, "document_template.added", ("document_template", made.id), details)
    return made


def preview(work: Work, actor: Actor, press: Press, kind: DocumentKind, body: object | None) -> bytes:
    """Return a made-up document by a template that is not in force yet, marked as a sample on every page.

    Raises:
        ForbiddenError: the actor reads no policy.
        InputError: as for ``add_template``.
    """
    people.require(actor, "policy:read")
    spec = store.shipped_kinds()[kind]
    return press.pdf(sample_sheet(spec, work.now(), body), {}, work.now())


@dataclass(frozen=True, slots=True)
class Given:
    """What a sample is to say instead of what is made up; ``clauses`` None takes the kind's own."""

    fields: dict[str, str]
    rows: dict[str, tuple[tuple[str, ...], ...]]
    clauses: tuple[str, ...] | None
    signatures: tuple[Signature, ...]
    refused: bool
    witness: str


def shipped() -> Mapping[DocumentKind, KindSpec]:
    """Return every kind with the template that ships with it."""
    return store.shipped_kinds()


def sample_sheet(spec: KindSpec, at: datetime, body: object | None = None, given: Given | None = None) -> Sheet:
    """Return a sheet that says on every page that it is a sample.

    Args:
        spec: its kind.
        at: its day.
        body: a tenant's own template; None for the shipped one.
        given: what it says; None for what is made up.

    Raises:
        InputError: the template cannot be.
    """
    template = spec.template if body is None else read_template(body, spec, "preview")
    data = sample(spec, store.shipped_samples(), store.shipped_law())
    if given is not None:
        data = replace(
            data,
            fields=given.fields,
            rows=given.rows,
            clauses=data.clauses if given.clauses is None else given.clauses,
            signatures=given.signatures,
            refused=given.refused,
            witness=given.witness,
        )
    return compose(
        spec,
        template,
        data,
        issuer=data.fields.get("issuer", SAMPLE),
        number=f"{spec.prefix}-{SAMPLE}",
        day=issue_day(spec, at),
        by=data.fields.get("by", SAMPLE),
        mark=SAMPLE,
    )
