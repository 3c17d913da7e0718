"""Every query on deliveries and the items that were drawn of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from pipewarden.market.facts.commissions import Delivery, DeliveryState, Sampled
from pipewarden.market.store.commission_tables import DeliveryRow, SampleRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from pipewarden.kit.work import Work

_KEPT = {"id", "tenant_id", "commission_id", "engagement_id", "person_id", "sha256", "at"}


def add(work: Work, one: Delivery) -> bool:
    """Write a delivery; return whether this part had not delivered the same file."""
    made = insert(DeliveryRow).values(**_values(one)).on_conflict_do_nothing().returning(DeliveryRow.id)
    return work.session.scalar(made) is not None


def of_file(work: Work, engagement_id: UUID, sha256: str) -> Delivery | None:
    """Return what a part delivered as this file."""
    mine = (DeliveryRow.engagement_id == engagement_id, DeliveryRow.sha256 == sha256)
    row = work.session.scalar(select(DeliveryRow).where(*mine).execution_options(populate_existing=True))
    return None if row is None else _delivery(row)


def change(work: Work, one: Delivery) -> None:
    """Write a delivery as it is now; who calls holds its commission."""
    values = {name: value for name, value in _values(one).items() if name not in _KEPT}
    work.session.execute(update(DeliveryRow).where(DeliveryRow.id == one.id).values(**values))


def one(work: Work, delivery_id: UUID) -> Delivery | None:
    """Return a delivery of whatever tenant: who calls sees that its part is in reach."""
    asked = select(DeliveryRow).where(DeliveryRow.id == delivery_id)
    row = work.session.scalar(asked.execution_options(populate_existing=True))
    return None if row is None else _delivery(row)


def of_commission(work: Work, commission_id: UUID, engagement_id: UUID | None = None) -> list[Delivery]:
    """Return deliveries of a commission, or of one part of it, the newest first."""
    mine = [] if engagement_id is None else [DeliveryRow.engagement_id == engagement_id]
    asked = select(DeliveryRow).where(DeliveryRow.commission_id == commission_id, *mine)
    rows = work.session.scalars(asked.order_by(DeliveryRow.id.desc()).execution_options(populate_existing=True))
    return [_delivery(row) for row in rows]


def silent(work: Work, since: datetime, *, limit: int) -> list[Delivery]:
    """Return deliveries of the tenant that wait for the client's word since before a moment, the oldest first."""
    waits = (DeliveryRow.state == DeliveryState.SAMPLED.value, DeliveryRow.at <= since)
    asked = select(DeliveryRow).where(DeliveryRow.tenant_id == work.tenant_id, *waits).order_by(DeliveryRow.id)
    rows = work.session.scalars(asked.limit(limit).execution_options(populate_existing=True))
    return [_delivery(row) for row in rows]


def tenants_waiting(work: Work) -> list[UUID]:
    """Return the tenants with a delivery that waits for the client's word."""
    asked = select(DeliveryRow.tenant_id).where(DeliveryRow.state == DeliveryState.SAMPLED.value).distinct()
    return sorted(work.session.scalars(asked))


def draw(work: Work, delivery: Delivery, names: Sequence[str]) -> None:
    """Write which items were drawn."""
    rows = [
        {"delivery_id": delivery.id, "name": name, "tenant_id": delivery.tenant_id, "right": None, "reason": ""}
        for name in names
    ]
    work.session.execute(insert(SampleRow), rows)


def sample(work: Work, delivery_id: UUID) -> list[Sampled]:
    """Return the items that were drawn of a delivery, by name."""
    asked = select(SampleRow).where(SampleRow.delivery_id == delivery_id).order_by(SampleRow.name)
    rows = work.session.scalars(asked.execution_options(populate_existing=True))
    return [Sampled(row.delivery_id, row.name, row.right, row.reason) for row in rows]


def judge(work: Work, given: Sequence[Sampled]) -> None:
    """Write the client's words on drawn items."""
    for each in given:
        mine = (SampleRow.delivery_id == each.delivery_id, SampleRow.name == each.name)
        work.session.execute(update(SampleRow).where(*mine).values(right=each.right, reason=each.reason))


def _values(one: Delivery) -> dict[str, object]:
    values: dict[str, object] = {name: getattr(one, name) for name in Delivery.__slots__}
    return values | {"state": one.state.value, "names": list(one.names)}


def _delivery(row: DeliveryRow) -> Delivery:
    values = {name: getattr(row, name) for name in Delivery.__slots__}
    return Delivery(**values | {"state": DeliveryState(row.state), "names": tuple(row.names)})
