"""What is true in the demo's pictures: cameras, poses, objects on the ground and in the picture, their sites."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Axis(StrEnum):
    """Which way a street of the demo grid runs; its scene looks along it."""

    NORTH = "north"
    EAST = "east"


@dataclass(frozen=True, slots=True)
class Grade:
    """What mains of one grade have in common: highest working pressure, its label, and two makes of pipe."""

    mpa: float
    label: str
    makes: tuple[tuple[int, str], tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Line:
    """One pipe along a street.

    Attributes:
        across_m: offset of the pipe from the street's centre line, right of the street's direction positive.
        mpa: highest working pressure; None where the register does not tell it.
        label: pressure class as the register writes it; None where it does not tell it.
        lo: start along the street, grid metres; None for the street's own start.
        hi: end along the street, grid metres; None for the street's own end.
    """

    key: str
    across_m: float
    mpa: float | None
    label: str | None
    diameter_mm: int
    material: str
    lo: float | None = None
    hi: float | None = None


@dataclass(frozen=True, slots=True)
class Street:
    """One street of the demo grid.

    Attributes:
        at: grid coordinate of its centre line, metres: x for a street running north, y for one running east.
        lo: where it starts along its direction, grid metres.
        hi: where it ends.
        width_m: carriageway.
    """

    key: str
    name: str
    axis: Axis
    at: float
    lo: float
    hi: float
    width_m: float
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class CameraPose:
    """Exact pose of a camera.

    Attributes:
        lon: degrees WGS-84.
        lat: degrees WGS-84.
        height_m: above the road.
        heading_deg: clockwise from true north.
        tilt_deg: of the optical axis below the horizon.
        roll_deg: about the optical axis, clockwise as seen in the picture's direction.
        hfov_deg: horizontal field of view.
        image_size: width, height in pixels.
    """

    lon: float
    lat: float
    height_m: float
    heading_deg: float
    tilt_deg: float
    roll_deg: float
    hfov_deg: float
    image_size: tuple[int, int]


@dataclass(frozen=True, slots=True)
class TrueObject:
    """One object in one frame.

    Attributes:
        key: the same in every frame and camera that sees it.
        cls: machine, person, cone or vehicle.
        type: excavator, loader_dozer, dump_truck, crane, concrete_mixer, machinery_other, person, cone, vehicle_other.
        lon: centre of its stand, degrees WGS-84.
        lat: the same.
        footprint: (lon, lat) corners of the rectangle it stands on.
        box: [x, y, w, h] of its unoccluded pixels inside the picture.
        visible_box: of the pixels really seen; None when wholly hidden.
        visible_fraction: seen pixels over unoccluded pixels, 0-1.
        site: the site it belongs to; None for everything that is no works machine.
    """

    key: str
    cls: str
    type: str
    lon: float
    lat: float
    footprint: tuple[tuple[float, float], ...]
    box: tuple[float, float, float, float]
    visible_box: tuple[float, float, float, float] | None
    visible_fraction: float
    site: str | None


@dataclass(frozen=True, slots=True)
class TrueFrame:
    """One picture: its file beside seq.json and its second after the sequence's start."""

    file: str
    t: float
    objects: tuple[TrueObject, ...]


@dataclass(frozen=True, slots=True)
class TrueCamera:
    """One camera with its exact pose, its frames and the sites that it should raise."""

    key: str
    pose: CameraPose
    light: str
    story: str
    expected_alarms: tuple[str, ...]
    frames: tuple[TrueFrame, ...]


@dataclass(frozen=True, slots=True)
class TrueSite:
    """One machine at work at one place; it must become one alarm, from however many cameras.

    Attributes:
        zone: protection, control or outside by the true place and the true pipe (GB 55009-2021 5.1.6, 5.1.7).
        nearest_pipe: the pipe that gives the zone; where no pipe reaches, the nearest.
        distance_m: from the machine's centre to the pipe's outer edge.
        footprint_distance_m: from the machine's footprint to the pipe's outer edge; 0 when it stands over the pipe.
    """

    key: str
    cls: str
    type: str
    lon: float
    lat: float
    zone: str
    nearest_pipe: str
    distance_m: float
    footprint_distance_m: float
    cameras: tuple[str, ...]
    expected_alarm: bool
