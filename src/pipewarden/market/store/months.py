"""What happened to rewards by calendar month in China."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from pipewarden.ledger.facts import Asset
from pipewarden.market.rules.rewarding import LOCAL
from pipewarden.market.store.tables import RewardEventRow, RewardRow

if TYPE_CHECKING:
    from pipewarden.kit.work import Work


def rewarded(work: Work, kind: str) -> dict[tuple[str, Asset], int]:
    """Return units of the tenant's rewards to which an event of ``kind`` happened, by its month and the asset."""
    month = func.to_char(func.timezone(LOCAL.key, RewardEventRow.at), "YYYY-MM")
    asked = (
        select(month, RewardRow.asset, func.sum(RewardRow.units))
        .join(RewardRow, RewardRow.id == RewardEventRow.reward_id)
        .where(RewardEventRow.tenant_id == work.tenant_id, RewardEventRow.kind == kind)
        .group_by(month, RewardRow.asset)
    )
    return {(name, Asset(asset)): int(units) for name, asset, units in work.session.execute(asked)}
