"""Reading ``policy/patrol``: a slip is told by its file and key before anything runs on it."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from pipewarden.field.facts.patrols import Pace, PatrolPolicy, TrackLimits
from pipewarden.kit.errors import InputError
from pipewarden.kit.written import checked
from pipewarden.network.facts import PressureClass

_Positive = Annotated[float, Field(gt=0, le=10_000)]
_Said = Annotated[str, Field(min_length=2, max_length=300)]
_Every = Annotated[timedelta, Field(ge=timedelta(hours=1), le=timedelta(days=400))]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class _Pace(_Strict):
    pace: _Said
    up_to_mps: _Positive
    metres: Annotated[float, Field(gt=0, le=100)]
    source: _Said


class _Track(_Strict):
    jump_mps: _Positive
    accuracy_m: _Positive
    agree: Annotated[int, Field(ge=2, le=20)]
    gap_s: _Positive
    gap_m: _Positive
    stand_m: _Positive
    stand_s: _Positive
    leave_m: Annotated[float, Field(ge=0, le=1000)]
    leave_legs: Annotated[int, Field(ge=1, le=50)]
    source: _Said


class _Due(_Strict):
    every: _Every
    source: _Said


class _File(_Strict):
    version: _Said
    since: date
    see: Annotated[list[_Pace], Field(min_length=1, max_length=9)]
    track: _Track
    silent: _Every
    compared: _Every
    due: dict[str, dict[PressureClass, _Due]]


def read_patrol(body: object, name: str) -> PatrolPolicy:
    """Return the policy that a parsed file says.

    Raises:
        InputError: a key is wrong, paces do not grow, ``CN`` or a pressure class has no cycle.
    """
    file = checked(_File, body, name)
    if any(a.up_to_mps >= b.up_to_mps for a, b in pairwise(file.see)):
        raise InputError(field=f"{name}: see", problem="does not grow in speed", fix="Write the slowest first.")
    if "CN" not in file.due:
        raise InputError(field=f"{name}: due", problem="has no CN", fix="Write the cycles that hold everywhere.")
    for place, cycles in file.due.items():
        lacking = sorted(set(PressureClass) - set(cycles))
        if lacking:
            problem = f"has no cycle for {', '.join(lacking)}"
            raise InputError(field=f"{name}: due.{place}", problem=problem, fix="Write one for every class.")
    track = {key: value for key, value in file.track.model_dump().items() if key != "source"}
    return PatrolPolicy(
        version=file.version,
        since=file.since,
        paces=tuple(Pace(one.pace, one.up_to_mps, one.metres) for one in file.see),
        track=TrackLimits(**track),
        due={
            place: {cls: (one.every, one.source) for cls, one in cycles.items()} for place, cycles in file.due.items()
        },
        silent=file.silent,
        compared=file.compared,
    )


def due_of(policy: PatrolPolicy, jurisdiction: str, cls: PressureClass) -> tuple[timedelta, str]:
    """Return how often a metre of a class is to be seen at a place, and who says so; the nearest jurisdiction holds."""
    parts = jurisdiction.split("-")
    for count in range(len(parts), 0, -1):
        cycles = policy.due.get("-".join(parts[:count]))
        if cycles is not None:
            return cycles[cls]
    return policy.due["CN"][cls]
