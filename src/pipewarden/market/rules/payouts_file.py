"""Reading policy/payouts, policy/exchange and policy/tax: dated editions; a wrong key is named."""

from __future__ import annotations

from datetime import date, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator

from pipewarden.kit.errors import InputError
from pipewarden.kit.written import checked
from pipewarden.market.facts.payouts import PayoutPolicy
from pipewarden.market.facts.wallet import UNITS_PER_YUAN, Band, Method, Rate, TaxRule

if TYPE_CHECKING:
    from collections.abc import Sequence

_ZONE = "Asia/Shanghai"
Dated = TypeVar("Dated")
Count = Annotated[int, Field(ge=1)]
Version = Annotated[str, Field(pattern=r"^[A-Z]{2}@[0-9]{1,4}$")]
BandIn = tuple[Annotated[int, Field(gt=0)] | None, Annotated[int, Field(ge=0, le=100)], Annotated[int, Field(ge=0)]]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Edition(_Strict):
    version: Version
    since: date


class _Payouts(_Edition):
    zone: str
    least_fen: Annotated[int, Field(ge=10)]
    most_fen: Count
    day_count: Count
    day_fen: Count
    name_from_fen: Count
    no_name_below_fen: Annotated[int, Field(ge=0)]
    confirm_h: Annotated[float, Field(gt=0)]
    payee_wait_h: Annotated[float, Field(ge=0)]
    again_s: Annotated[tuple[Count, ...], Field(min_length=1)]
    confirm_look_s: Count
    create_again_h: Annotated[float, Field(gt=0, le=24)]
    unknown_after_h: Annotated[float, Field(gt=0)]
    query_days: Annotated[int, Field(ge=1, le=30)]

    @field_validator("zone")
    @classmethod
    def _is_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except KeyError as error:
            raise ValueError("is no time zone") from error
        return name


class _PayoutsFile(_Strict):
    source: Annotated[str, Field(min_length=1)]
    editions: Annotated[tuple[_Payouts, ...], Field(min_length=1)]


class _Rate(_Edition):
    per_yuan: Count
    least: Count
    day_most: Count

    @field_validator("per_yuan")
    @classmethod
    def _divides(cls, points: int) -> int:
        if UNITS_PER_YUAN % points:
            raise ValueError("must divide 10000: a point must be a whole number of 0.0001 元")
        return points


class _RateFile(_Strict):
    source: Annotated[str, Field(min_length=1)]
    editions: Annotated[tuple[_Rate, ...], Field(min_length=1)]


class _Monthly(_Strict):
    small_yuan: Count
    small_less_yuan: Count
    less_percent: Annotated[int, Field(ge=0, lt=100)]
    bands: Annotated[tuple[BandIn, ...], Field(min_length=1)]


class _Cumulative(_Strict):
    less_percent: Annotated[int, Field(ge=0, lt=100)]
    month_less_yuan: Count
    bands: Annotated[tuple[BandIn, ...], Field(min_length=1)]


class _Tax(_Edition):
    kind: Annotated[str, Field(pattern=r"^[a-z_]{2,30}$")]
    method: Method
    zone: str
    monthly: _Monthly
    cumulative: _Cumulative


class _TaxFile(_Strict):
    source: Annotated[str, Field(min_length=1)]
    unverified: bool
    editions: Annotated[tuple[_Tax, ...], Field(min_length=1)]


def read_payouts(said: object, name: str) -> list[tuple[datetime, PayoutPolicy]]:
    """Return the editions of policy/payouts with the moments they begin at, oldest first.

    Raises:
        InputError: a key is wrong; it is named.
    """
    read = checked(_PayoutsFile, said, name)
    made = []
    for one in read.editions:
        told = one.model_dump(exclude={"since"}) | {"source": read.source}
        made.append((_midnight(one.since), PayoutPolicy(**told)))
    return _in_order(made, name)


def read_rates(said: object, name: str) -> list[tuple[datetime, Rate]]:
    """Return the rates of policy/exchange, oldest first; each ends where the next begins.

    Raises:
        InputError: a key is wrong; it is named.
    """
    read = checked(_RateFile, said, name)
    found = _in_order([(_midnight(one.since), one) for one in read.editions], name)
    ends = [*(since for since, _ in found[1:]), None]
    return [
        (since, Rate(one.version, read.source, one.per_yuan, one.least, one.day_most, since, until))
        for (since, one), until in zip(found, ends, strict=True)
    ]


def read_tax(said: object, name: str) -> list[tuple[datetime, TaxRule]]:
    """Return the rules of policy/tax, oldest first.

    Raises:
        InputError: a key is wrong; it is named.
    """
    read = checked(_TaxFile, said, name)
    made = []
    for one in read.editions:
        monthly, yearly = one.monthly, one.cumulative
        rule = TaxRule(
            version=one.version,
            source=read.source,
            unverified=read.unverified,
            kind=one.kind,
            method=one.method,
            zone=one.zone,
            small=monthly.small_yuan * UNITS_PER_YUAN,
            small_less=monthly.small_less_yuan * UNITS_PER_YUAN,
            less_percent=monthly.less_percent,
            bands=_bands(monthly.bands, name),
            cumulative_less_percent=yearly.less_percent,
            month_less=yearly.month_less_yuan * UNITS_PER_YUAN,
            year_bands=_bands(yearly.bands, name),
        )
        made.append((_midnight(one.since), rule))
    return _in_order(made, name)


def in_force(editions: Sequence[tuple[datetime, Dated]], now: datetime) -> Dated | None:
    """Return the edition that holds at a moment; None before the first one."""
    held = [one for since, one in editions if since <= now]
    return held[-1] if held else None


def _bands(said: Sequence[BandIn], name: str) -> tuple[Band, ...]:
    made = [
        Band(None if most is None else most * UNITS_PER_YUAN, percent, quick * UNITS_PER_YUAN)
        for most, percent, quick in said
    ]
    tops = [one.most for one in made]
    rising = [top for top in tops if top is not None]
    if tops[-1] is not None or None in tops[:-1] or rising != sorted(set(rising)):
        raise InputError(field=f"{name}: bands", problem="do not rise to one without end", fix="Order them.")
    for low, high in pairwise(made):
        top = low.most or 0
        if top * low.percent - low.quick * 100 != top * high.percent - high.quick * 100:
            raise InputError(field=f"{name}: bands", problem="jump where one ends", fix="Correct the quick deduction.")
    return tuple(made)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(_ZONE))


def _in_order(editions: list[tuple[datetime, Dated]], name: str) -> list[tuple[datetime, Dated]]:
    since = [one for one, _ in editions]
    if since != sorted(set(since)):
        raise InputError(field=f"{name}: editions", problem="are not in order", fix="Write the oldest first.")
    return editions
