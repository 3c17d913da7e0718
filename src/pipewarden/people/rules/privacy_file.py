"""Reading ``policy/privacy``: too few days, a grid under 100 m, a mask that paints less are refused."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipewarden.kit.errors import InputError
from pipewarden.people.facts.privacy import DataClass, Keep, MaskRules, PrivacyPolicy, Purpose, PurposeText

LEAST_GRID_M = 100.0  # safety.md T5
# floors that no file may go under, in days: (elsewhere, at key sites)
FLOORS = {
    DataClass.LOOKS: (30, 90),  # 公共安全视频图像信息系统管理条例 第十七条; 反恐怖主义法 第三十二条
    DataClass.SENT: (30, 90),
    DataClass.INDOOR: (30, 30),
    DataClass.TRACKS: (0, 0),
    DataClass.LOGS: (184, 184),  # 网络安全法 第二十三条第三项: six months are never more than 184 days
    DataClass.EVIDENCE: (1095, 1095),
    DataClass.REPORTS: (30, 30),
    DataClass.WORK: (30, 30),
    DataClass.MONTHLY: (365, 365),
}
_Days = Annotated[int, Field(ge=0, le=36500)]
_Share = Annotated[float, Field(ge=0, le=1)]
_Said = Annotated[str, Field(min_length=2, max_length=300)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class _Mask(_Strict):
    # a higher score paints less: the measured miss rates stand for these numbers, so a file may only paint more
    face: Annotated[float, Field(gt=0, le=0.25)]
    person: Annotated[float, Field(gt=0, le=0.2)]
    vehicle: Annotated[float, Field(gt=0, le=0.2)]
    head: Annotated[float, Field(ge=0.3, le=1)]
    plate: Annotated[float, Field(ge=0, le=0.45)]
    margin: Annotated[float, Field(ge=0.25, le=1)]
    source: _Said


class _Grid(_Strict):
    metres: Annotated[float, Field(ge=LEAST_GRID_M, le=5000)]
    source: _Said


class _Keep(_Strict):
    zh: _Said
    en: _Said
    counts_from: Annotated[Literal["taken", "received", "ended"], Field(alias="from")]
    least: _Days
    key: _Days
    kept: _Days
    kept_key: _Days
    most: _Days
    source: _Said


class _Forever(_Strict):
    name: _Said
    zh: _Said
    en: _Said
    source: _Said


class _Purpose(_Strict):
    version: Annotated[int, Field(ge=1)]
    zh: _Said
    en: _Said
    source: _Said


class _File(_Strict):
    version: _Said
    since: date
    mask: _Mask
    grid: _Grid
    retention: dict[DataClass, _Keep]
    forever: list[_Forever]
    purposes: dict[Purpose, _Purpose]


def read_privacy(text: str, name: str) -> PrivacyPolicy:
    """Return the policy of a file.

    Args:
        text: YAML.
        name: of the file, for errors.

    Raises:
        InputError: a key is misspelt or missing, a class or purpose is not told of, or a number is under its floor.
    """
    try:
        given = _File.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise InputError(field=name, problem=f"is no YAML ({error})", fix="Correct the file.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(field=f"{name}: {where}", problem=first["msg"], fix="Correct the file.") from error
    for kind, told in ((DataClass, given.retention), (Purpose, given.purposes)):
        if missing := [one.value for one in kind if one not in told]:
            raise InputError(field=name, problem=f"says nothing of {', '.join(missing)}", fix="Add what is missing.")
    return PrivacyPolicy(
        version=given.version,
        since=given.since,
        mask=MaskRules(**given.mask.model_dump()),
        grid_m=given.grid.metres,
        keeps={cls: _keep(cls, one, f"{name}: retention.{cls}") for cls, one in given.retention.items()},
        forever=tuple(one.name for one in given.forever),
        purposes={purpose: PurposeText(purpose=purpose, **one.model_dump()) for purpose, one in given.purposes.items()},
    )


def _keep(cls: DataClass, one: _Keep, where: str) -> Keep:
    floor, key_floor = FLOORS[cls]
    for key, value, least in (
        ("least", one.least, floor),
        ("key", one.key, key_floor),
        ("kept", one.kept, one.least),
        ("kept_key", one.kept_key, max(one.key, one.kept)),
        ("most", one.most, one.kept_key),
    ):
        if value < least:
            problem = f"{value} days are fewer than {least}"
            raise InputError(field=f"{where}.{key}", problem=problem, fix=f"Give {least} or more.")
    return Keep(name=cls, **one.model_dump())
