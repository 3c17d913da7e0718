"""Reading policy/reports: kinds, suggestions, times and paces; a wrong key is named."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipewarden.field.facts.reports import Kind, Near, ReportPolicy
from pipewarden.kit.errors import InputError

_HOTLINE = "{hotline}"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Kind(_Strict):
    kind: str = Field(pattern=r"^[a-z_]{2,30}$")
    zh: str = Field(min_length=1, max_length=30)
    en: str = Field(min_length=1, max_length=60)
    danger: bool = False
    indoor: bool = False


class _Words(_Strict):
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class _Hotline(_Words):
    number: str = Field(pattern=r"^[0-9+ -]{3,20}$")


class _Near(_Strict):
    reach_m: float = Field(gt=0, le=2000)
    half_m: float = Field(gt=0)
    half_days: float = Field(gt=0)
    other_kind: float = Field(gt=0, le=1)
    most: int = Field(ge=1, le=20)
    days: float = Field(gt=0)


class _Place(_Strict):
    most_accuracy_m: float = Field(gt=0)


class _Time(_Strict):
    ahead_s: float = Field(ge=0)
    behind_days: float = Field(gt=0)
    old_picture_h: float = Field(gt=0)
    capture_min: float = Field(gt=0)


class _Pace(_Strict):
    device_hour: int = Field(ge=1)
    network_hour: int = Field(ge=1)
    calls_min: float = Field(gt=0)
    calls_m: float = Field(gt=0)


class _Reward(_Strict):
    kind: str = Field(pattern=r"^[a-z_]{2,30}$")
    source: str


class _File(_Strict):
    version: str
    effective: dict[str, Any]
    source: str = Field(min_length=1)
    kinds: list[_Kind] = Field(min_length=1)
    hotline: _Hotline
    danger: _Words
    near: _Near
    place: _Place
    time: _Time
    pace: _Pace
    reward: _Reward


def read_report_policy(said: object, name: str) -> ReportPolicy:
    """Return the rules that a file holds.

    Raises:
        InputError: a key is wrong; it is named.
    """
    try:
        read = _File.model_validate(said)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(one) for one in first["loc"])
        fix = "Correct the named key of the file."
        raise InputError(field=f"{name}: {where}", problem=str(first["msg"]), fix=fix) from error
    kinds = {one.kind: Kind(one.kind, one.zh, one.en, one.danger, one.indoor) for one in read.kinds}
    if len(kinds) != len(read.kinds):
        raise InputError(field=f"{name}: kinds", problem="names a kind twice", fix="Give each kind once.")
    if not all(_HOTLINE in words for words in (read.danger.zh, read.danger.en)):
        raise InputError(field=f"{name}: danger", problem="names no hotline", fix=f"Write {_HOTLINE} into the words.")
    return ReportPolicy(
        version=read.version,
        kinds=kinds,
        hotline=(read.hotline.zh, read.hotline.en, read.hotline.number),
        danger=(read.danger.zh, read.danger.en),
        near=Near(**read.near.model_dump()),
        most_accuracy_m=read.place.most_accuracy_m,
        ahead_s=read.time.ahead_s,
        behind_days=read.time.behind_days,
        old_picture_h=read.time.old_picture_h,
        capture_min=read.time.capture_min,
        device_hour=read.pace.device_hour,
        network_hour=read.pace.network_hour,
        calls_min=read.pace.calls_min,
        calls_m=read.pace.calls_m,
        reward=read.reward.kind,
    )
