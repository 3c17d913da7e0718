"""The risk of a site over HTTP: score, level, and every factor with its share."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, Field

if TYPE_CHECKING:
    from pipewarden.casework.facts import Risk, RiskPolicy


class RiskFactorOut(BaseModel):
    """One factor of the risk."""

    factor: str
    value: Annotated[str, Field(description="`unknown` where it is not known, which never counts as the mildest.")]
    weight: Annotated[float, Field(description="Of `works` points, of any other factor what multiplies them.")]
    points: Annotated[float, Field(description="What it adds to the score; all together are the score.")]
    zh: str
    en: str
    source: Annotated[str, Field(description="Where the weight is proposed; none is law.")]


class RiskOut(BaseModel):
    """The risk of the site as it stands. It orders attention; calls follow the zone and the site's own level."""

    version: Annotated[str, Field(description="Of the weights.")]
    since: Annotated[date, Field(description="The weights hold from this day on.")]
    score: float
    scored: Annotated[int, Field(description="Level of the score alone, 1 (danger) to 4.")]
    floor: Annotated[int, Field(description="Level of the zone and of the site on file: the risk is never milder.")]
    level: Annotated[int, Field(description="The graver of both.")]
    factors: list[RiskFactorOut]


def risk_out(policy: RiskPolicy, found: Risk) -> RiskOut:
    """Return a risk as it is answered."""
    return RiskOut(
        version=found.version,
        since=policy.since,
        score=found.score,
        scored=found.scored,
        floor=found.floor,
        level=found.level,
        factors=[RiskFactorOut.model_validate(one, from_attributes=True) for one in found.factors],
    )
