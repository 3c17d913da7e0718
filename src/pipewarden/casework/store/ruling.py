"""A tenant's own versions of policies: rows, one of a kind active at most; what rules is read once a transaction."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Index, Text, UniqueConstraint, func, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from pipewarden.casework.facts import PolicyKind, PolicyVersion, Previewed, VersionState
from pipewarden.kit import facts_log
from pipewarden.kit.db import Base

if TYPE_CHECKING:
    from pipewarden.kit.work import Work

_PREVIEWED: TypeAdapter[Previewed] = TypeAdapter(Previewed)
_ACTIVE = VersionState.ACTIVE.value


class PolicyVersionRow(Base):
    """One version of a tenant's own."""

    __tablename__ = "casework_policy_versions"
    __table_args__ = (
        UniqueConstraint("tenant_id", "kind", "version"),
        Index(
            "uq_casework_policy_versions_active",
            "tenant_id",
            "kind",
            unique=True,
            postgresql_where=text(f"state = '{_ACTIVE}'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(Text)
    version: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    base: Mapped[str] = mapped_column(Text)
    base_sha256: Mapped[str] = mapped_column(Text)
    why: Mapped[str] = mapped_column(Text)
    made_by: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(Text)
    previewed: Mapped[dict[str, object] | None] = mapped_column(JSONB(none_as_null=True))
    activated_by: Mapped[str | None] = mapped_column(Text)
    activated_at: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]
    replaced: Mapped[UUID | None]


def lock(work: Work, kind: PolicyKind) -> None:
    """Wait until nobody else changes the tenant's versions of a kind; held to the end of the transaction."""
    key = facts_log.lock_key("casework.policy", f"{work.tenant_id}/{kind}")
    work.session.execute(select(func.pg_advisory_xact_lock(key)))
    work.session.info.pop(_key(work), None)  # what was read before may have changed meanwhile


def save(work: Work, version: PolicyVersion) -> None:
    """Write a version as it stands; the text of one that is there is never written again."""
    row = work.session.get(PolicyVersionRow, version.id)
    values = asdict(version) | {"kind": version.kind.value, "state": version.state.value}
    values["previewed"] = None if version.previewed is None else _PREVIEWED.dump_python(version.previewed, mode="json")
    if row is None:
        work.session.add(PolicyVersionRow(**values))
    else:
        for name in ("state", "previewed", "activated_by", "activated_at", "retired_at", "replaced"):
            setattr(row, name, values[name])
    work.session.flush()
    work.session.info.pop(_key(work), None)


def forget(work: Work, gone: PolicyVersion) -> None:
    """Let no version lead back to one that was taken back: those that replaced one another in turn are a ring."""
    work.session.execute(
        update(PolicyVersionRow)
        .where(PolicyVersionRow.tenant_id == work.tenant_id, PolicyVersionRow.replaced == gone.id)
        .values(replaced=None)
    )


def ruling(work: Work, kind: PolicyKind) -> PolicyVersion | None:
    """Return the version of the tenant's own that rules; None where the shipped file does.

    All kinds are read by one statement, once a transaction.
    """
    known: dict[str, PolicyVersion] | None = work.session.info.get(_key(work))
    if known is None:
        rows = work.session.scalars(
            select(PolicyVersionRow).where(
                PolicyVersionRow.tenant_id == work.tenant_id, PolicyVersionRow.state == _ACTIVE
            )
        )
        known = work.session.info[_key(work)] = {row.kind: _version(row) for row in rows}
    return known.get(kind.value)


def named(work: Work, kind: PolicyKind, version: str) -> PolicyVersion | None:
    """Return the tenant's version of a name."""
    return _one(work, kind, PolicyVersionRow.version == version)


def of_text(work: Work, kind: PolicyKind, sha256: str) -> PolicyVersion | None:
    """Return the tenant's version of exactly a text."""
    return _one(work, kind, PolicyVersionRow.sha256 == sha256)


def by_id(work: Work, kind: PolicyKind, version_id: UUID) -> PolicyVersion | None:
    """Return the tenant's version of an id."""
    return _one(work, kind, PolicyVersionRow.id == version_id)


def versions(work: Work, kind: PolicyKind, *, limit: int) -> list[PolicyVersion]:
    """Return the tenant's versions, newest first."""
    rows = work.session.scalars(
        select(PolicyVersionRow)
        .where(PolicyVersionRow.tenant_id == work.tenant_id, PolicyVersionRow.kind == kind.value)
        .order_by(PolicyVersionRow.id.desc())
        .limit(limit)
    )
    return [_version(row) for row in rows]


def _one(work: Work, kind: PolicyKind, condition: object) -> PolicyVersion | None:
    row = work.session.scalar(
        select(PolicyVersionRow)
        .where(PolicyVersionRow.tenant_id == work.tenant_id, PolicyVersionRow.kind == kind.value, condition)  # type: ignore[arg-type]
        .limit(1)
        .execution_options(populate_existing=True)
    )
    return None if row is None else _version(row)


def _key(work: Work) -> tuple[str, UUID]:
    return "casework.ruling", work.tenant_id


def _version(row: PolicyVersionRow) -> PolicyVersion:
    return PolicyVersion(
        id=row.id,
        tenant_id=row.tenant_id,
        kind=PolicyKind(row.kind),
        version=row.version,
        text=row.text,
        sha256=row.sha256,
        base=row.base,
        base_sha256=row.base_sha256,
        why=row.why,
        made_by=row.made_by,
        made_at=row.made_at,
        state=VersionState(row.state),
        previewed=None if row.previewed is None else _PREVIEWED.validate_python(row.previewed),
        activated_by=row.activated_by,
        activated_at=row.activated_at,
        retired_at=row.retired_at,
        replaced=row.replaced,
    )
