"""Reading ``policy/strike``: radius, calls and tasks of a strike, from which day; a slip is told by its key."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipewarden.casework.facts.strike import Gas, NumberKind
from pipewarden.kit.written import checked
from pipewarden.network.facts import PressureClass
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

REPORTER = "reporter"
_Words = Annotated[str, Field(min_length=2, max_length=300)]
_Basis = Annotated[str, Field(min_length=5)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Pair(_Strict):
    """The same in Chinese and English."""

    zh: _Words
    en: _Words


class Metres(_Strict):
    """A distance and what it rests on."""

    m: Annotated[float, Field(ge=1, le=5000)]
    basis: _Basis


class Factor(_Strict):
    """A factor and what it rests on."""

    factor: Annotated[float, Field(ge=0.5, le=5)]
    basis: _Basis


class Potential(_Strict):
    """Potential impact radius: ``factor`` x sqrt(MPa x mm²) metres, at the top of the class."""

    factor: Annotated[float, Field(gt=0, le=1)]
    basis: _Basis
    top_mpa: dict[PressureClass, Annotated[float, Field(gt=0, le=20)]]
    long_distance_mpa: Annotated[float, Field(gt=0, le=20)]


class RadiusRules(_Strict):
    """Every number of the radius."""

    round_to_m: Annotated[float, Field(ge=1, le=100)]
    least: Metres
    by_class: dict[PressureClass, Metres]
    long_distance: Metres
    potential: Potential
    by_gas: dict[Gas, Factor]

    @model_validator(mode="after")
    def _whole(self) -> RadiusRules:
        if set(self.by_class) != set(PressureClass) or set(self.by_gas) != set(Gas):
            raise ValueError("needs every pressure class and every gas")
        return self


class CallRule(_Strict):
    """One line of the call sheet."""

    key: Annotated[str, Field(pattern=r"^[a-z_]{2,30}$")]
    zh: _Words
    en: _Words
    number: Annotated[str | None, Field(pattern=r"^\d{3}$")] = None
    contact: NumberKind | None = None
    who: Role | Literal["reporter"]
    words_zh: _Words
    words_en: _Words
    basis: _Basis

    @model_validator(mode="after")
    def _one_number(self) -> CallRule:
        if (self.number is None) == (self.contact is None):
            raise ValueError("needs a number that is the same everywhere, or names a contact of the tenant")
        return self


class TaskRule(_Strict):
    """One line of the task board; ``each`` makes one of it for each valve, or names what it is about."""

    key: Annotated[str, Field(pattern=r"^[a-z_]{2,30}$")]
    zh: _Words
    en: _Words
    role: Role
    each: Literal["closing", "area"] | None = None
    basis: _Basis


class _InForce(_Strict):
    begins: Annotated[date, Field(alias="from")]
    ends: Annotated[date | None, Field(alias="to")] = None


class StrikePolicy(_Strict):
    """One version of the policy."""

    version: str
    effective: _InForce
    source: _Basis
    commander: Pair
    radius: RadiusRules
    roles_told: Annotated[list[Role], Field(min_length=1)]
    calls: Annotated[list[CallRule], Field(min_length=1)]
    tasks: Annotated[list[TaskRule], Field(min_length=1)]
    remarks: dict[str, Pair]

    @model_validator(mode="after")
    def _keys_once(self) -> StrikePolicy:
        for keys in ([one.key for one in self.calls], [one.key for one in self.tasks]):
            if len(set(keys)) < len(keys):
                raise ValueError("a key stands there twice")
        return self


def read_strike_policy(body: object, name: str) -> StrikePolicy:
    """Return a version of the policy.

    Raises:
        InputError: a key is missing, unknown or of a wrong kind.
    """
    return checked(StrikePolicy, body, name)


def policy_at(policies: Sequence[StrikePolicy], at: datetime) -> StrikePolicy:
    """Return the version in force on a day, the newest where several are; before the first, the first.

    A strike is never without a radius: on a day that no version speaks of the nearest one holds.
    """
    day = at.date()
    known = sorted(policies, key=lambda one: one.effective.begins)
    held = [
        one
        for one in known
        if one.effective.begins <= day and (one.effective.ends is None or day <= one.effective.ends)
    ]
    past = [one for one in known if one.effective.begins <= day]
    return held[-1] if held else past[-1] if past else known[0]
