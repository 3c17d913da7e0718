"""Which works somebody near them is told of, and reading ``policy/notices``."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import numpy as np
import shapely
from pydantic import BaseModel, ConfigDict, Field

from pipewarden.casework.facts import FilingState, Method
from pipewarden.casework.facts.notice import NoticePolicy
from pipewarden.casework.rules.filing_life import state_at
from pipewarden.kit.errors import InputError
from pipewarden.kit.geo import near_frame
from pipewarden.kit.written import checked

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from pipewarden.casework.facts import Compound, Filing

ANY = "any"
_TOLD = frozenset({FilingState.FILED, FilingState.ANSWERED, FilingState.VALID})
_TEN = 10


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Words(_Strict):
    zh: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]


class _File(_Strict):
    version: str
    source: str
    beside_m: Annotated[float, Field(ge=0, le=500)]
    around_m: Annotated[float, Field(gt=0, le=1000)]
    ahead: Annotated[timedelta, Field(ge=timedelta(0), le=timedelta(days=90))]
    look_for: dict[str, _Words]


def read_notices(body: object, name: str) -> NoticePolicy:
    """Return the policy that a parsed file holds.

    Raises:
        InputError: a key is wrong, a method is none, or nothing is said for those without one.
    """
    given = checked(_File, body, name)
    unknown = set(given.look_for) - {ANY, *Method}
    if unknown or ANY not in given.look_for:
        raise InputError(field=f"{name}: look_for", problem="names no method, or not `any`", fix="Correct it.")
    words = {key: (one.zh, one.en) for key, one in given.look_for.items()}
    return NoticePolicy(given.version, given.beside_m, given.around_m, given.ahead, words)


def is_told(policy: NoticePolicy, filing: Filing, at: datetime) -> bool:
    """Say whether people beside filed works are told of them now: not over, and not far ahead."""
    return state_at(filing, at) in _TOLD and filing.works.valid_from <= at + policy.ahead


def compound_of(compounds: Collection[Compound], place: tuple[float, float], off_m: float) -> Compound | None:
    """Return the compound that a place lies in, or may by its error: the nearest, then by key."""
    reach = [(metres_to(one.area, place), one.key, one) for one in compounds]
    near = sorted((off, key) for off, key, _ in reach if off <= off_m)
    return next((one for off, key, one in reach if near and (off, key) == near[0]), None)


def metres_to(area: bytes, place: tuple[float, float]) -> float:
    """Return how far a place (lon, lat) lies from a ground (WKB); 0 inside."""
    frame = near_frame(*place)
    ground = shapely.transform(shapely.from_wkb(area), frame.to_metres)
    return float(shapely.distance(ground, shapely.Point(frame.to_metres(np.array([place]))[0])))


def apart_m(one: bytes, other: bytes) -> float:
    """Return how far two grounds (WKB) lie apart in metres; 0 where they touch."""
    first, second = shapely.from_wkb(one), shapely.from_wkb(other)
    middle = shapely.centroid(first)
    frame = near_frame(float(middle.x), float(middle.y))
    return float(shapely.distance(*(shapely.transform(it, frame.to_metres) for it in (first, second))))


def words_for(policy: NoticePolicy, method: str) -> tuple[str, str]:
    """Return what to look for: Chinese, English."""
    return policy.look_for.get(method, policy.look_for[ANY])


def rounded(metres: float) -> int:
    """Return metres to ten."""
    return round(metres / _TEN) * _TEN
