"""How a broken pipe is cut off: what it is, what is shut, who loses gas by it, and what the answer rests on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID  # noqa: TC003  pydantic reads the types where a strike is stored

from pipewarden.network.facts import Kind, PressureClass, Regime  # noqa: TC001  as above


class Basis(StrEnum):
    """What an answer to "which valves" rests on."""

    ISOLATED = "isolated"  # shut, no gas that the map knows of reaches the break
    SECTION = "section"  # the map has no source: what is shut closes the section around the break on every side
    NEAREST = "nearest"  # the map joins none of them with the pipe: the nearest, and nothing is promised
    NONE = "none"  # the map has neither valve nor station, or no pipe there


@dataclass(frozen=True, slots=True)
class Broken:
    """The pipe that was hit, as the map knows it.

    Attributes:
        distance_m: from the place that was told to the drawn line.
        pressure: in the source's words.
    """

    pipe_id: str
    regime: Regime
    pressure_class: PressureClass
    pressure: str | None
    diameter_mm: float | None
    depth_m: float | None
    material: str | None
    year: int | None
    distance_m: float


@dataclass(frozen=True, slots=True)
class Closing:
    """A valve or station to shut.

    Attributes:
        lon: degrees WGS-84, of the point, or of one inside the fence.
        lat: the same.
        distance_m: from the break, as the crow flies.
    """

    pipe_id: str
    kind: Kind
    lon: float
    lat: float
    distance_m: float


@dataclass(frozen=True, slots=True)
class Isolation:
    """How the break is cut off, and who loses gas by it.

    Attributes:
        broken: the pipe taken to be hit; None where none lies near enough.
        others: further pipes as near as the map can tell apart, by id, nearest first: a person chooses.
        rivals: the same pipes while nobody has said which it is.
        close: what is shut, the nearest first.
        pipes: source ids of what is without gas then, the broken one included.
        metres: of pipe without gas.
        stations: stations without gas, by source id.
        ends: of pipes without gas that lead nowhere else on the map: house connections, as far as it draws them.
        lines: what is without gas, as (lon, lat) lines.
        remarks: codes of what limits the answer; ``policy/strike`` has their words.
        network_version_id: of the map that was read.
    """

    basis: Basis
    broken: Broken | None
    others: tuple[str, ...] = ()
    close: tuple[Closing, ...] = ()
    pipes: tuple[str, ...] = ()
    metres: float = 0.0
    stations: tuple[str, ...] = ()
    ends: int = 0
    lines: tuple[tuple[tuple[float, float], ...], ...] = ()
    remarks: tuple[str, ...] = ()
    network_version_id: UUID | None = None
    rivals: tuple[Broken, ...] = ()
