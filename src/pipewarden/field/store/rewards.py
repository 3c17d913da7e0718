"""Every query on wishes for a reward."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from pipewarden.field.facts.reports import Reward
from pipewarden.field.store.report_tables import RewardRow

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from pipewarden.kit.work import Work


def add(work: Work, reward: Reward) -> bool:
    """Write a wish; return whether its key was free: another one of it is never written."""
    values = {name: getattr(reward, name) for name in Reward.__slots__}
    made = insert(RewardRow).values(**values).on_conflict_do_nothing(index_elements=["key"]).returning(RewardRow.id)
    return work.session.scalar(made) is not None


def of_report(work: Work, report_id: UUID) -> Reward | None:
    """Return the wish for a report of the tenant."""
    row = work.session.scalar(
        select(RewardRow).where(RewardRow.tenant_id == work.tenant_id, RewardRow.report_id == report_id)
    )
    return None if row is None else _reward(row)


def rewarded(work: Work, report_ids: Collection[UUID]) -> set[UUID]:
    """Return those of the tenant's reports for which a wish was made, for whatever site."""
    mine = (RewardRow.tenant_id == work.tenant_id, RewardRow.report_id.in_(set(report_ids)))
    return set(work.session.scalars(select(RewardRow.report_id).where(*mine)))


def of_site(work: Work, site_id: UUID) -> list[Reward]:
    """Return the wishes about a site of the tenant, oldest first."""
    asked = select(RewardRow).where(RewardRow.tenant_id == work.tenant_id, RewardRow.site_id == site_id)
    return [_reward(row) for row in work.session.scalars(asked.order_by(RewardRow.id))]


def by_ids(work: Work, ids: Collection[UUID]) -> list[Reward]:
    """Return wishes of the tenant by id, oldest first."""
    asked = select(RewardRow).where(RewardRow.tenant_id == work.tenant_id, RewardRow.id.in_(set(ids)))
    return [_reward(row) for row in work.session.scalars(asked.order_by(RewardRow.id))]


def _reward(row: RewardRow) -> Reward:
    return Reward(row.id, row.tenant_id, row.key, row.site_id, row.report_id, row.person_id, row.reason, row.at)
