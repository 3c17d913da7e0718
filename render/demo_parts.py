"""What a demo world is made of: street, light, camera views, machines and what passes (rendered 渲染).

Scene frame of a world: origin on the street's centre line at `along`, y along the street, x to the right, metres.
Times follow the product's own sampling: one picture per 600 s, then 60 s apart after a first sighting.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

WORK_TIMES = (0, 600, 660, 720, 1320)
QUIET_TIMES = (0, 600, 1200, 1800, 2400)
Spec = dict[str, Any]


@dataclass(frozen=True)
class Machine:
    """A works machine at one place; `site` is None for one that passes or is parked, `work` False for one at rest."""

    site: str | None
    make: str
    x: float
    y: float
    yaw: float
    frames: tuple[int, ...]
    params: Spec = field(default_factory=dict)
    work: bool = True


@dataclass(frozen=True)
class View:
    """A camera in its world."""

    key: str
    name: str
    camera: Spec
    by: str
    story: str


@dataclass(frozen=True)
class World:
    """One stretch of street in one light; `start` is civil time in Asia/Shanghai."""

    key: str
    street: str
    along: float
    start: str
    light: Spec
    dressing: Spec
    views: tuple[View, ...]
    machines: tuple[Machine, ...] = ()
    props: tuple[Spec, ...] = ()
    passing: dict[int, tuple[Spec, ...]] = field(default_factory=dict)
    times: tuple[int, ...] = WORK_TIMES
    parked: float = 0.3
    walkers: int = 3
    movers: int = 2


def prop(make: str, x: float, y: float, yaw: float = 0, **params: Any) -> Spec:
    """Something that stands in every frame, or for one frame when given under `passing`."""
    return {"make": make, "x": x, "y": y, "yaw": yaw, "params": params}


def ring(x: float, y: float, rx: float, ry: float, turns: tuple[float, ...]) -> tuple[Spec, ...]:
    """Cones on an ellipse around a dig; angles in fractions of a turn."""
    import math  # noqa: PLC0415 - one use

    return tuple(
        prop("cone", x + rx * math.cos(6.2832 * t), y + ry * math.sin(6.2832 * t), 0, blackBase=True) for t in turns
    )


def crew(*places: tuple[float, float, float]) -> tuple[Spec, ...]:
    """Workers in vest and helmet at (x, y, yaw)."""
    vests, helmets = (0xD8E020, 0xE8711C), (0xE0B010, 0xE6E4DE, 0xC8281E)
    return tuple(
        prop("person", x, y, yaw, vest=vests[i % 2], helmet=helmets[i % 3], work=i % 2 == 1)
        for i, (x, y, yaw) in enumerate(places)
    )


def cam(x: float, y: float, h: float, heading: float, tilt: float, hfov: float) -> Spec:
    """A camera in the scene frame."""
    return {"x": x, "y": y, "h": h, "heading": heading, "tilt": tilt, "hfov": hfov}


DAY = {"kind": "day", "cloud": 0.5, "exposure": 1.0}
OVERCAST = {"kind": "overcast", "cloud": 0.8}
HAZE = {"kind": "haze", "cloud": 0.3, "fog": 1.2}
DUSK = {"kind": "dusk", "cloud": 0.4, "exposure": 1.35}
RAIN = {"kind": "rain", "wet": 0.9, "cloud": 0.9, "streaks": 420}
LATER = (1, 2, 3, 4)
