"""Every query on documents: the register, its numbers, what was voided, and tenants' own templates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from pipewarden.act.facts import Document, DocumentKind, OwnTemplate, Sheet, Template, Void
from pipewarden.act.store.paper_tables import DocumentNumberRow, DocumentRow, DocumentTemplateRow, DocumentVoidRow

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from pipewarden.kit.work import Work

_SHEET: TypeAdapter[Sheet] = TypeAdapter(Sheet)
_TEMPLATE: TypeAdapter[Template] = TypeAdapter(Template)


def next_place(work: Work, kind: DocumentKind, year: int) -> int:
    """Return the next number of a kind in a year; nobody else gets one of them until the transaction ends."""
    made = insert(DocumentNumberRow).values(tenant_id=work.tenant_id, kind=kind.value, year=year, last=1)
    asked = made.on_conflict_do_update(
        index_elements=["tenant_id", "kind", "year"], set_={"last": DocumentNumberRow.last + 1}
    ).returning(DocumentNumberRow.last)
    return int(work.session.scalars(asked).one())


def add(work: Work, document: Document, sheet: Sheet, *, year: int, place: int, token: str) -> None:
    """Write an issued document."""
    work.session.execute(
        insert(DocumentRow).values(
            id=document.id,
            tenant_id=document.tenant_id,
            site_id=document.site_id,
            kind=document.kind.value,
            year=year,
            place=place,
            number=document.number,
            title=document.title,
            issuer=document.issuer,
            issued_at=document.issued_at,
            issued_by=document.issued_by,
            template=document.template,
            sheet=_SHEET.dump_python(sheet, mode="json"),
            sha256=document.sha256,
            size=document.size,
            token=token,
            about=document.about,
            event_id=document.event_id,
            replaces=document.replaces,
        )
    )


def void(work: Work, document_id: UUID, said: Void) -> bool:
    """Write that a document no longer counts; False where that was said before."""
    made = insert(DocumentVoidRow).values(
        document_id=document_id, tenant_id=work.tenant_id, at=said.at, by=said.by, reason=said.reason
    )
    done = work.session.scalars(made.on_conflict_do_nothing().returning(DocumentVoidRow.document_id)).first()
    return done is not None


def of(work: Work, *conditions: ColumnElement[bool], limit: int | None = None) -> list[Document]:
    """Return the documents that conditions on ``DocumentRow`` pick, the newest first."""
    after = aliased(DocumentRow)
    columns = [column for column in DocumentRow.__table__.columns if column.name not in {"sheet", "token"}]
    rows = work.session.execute(
        select(
            *columns,
            DocumentVoidRow.at,
            DocumentVoidRow.by,
            DocumentVoidRow.reason,
            after.number.label("replaced_by"),
        )
        .outerjoin(DocumentVoidRow, DocumentVoidRow.document_id == DocumentRow.id)
        .outerjoin(after, after.replaces == DocumentRow.id)
        .where(*conditions)
        .order_by(DocumentRow.id.desc())
        .limit(limit)
    )
    return [_document(row) for row in rows]


def _document(row: Any) -> Document:
    return Document(
        id=row.id,
        tenant_id=row.tenant_id,
        site_id=row.site_id,
        kind=DocumentKind(row.kind),
        number=row.number,
        title=row.title,
        issuer=row.issuer,
        issued_at=row.issued_at,
        issued_by=row.issued_by,
        template=row.template,
        sha256=row.sha256,
        size=row.size,
        about=row.about,
        event_id=row.event_id,
        replaces=row.replaces,
        void=None if row.reason is None else Void(row.at, row.by, row.reason),
        replaced_by=row.replaced_by,
    )


def sheet(work: Work, document_id: UUID) -> Sheet:
    """Return what an issued document of the tenant says."""
    said = work.session.scalars(
        select(DocumentRow.sheet).where(DocumentRow.tenant_id == work.tenant_id, DocumentRow.id == document_id)
    ).one()
    return _SHEET.validate_python(said)


def add_template(work: Work, made: OwnTemplate) -> None:
    """Write one more version of a tenant's own template."""
    said = {} if made.template is None else _TEMPLATE.dump_python(made.template, mode="json")
    work.session.execute(
        insert(DocumentTemplateRow).values(
            id=made.id,
            tenant_id=made.tenant_id,
            kind=made.kind.value,
            number=made.number,
            template=said,
            note=made.note,
            made_at=made.made_at,
            made_by=made.made_by,
        )
    )


def lock_templates(work: Work) -> None:
    """Let nobody else count the tenant's templates until the transaction ends."""
    name = f"act.templates:{work.tenant_id}"
    work.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


def templates(work: Work, *conditions: ColumnElement[bool], limit: int | None = None) -> list[OwnTemplate]:
    """Return the versions that conditions on ``DocumentTemplateRow`` pick, the newest first."""
    rows = work.session.scalars(
        select(DocumentTemplateRow)
        .where(*conditions)
        .order_by(DocumentTemplateRow.kind, DocumentTemplateRow.number.desc())
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    return [
        OwnTemplate(
            id=row.id,
            tenant_id=row.tenant_id,
            kind=DocumentKind(row.kind),
            number=row.number,
            template=_TEMPLATE.validate_python(row.template) if row.template else None,
            note=row.note,
            made_at=row.made_at,
            made_by=row.made_by,
        )
        for row in rows
    ]
