"""Where the demo's parts lie and what they are called: cameras, network files, areas, people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class DemoCamera:
    """Where one demo camera's files lie: the folder is a sequence (pictures beside seq.json)."""

    key: str
    folder: Path
    camera_file: Path


@dataclass(frozen=True, slots=True)
class SelfTest:
    """Rendered pictures of a machine that stands still, for the house to test itself with; and their camera."""

    camera_file: Path
    pictures: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class RenderedMachine:
    """The file of a rendered machine without what was around it, and how many pixels a metre has at its foot."""

    picture: Path
    px_per_m: float


@dataclass(frozen=True, slots=True)
class DemoNetwork:
    """One network file, its reference system and the rule pack it stands under."""

    path: Path
    crs: str
    jurisdiction: str


@dataclass(frozen=True, slots=True)
class DemoCompound:
    """One invented compound (小区).

    Attributes:
        polygon: closed ring of (lon, lat), degrees WGS-84.
    """

    key: str
    name: str
    polygon: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class DemoArea:
    """One invented area; parents come before their children.

    Attributes:
        parent: key of the area above; None for the city.
        polygon: closed ring of (lon, lat), degrees WGS-84.
        jurisdiction: key of the rule pack; None inherits the parent's.
    """

    key: str
    name: str
    parent: str | None
    polygon: tuple[tuple[float, float], ...]
    jurisdiction: str | None


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody invented who tells the product what they see; ``area`` holds every place they report."""

    key: str
    name: str
    role: str
    area: str
