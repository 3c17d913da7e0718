"""The nightly answers to whether everybody on duty can be reached."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from pipewarden.act.facts import Missing, Reach, WhyNot
from pipewarden.act.store.tables import ReachRow

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from pipewarden.kit.work import Work


def add(work: Work, found: Reach) -> None:
    """Write one answer."""
    work.session.execute(
        insert(ReachRow).values(
            id=found.id,
            tenant_id=work.tenant_id,
            at=found.at,
            until=found.until,
            persons=found.persons,
            missing=[
                {
                    "person_id": str(one.person_id),
                    "name": one.name,
                    "role": one.role,
                    "area_id": str(one.area_id),
                    "begins_at": one.begins_at.isoformat(),
                    "why": one.why.value,
                }
                for one in found.missing
            ],
        )
    )


def latest(work: Work, *conditions: ColumnElement[bool]) -> Reach | None:
    """Return the newest answer, or None before the first night."""
    row = work.session.execute(
        select(ReachRow.id, ReachRow.at, ReachRow.until, ReachRow.persons, ReachRow.missing)
        .where(ReachRow.tenant_id == work.tenant_id, *conditions)
        .order_by(ReachRow.id.desc())
        .limit(1)
    ).first()
    return (
        None if row is None else Reach(row.id, row.at, row.until, row.persons, tuple(_missing(m) for m in row.missing))
    )


def _missing(said: Any) -> Missing:
    return Missing(
        person_id=UUID(said["person_id"]),
        name=said["name"],
        role=said["role"],
        area_id=UUID(said["area_id"]),
        begins_at=datetime.fromisoformat(said["begins_at"]),
        why=WhyNot(said["why"]),
    )
