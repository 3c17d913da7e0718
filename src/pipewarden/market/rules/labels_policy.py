"""Reading policy/labelling: dated editions; a wrong key is named."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from pipewarden.kit.errors import InputError
from pipewarden.kit.written import checked
from pipewarden.market.facts.labels import LabelPolicy, Trial

if TYPE_CHECKING:
    from collections.abc import Sequence

_ZONE = ZoneInfo("Asia/Shanghai")
LEAST_GOLD = 0.05  # safety.md T8
Share = Annotated[float, Field(gt=0.0, lt=1.0)]
Count = Annotated[int, Field(ge=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Trial(_Strict):
    good: Share
    bad: Share
    stop_risk: Share
    pass_risk: Share


class _Edition(_Strict):
    version: Annotated[str, Field(pattern=r"^[A-Z]{2}@[0-9]{1,4}$")]
    since: date
    overlap: Count
    overlap_most: Count
    gold: Share
    trial_gold: Share
    gold_least: Annotated[float, Field(ge=LEAST_GOLD, lt=1.0)]
    gold_worn: Count
    draw_within: timedelta
    return_within: timedelta
    sure: Annotated[float, Field(gt=0.5, lt=1.0)]
    hold: timedelta
    day_most: Count
    boxes: Share
    price_band: Share
    trial: _Trial


class _File(_Strict):
    source: Annotated[str, Field(min_length=1)]
    editions: Annotated[tuple[_Edition, ...], Field(min_length=1)]


def read_labelling(said: object, name: str) -> tuple[tuple[datetime, LabelPolicy], ...]:
    """Return when each edition begins and what it says, the first first.

    Raises:
        InputError: a key is wrong or missing, numbers contradict each other, or two editions begin together.
    """
    made = checked(_File, said, name)
    editions = sorted(made.editions, key=lambda one: one.since)
    if len({one.since for one in editions}) < len(editions):
        raise InputError(field=f"{name}: editions", problem="two begin on one day", fix="Let one begin later.")
    for one in editions:
        _check(one, f"{name}: {one.version}")
    return tuple((datetime.combine(one.since, time(), _ZONE), _policy(one)) for one in editions)


def policy_at(editions: Sequence[tuple[datetime, LabelPolicy]], at: datetime) -> LabelPolicy:
    """Return what holds at a moment.

    Raises:
        InputError: the first edition begins later.
    """
    begun = [policy for since, policy in editions if since <= at]
    if not begun:
        raise InputError(field="policy", problem="no edition had begun", fix="Add one that begins earlier.")
    return begun[-1]


def _check(one: _Edition, where: str) -> None:
    if one.overlap_most < one.overlap:
        raise InputError(field=f"{where}.overlap_most", problem="is less than overlap", fix="Raise it.")
    if min(one.gold, one.trial_gold) < one.gold_least:
        raise InputError(field=f"{where}.gold", problem="is less than gold_least", fix="Raise it.")
    if one.trial.bad >= one.trial.good:
        raise InputError(field=f"{where}.trial", problem="a bad person is as often right", fix="Lower bad.")
    if min(one.draw_within, one.return_within) <= timedelta() or one.hold < timedelta():
        raise InputError(field=f"{where}.hold", problem="a time is none", fix="Give ISO 8601 durations above nought.")


def _policy(one: _Edition) -> LabelPolicy:
    plain = {name: getattr(one, name) for name in LabelPolicy.__slots__ if name != "trial"}
    return LabelPolicy(**plain, trial=Trial(**one.trial.model_dump()))
