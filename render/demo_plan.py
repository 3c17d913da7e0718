"""The demo's fourteen cameras: which street, which light, what stands there and what happens, frame by frame (rendered 渲染).

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
    """A works machine at one place; `site` is None for one that only passes."""

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
DUSK = {"kind": "dusk", "cloud": 0.4, "exposure": 1.15}
RAIN = {"kind": "rain", "wet": 0.9, "cloud": 0.9, "streaks": 420}
LATER = (1, 2, 3, 4)

WORLDS: tuple[World, ...] = (
    World(
        "yinhe-1",
        "ns-yinhe",
        -60,
        "2026-11-20T10:00:00+08:00",
        {**DAY, "sun": [150, 27]},
        {
            "seed": 411,
            "trees": 11,
            "treeKind": 1,
            "green": 1.5,
            "pavement": 3,
            "paving": 0,
            "gap": 0.25,
            "heights": [4.2, 6.5, 9.5, 16],
            "clear": [[-1, -5, 30], [1, 12, 62]],
            "lampGap": 34,
        },
        (
            View(
                "cam-01",
                "银河北路 光明西道南 西侧",
                cam(-7.9, 0, 7.2, 17, 13, 64),
                "points",
                "挖掘机在中压管线上方作业 / an excavator digs on a medium-pressure main",
            ),
            View(
                "cam-02",
                "银河北路 光明西道南 东侧",
                cam(8.0, 56, 6.6, 187, 12, 62),
                "pose",
                "同一台挖掘机，从另一侧看 / the same excavator from the other end",
            ),
        ),
        (
            Machine(
                "S01",
                "excavator",
                3.3,
                27,
                12,
                LATER,
                {"color": 0xE8A814, "boom": 36, "stick": -80, "bucket": -150, "swing": 165, "dust": 0.5},
            ),
        ),
        (
            *ring(2.6, 26, 5.6, 7.5, (0.1, 0.25, 0.4, 0.55, 0.7, 0.85)),
            prop("mound", 5.6, 33.5, 0, r=1.5, h=0.9),
            prop("trench", -1.6, 26.5, 85, len=6, w=1.1),
            *crew((-0.4, 31.5, -60), (6.4, 23, 120)),
        ),
    ),
    World(
        "east-1",
        "ns-east",
        120,
        "2026-11-20T11:00:00+08:00",
        {**HAZE, "sun": [168, 30]},
        {
            "seed": 522,
            "trees": 13,
            "treeKind": 3,
            "green": 2,
            "pavement": 3,
            "paving": 2,
            "gap": 0.45,
            "heights": [6.5, 9.5, 4.2],
            "clear": [[-1, -5, 60], [1, 8, 40]],
            "lampGap": 38,
        },
        (
            View(
                "cam-03",
                "东环路 中段 西侧",
                cam(-9.2, 0, 7.8, 17, 12, 68),
                "points",
                "两台挖掘机，相距约 25 m，应为两条告警 / two excavators 25 m apart: two alarms",
            ),
        ),
        (
            Machine(
                "S02",
                "excavator",
                5.6,
                23,
                8,
                LATER,
                {"color": 0xD8501E, "boom": 42, "stick": -88, "bucket": -160, "swing": 150, "dust": 0.55},
            ),
            Machine(
                "S03",
                "excavator",
                -5.6,
                45,
                0,
                LATER,
                {"color": 0xE3B21C, "boom": 40, "stick": -70, "bucket": -140, "swing": 20, "dust": 0.6},
            ),
        ),
        (
            prop("dirt", 4.5, 23, 80, len=12, w=7, opacity=0.7),
            prop("mound", 8.0, 29, 0, r=1.6, h=1.0),
            *ring(5.2, 23, 6, 7, (0.3, 0.42, 0.55, 0.66, 0.8)),
            *crew((1.6, 27, 20), (-2.2, 43, 160)),
        ),
    ),
    World(
        "aimin-1",
        "ew-aimin",
        690,
        "2026-11-20T13:20:00+08:00",
        {**OVERCAST, "sun": [200, 29]},
        {
            "seed": 633,
            "trees": 0,
            "green": 1.2,
            "pavement": 3,
            "paving": 3,
            "gap": 0.7,
            "yard": 20,
            "soilYard": True,
            "heights": [4.2, 6.5],
            "lampGap": 40,
            "turf": 1,
        },
        (
            View(
                "cam-04",
                "爱民西道 东环路西 北侧",
                cam(-5.9, 0, 6.8, 24, 12, 66),
                "pose",
                "装载机在高压管线控制范围内 / a wheel loader inside the control range of a high-pressure main",
            ),
        ),
        (
            Machine(
                "S04",
                "loader",
                11.5,
                25,
                150,
                LATER,
                {"color": 0xE8A814, "lift": 22, "curl": 25, "rim": 0xE8A814, "dust": 0.5},
            ),
        ),
        (
            prop("mound", 15.5, 32, 0, r=2.6, h=1.7, stretch=1.4),
            prop("mound", 18, 24, 0, r=2.0, h=1.3),
            *crew((9.4, 20, 70)),
        ),
    ),
    World(
        "xinhua-1",
        "ns-xinhua",
        -520,
        "2026-11-20T14:30:00+08:00",
        {**DAY, "sun": [218, 22]},
        {
            "seed": 744,
            "trees": 12,
            "treeKind": 4,
            "green": 1.2,
            "pavement": 3,
            "paving": 1,
            "gap": 0.5,
            "yard": 24,
            "soilYard": True,
            "heights": [6.5, 9.5, 19],
            "clear": [[-1, -5, 20], [1, 5, 50]],
            "lampGap": 36,
        },
        (
            View(
                "cam-05",
                "新华路 南段 西侧",
                cam(-8.4, 0, 7.5, 29, 12, 66),
                "points",
                "挖掘机在院内，远离管线 / an excavator in a yard, far from any pipe",
            ),
        ),
        (
            Machine(
                "S05",
                "excavator",
                16.5,
                31,
                15,
                LATER,
                {"color": 0x2F7F6E, "boom": 44, "stick": -72, "bucket": -145, "swing": 160, "dust": 0.6},
            ),
        ),
        (
            prop("mound", 22, 37, 0, r=2.6, h=1.6, stretch=1.3),
            prop("mound", 12.6, 38, 0, r=1.6, h=0.9),
            *crew((13.5, 25, 40), (20, 27, 200)),
        ),
    ),
    World(
        "heping-1",
        "ns-heping",
        -560,
        "2026-11-20T17:05:00+08:00",
        {**DUSK, "sun": [245, 4]},
        {
            "seed": 855,
            "trees": 0,
            "green": 0,
            "pavement": 3,
            "paving": 0,
            "gap": 0.4,
            "yard": 14,
            "soilYard": True,
            "heights": [9.5, 16],
            "lampGap": 22,
        },
        (
            View(
                "cam-06",
                "和平路 南段 东侧",
                cam(5.9, 0, 6.6, -23, 12, 64),
                "pose",
                "黄昏，挖掘机在管线影响范围外 / dusk, an excavator outside every range",
            ),
        ),
        (
            Machine(
                "S06",
                "excavator",
                -10.5,
                26,
                170,
                LATER,
                {
                    "color": 0xE8A814,
                    "boom": 40,
                    "stick": -78,
                    "bucket": -150,
                    "swing": 175,
                    "lights": True,
                    "dust": 0.5,
                },
            ),
        ),
        (prop("mound", -13, 33, 0, r=2.2, h=1.3), *crew((-7.2, 22, 100))),
    ),
    World(
        "guangyang-1",
        "ew-guangyang",
        -300,
        "2026-11-20T09:40:00+08:00",
        {**DAY, "sun": [144, 24]},
        {
            "seed": 966,
            "trees": 9,
            "treeKind": 0,
            "green": 1.6,
            "pavement": 3.5,
            "paving": 0,
            "gap": 0.1,
            "lampGap": 30,
            "clear": [[-1, -5, 14]],
        },
        (View("cam-07", "广阳道 西段 北侧", cam(-7.8, 0, 7.0, 12, 13, 64), "points", "平静街面 / a quiet street"),),
        times=QUIET_TIMES,
        parked=0.45,
        walkers=5,
        movers=3,
    ),
    World(
        "nanlong-1",
        "ew-nanlong",
        120,
        "2026-11-20T08:30:00+08:00",
        {**RAIN, "sun": [130, 15]},
        {
            "seed": 177,
            "trees": 10,
            "treeKind": 2,
            "green": 1.2,
            "pavement": 2.5,
            "paving": 1,
            "gap": 0.2,
            "lampGap": 28,
            "zebra": 30,
            "clear": [[1, -5, 14]],
        },
        (
            View(
                "cam-08",
                "南龙道 中段 南侧",
                cam(5.9, 0, 6.2, -11, 13, 62),
                "pose",
                "雨天平静街面 / a quiet street in the rain",
            ),
        ),
        times=QUIET_TIMES,
        parked=0.4,
        walkers=3,
        movers=2,
    ),
    World(
        "xinhua-2",
        "ns-xinhua",
        480,
        "2026-11-20T07:50:00+08:00",
        {**OVERCAST, "sun": [125, 9]},
        {
            "seed": 288,
            "trees": 10,
            "treeKind": 1,
            "green": 1.5,
            "pavement": 3,
            "paving": 2,
            "gap": 0.15,
            "lampGap": 32,
            "clear": [[-1, -5, 16]],
        },
        (
            View(
                "cam-09",
                "新华路 北段 西侧",
                cam(-8.3, 0, 7.4, 13, 13, 66),
                "points",
                "环卫车、公交车和过路渣土车，不应告警 / sweeper, bus and a passing tipper: no alarm",
            ),
        ),
        (Machine(None, "dumpTruck", 2.1, 30, 90, (3,), {"color": 0xC23A1A, "load": False, "dust": 0.3}, work=False),),
        passing={
            1: (prop("sweeper", 5.4, 22, 90, color=0xE9EBE8),),
            2: (prop("lorry", 2.0, 26, 90, color=0x2B6CA8, kind="box", len=7.5, high=2.2),),
            4: (prop("bus", -2.2, 30, -90, color=0x2F8F5A, len=11),),
        },
        times=QUIET_TIMES,
        parked=0.3,
        walkers=4,
        movers=2,
    ),
    World(
        "guangming-1",
        "ew-guangming",
        -200,
        "2026-11-20T17:00:00+08:00",
        {**DUSK, "sun": [244, 5]},
        {
            "seed": 399,
            "trees": 12,
            "treeKind": 0,
            "green": 1.5,
            "pavement": 3,
            "paving": 0,
            "gap": 0.2,
            "lampGap": 20,
            "clear": [[-1, -5, 34], [1, 8, 40]],
        },
        (
            View(
                "cam-10",
                "光明西道 银河北路东 北侧",
                cam(-7.8, 0, 6.9, 17, 13, 62),
                "points",
                "黄昏，挖掘机在次高压管线上方 / dusk, an excavator over a sub-high-pressure main",
            ),
        ),
        (
            Machine(
                "S07",
                "excavator",
                2.9,
                25,
                5,
                LATER,
                {
                    "color": 0xE8A814,
                    "boom": 38,
                    "stick": -85,
                    "bucket": -155,
                    "swing": 170,
                    "lights": True,
                    "dust": 0.45,
                },
            ),
        ),
        (
            *ring(2.4, 25, 5.5, 7, (0.3, 0.42, 0.55, 0.68, 0.8, 0.95)),
            prop("trench", -2.2, 24.5, 90, len=5.5, w=1.1),
            *crew((-0.2, 30, 230)),
        ),
    ),
    World(
        "west-1",
        "ns-west",
        250,
        "2026-11-20T15:40:00+08:00",
        {**RAIN, "sun": [232, 10]},
        {
            "seed": 511,
            "trees": 14,
            "treeKind": 3,
            "green": 2,
            "pavement": 2.5,
            "paving": 3,
            "gap": 0.5,
            "lampGap": 36,
            "clear": [[-1, -5, 34], [1, 8, 44]],
        },
        (
            View(
                "cam-11",
                "西环路 北段 西侧",
                cam(-8.3, 0, 7.3, 20, 13, 64),
                "pose",
                "雨天，挖掘机在次高压管线控制范围内 / rain, an excavator inside the control range of a sub-high main",
            ),
        ),
        (
            Machine(
                "S08",
                "excavator",
                4.6,
                26,
                350,
                LATER,
                {
                    "color": 0xE06A20,
                    "boom": 40,
                    "stick": -80,
                    "bucket": -150,
                    "swing": 178,
                    "lights": True,
                    "dust": 0.7,
                },
            ),
        ),
        (*ring(4, 26, 5.6, 7, (0.3, 0.45, 0.6, 0.75)), prop("mound", 8.0, 31, 0, r=1.6, h=1.0), *crew((0.2, 30, 200))),
    ),
    World(
        "guangyang-2",
        "ew-guangyang",
        620,
        "2026-11-20T10:40:00+08:00",
        {**OVERCAST, "sun": [160, 29]},
        {
            "seed": 627,
            "trees": 11,
            "treeKind": 2,
            "green": 1.4,
            "pavement": 3,
            "paving": 2,
            "gap": 0.2,
            "lampGap": 33,
            "clear": [[1, -5, 34], [-1, 8, 40]],
        },
        (
            View(
                "cam-12",
                "广阳道 和平路东 南侧",
                cam(7.8, 0, 7.0, -17, 13, 64),
                "points",
                "挖掘机在中压管线上方，渣土车短暂停靠 / an excavator over a medium main, a tipper stops for one picture",
            ),
        ),
        (
            Machine(
                "S09",
                "excavator",
                -2.9,
                25,
                175,
                LATER,
                {
                    "color": 0xD5D7D6,
                    "boomColor": 0x3A3D40,
                    "boom": 37,
                    "stick": -82,
                    "bucket": -150,
                    "swing": 172,
                    "dust": 0.6,
                },
            ),
            Machine(None, "dumpTruck", 1.6, 42, -90, (3,), {"color": 0x1F5FA8, "load": True, "dust": 0.6}, work=False),
        ),
        (
            *ring(-2.6, 25, 5.4, 7, (0.05, 0.18, 0.3, 0.68, 0.8, 0.93)),
            prop("mound", -6.0, 31, 0, r=1.5, h=0.9),
            *crew((0.6, 21, 130), (-0.4, 30, 210)),
        ),
    ),
    World(
        "heping-2",
        "ns-heping",
        380,
        "2026-11-20T12:10:00+08:00",
        {**DAY, "sun": [187, 30]},
        {
            "seed": 738,
            "trees": 12,
            "treeKind": 1,
            "green": 1.2,
            "pavement": 3,
            "paving": 1,
            "gap": 0.2,
            "lampGap": 30,
            "hoarding": 1,
            "hoardFrom": 12,
            "hoardTo": 44,
            "clear": [[-1, -5, 20], [1, 8, 48]],
        },
        (
            View(
                "cam-13",
                "和平路 北段 西侧",
                cam(-5.8, 0, 6.5, 13, 13, 64),
                "pose",
                "围挡、土堆、工人，没有机械 / hoarding, spoil and workers, no machine",
            ),
        ),
        (),
        (
            prop("mound", 3.4, 25, 0, r=1.4, h=0.8),
            prop("mound", 3.8, 29, 0, r=1.2, h=0.7),
            prop("trench", 2.6, 21, 90, len=4.5, w=1),
            *ring(3, 23, 2.6, 6.5, (0.3, 0.42, 0.5, 0.58, 0.7)),
            *crew((1.9, 18, 60), (4.4, 22.5, 190)),
        ),
        times=QUIET_TIMES,
    ),
    World(
        "nanlong-2",
        "ew-nanlong",
        -560,
        "2026-11-20T14:00:00+08:00",
        {**HAZE, "sun": [211, 25]},
        {
            "seed": 849,
            "trees": 11,
            "treeKind": 3,
            "green": 0,
            "pavement": 5,
            "paving": 0,
            "gap": 0.2,
            "lampGap": 34,
            "clear": [[-1, -5, 20], [1, 4, 36]],
        },
        (
            View(
                "cam-14",
                "南龙道 西段 北侧",
                cam(-5.8, 0, 6.2, 24, 14, 62),
                "points",
                "小型挖掘机在人行道上，低压管线控制范围内 / a mini excavator on the pavement, inside a low-pressure control range",
            ),
        ),
        (
            Machine(
                "S10",
                "excavator",
                7.0,
                17.5,
                20,
                LATER,
                {
                    "color": 0xD8501E,
                    "scale": 0.62,
                    "boom": 40,
                    "stick": -80,
                    "bucket": -150,
                    "swing": 150,
                    "blade": True,
                    "dust": 0.4,
                },
            ),
        ),
        (
            prop("mound", 8.6, 22.5, 0, r=0.9, h=0.55),
            *ring(6.6, 18, 3.4, 4.2, (0.35, 0.45, 0.55, 0.65, 0.8)),
            *crew((5.0, 21.5, 250)),
        ),
    ),
)
