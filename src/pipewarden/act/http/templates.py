"""Kinds of documents and a tenant's own templates over HTTP: data that is checked, looked at, then in force."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal
from uuid import UUID

from fastapi import Depends, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from pipewarden.act import service
from pipewarden.act.facts import DocumentKind, Need
from pipewarden.act.http.documents import binary, desk_of
from pipewarden.kit.web import Asked, Clean, Sentence, WorkHere, actor_of, router
from pipewarden.people import service as people
from pipewarden.people.facts import Actor

if TYPE_CHECKING:
    from pipewarden.act.facts import OwnTemplate, Template

routes = router(tags=["documents"])
ActorHere = Annotated[Actor, Depends(actor_of)]
Line = Annotated[str, Field(max_length=1000), Clean]
_PDF = "application/pdf"


class BlockBody(Asked):
    """One part of a template; `{key}` stands for a field, nothing else is read."""

    type: Literal["heading", "text", "list", "facts", "grid", "signatures"]
    text: Line = ""
    lines: Annotated[list[Line], Field(max_length=30, default_factory=list)]
    cells: Annotated[list[Annotated[list[Line], Field(max_length=4)]], Field(max_length=40, default_factory=list)]
    rows: Annotated[str, Field(max_length=40, description="Key of the table that a grid shows."), Clean] = ""
    parties: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=40), Clean]], Field(max_length=8, default_factory=list)
    ]


class TemplateBody(Asked):
    """How a kind is laid out: data only."""

    title: Annotated[str, Field(min_length=1, max_length=60), Clean]
    letter: Annotated[bool, Field(description="With a letterhead and a recipient; else a form.")]
    seal: Annotated[bool, Field(description="Whether a place for the seal is left.")]
    recipient: Annotated[str, Field(max_length=200), Clean] = ""
    blocks: Annotated[list[BlockBody], Field(min_length=1, max_length=60)]


class FieldOut(BaseModel):
    """One field of a kind."""

    key: str
    zh: str
    need: Annotated[Need, Field(description="What happens where nobody knows it.")]
    columns: list[str]


class KindOut(BaseModel):
    """One kind of document."""

    kind: DocumentKind
    title: str
    prefix: Annotated[str, Field(description="Of its numbers.")]
    decides: Annotated[bool, Field(description="Only who decides at a site may issue it.")]
    fields: list[FieldOut]
    template: TemplateBody
    version: Annotated[str, Field(description="Whose template is in force, and which version.")]


class KindPage(BaseModel):
    """Every kind, with the template in force."""

    items: list[KindOut]


class TemplateIn(Asked):
    """A tenant's own template; none goes back to the shipped one."""

    kind: DocumentKind
    template: TemplateBody | None
    note: Sentence


class PreviewIn(Asked):
    """A template to be looked at; none shows the shipped one."""

    kind: DocumentKind
    template: TemplateBody | None = None


class TemplateOut(BaseModel):
    """One version of a tenant's own template."""

    id: UUID
    kind: DocumentKind
    number: int
    template: TemplateBody | None
    note: str
    made_at: datetime
    made_by: str | None


class TemplatePage(BaseModel):
    """A tenant's own templates, the newest version of each kind first."""

    items: list[TemplateOut]


class TemplateQuery(Asked):
    """Which templates are asked for."""

    kind: DocumentKind | None = None


@routes.get("/document-kinds")
def list_document_kinds(work: WorkHere, actor: ActorHere) -> KindPage:
    """List the kinds of documents: their fields, and the template in force for your tenant."""
    return KindPage(
        items=[
            KindOut(
                kind=spec.kind,
                title=spec.title,
                prefix=spec.prefix,
                decides=spec.decides,
                fields=[
                    FieldOut(key=one.key, zh=one.zh, need=one.need, columns=list(one.columns)) for one in spec.fields
                ],
                template=_body(template),
                version=template.version,
            )
            for spec, template in service.kinds(work, actor)
        ]
    )


@routes.get("/document-templates")
def list_document_templates(work: WorkHere, actor: ActorHere, query: Annotated[TemplateQuery, Query()]) -> TemplatePage:
    """List your tenant's own templates, every version."""
    found = service.own_templates(work, actor, query.kind)
    return TemplatePage(items=_out(work, found))


@routes.post("/document-templates", status_code=201)
def add_document_template(work: WorkHere, actor: ActorHere, asked: TemplateIn) -> TemplateOut:
    """Put a template into force for what is issued from now on; what was issued stays as it is."""
    body = None if asked.template is None else asked.template.model_dump()
    return _out(work, [service.add_template(work, actor, asked.kind, body, asked.note)])[0]


@routes.post("/document-templates/preview", response_class=Response, responses=binary(_PDF))
def preview_document_template(work: WorkHere, actor: ActorHere, request: Request, asked: PreviewIn) -> Response:
    """Return a made-up document by a template, marked 样例 on every page; nothing is kept."""
    body = None if asked.template is None else asked.template.model_dump()
    made = service.preview(work, actor, desk_of(request).press, asked.kind, body)
    return Response(made, media_type=_PDF, headers={"Cache-Control": "no-store"})


def _out(work: WorkHere, found: list[OwnTemplate]) -> list[TemplateOut]:
    names = people.person_names(work, [one.made_by for one in found])
    return [
        TemplateOut(
            id=one.id,
            kind=one.kind,
            number=one.number,
            template=None if one.template is None else _body(one.template),
            note=one.note,
            made_at=one.made_at,
            made_by=names.get(one.made_by),
        )
        for one in found
    ]


def _body(template: Template) -> TemplateBody:
    said = asdict(template)
    said.pop("version")
    return TemplateBody.model_validate(said)
