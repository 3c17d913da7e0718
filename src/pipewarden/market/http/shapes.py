"""What the market's routes take and answer alike: amounts as decimal texts beside whole units, assets, reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, Field

from pipewarden.kit.web import Asked, Clean, Sentence
from pipewarden.ledger.facts import Asset
from pipewarden.market.rules.amounts import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

AmountIn = Annotated[
    str,
    Field(min_length=1, max_length=20, description="Yuan with four decimals at most, or whole points: no float."),
    Clean,
]


class AmountOut(BaseModel):
    """An amount, twice: as people read it and as the book counts it."""

    asset: Asset
    amount: Annotated[str, Field(description="0.1300 of yuan, 50 of points.")]
    units: Annotated[int, Field(description="Of 0.0001 yuan, or points.")]


class BothOut(BaseModel):
    """An amount of each asset."""

    cash: AmountOut
    points: AmountOut


class ReasonIn(Asked):
    """Why."""

    reason: Annotated[Sentence, Field(max_length=500, description="The person reads it.")]


def out(units: int, asset: Asset) -> AmountOut:
    """Return an amount as it is answered."""
    return AmountOut(asset=asset, amount=shown(units, asset), units=units)


def both(sums: Mapping[Asset, int]) -> BothOut:
    """Return an amount of each asset as it is answered."""
    return BothOut(cash=out(sums.get(Asset.CNY, 0), Asset.CNY), points=out(sums.get(Asset.PTS, 0), Asset.PTS))
