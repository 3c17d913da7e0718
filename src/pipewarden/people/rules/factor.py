"""Who owes a second factor, what a session lacks without it, and what waits for a fresh one: pure decisions."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipewarden.kit.errors import InputError
from pipewarden.people.facts import FactorPolicy, Grant, Lack, Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime


class _Version(BaseModel):
    """One version as written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    effective_from: date
    acts: list[str] = Field(min_length=1)
    roles: list[Role]
    grace_days: int = Field(ge=0, le=30)
    step_up: dict[str, str] = Field(min_length=1)


class _File(BaseModel):
    """The file as written; every key beyond these is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str
    versions: list[_Version] = Field(min_length=1)

    @model_validator(mode="after")
    def _in_order(self) -> _File:
        days = [one.effective_from for one in self.versions]
        if sorted(set(days)) != days:
            raise ValueError("versions: the days do not rise")
        return self


def read_policy(text: str, name: str, known: Iterable[str]) -> tuple[FactorPolicy, ...]:
    """Return the versions of a policy file, oldest first.

    Where:
        known: every permission there is.

    Raises:
        InputError: the file breaks a rule, or names a permission that does not exist; the field names the place.
    """
    try:
        read = _File.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise InputError(field=name, problem=f"is not YAML ({error})", fix="Restore it from the release.") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InputError(
            field=f"{name}:{place}" if place else name, problem=first["msg"], fix="Mend this entry and load it again."
        ) from error
    named = {permission for one in read.versions for permission in one.step_up}
    strange = sorted(named - set(known))
    if strange:
        raise InputError(
            field=f"{name}:step_up", problem=f"{strange[0]!r} is no permission", fix="See policy/roles.yaml."
        )
    return tuple(
        FactorPolicy(
            effective_from=one.effective_from,
            acts=frozenset(one.acts),
            roles=frozenset(one.roles),
            grace=timedelta(days=one.grace_days),
            step_up=dict(one.step_up),
        )
        for one in read.versions
    )


def in_force(versions: Sequence[FactorPolicy], day: date) -> FactorPolicy:
    """Return the version that holds on a day (UTC); before the first one, the first: no day is without a rule."""
    return next((one for one in reversed(versions) if one.effective_from <= day), versions[0])


def owes(policy: FactorPolicy, grants: Iterable[Grant]) -> bool:
    """Return whether somebody with these grants owes a second factor."""
    return any(role_owes(policy, one.role, (one.permission,)) for one in grants)


def role_owes(policy: FactorPolicy, role: Role, permissions: Iterable[str]) -> bool:
    """Return whether a role that permits this owes a second factor; a device has a key and no factor."""
    if role is Role.DEVICE:
        return False
    return role in policy.roles or any(one.split(":")[1] in policy.acts for one in permissions)


def lack_of(
    *,
    confirmed: bool,
    given_at: datetime | None,
    must_change: bool,
    owing: bool,
    enrol_by: datetime | None,
    now: datetime,
) -> Lack | None:
    """Return what a session lacks before its roles count.

    The second factor comes first: else a one-time password in wrong hands would be enough to change it.
    """
    if confirmed and given_at is None:
        return Lack.FACTOR
    if must_change:
        return Lack.PASSWORD
    if owing and not confirmed and enrol_by is not None and now >= enrol_by:
        return Lack.ENROLMENT
    return None


def fresh(given_at: datetime | None, now: datetime, most: timedelta) -> bool:
    """Return whether a second factor was given so lately that grave acts need no new one."""
    return given_at is not None and timedelta(0) <= now - given_at < most


def split(policy: FactorPolicy, grants: Sequence[Grant], *, is_fresh: bool) -> tuple[tuple[Grant, ...], ...]:
    """Return the grants that hold now, and those that wait for a fresh second factor."""
    if is_fresh:
        return tuple(grants), ()
    held = tuple(one for one in grants if one.permission not in policy.step_up)
    return held, tuple(one for one in grants if one.permission in policy.step_up)
