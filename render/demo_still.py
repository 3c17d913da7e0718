"""Demo worlds of what looks like works and is none: a machine parked in its yard, a sweeper, a stopped lorry."""

from __future__ import annotations

from demo_parts import DAY, OVERCAST, QUIET_TIMES, Machine, View, World, cam, prop

STILL_WORLDS: tuple[World, ...] = (
    World(
        "jianshe-1",
        "ns-jianshe",
        420,
        "2026-11-20T08:10:00+08:00",
        {**DAY, "sun": [128, 12]},
        {
            "seed": 318,
            "trees": 14,
            "treeKind": 1,
            "green": 1.5,
            "pavement": 2.5,
            "paving": 1,
            "gap": 0.6,
            "yard": 18,
            "pavedYard": True,
            "heights": [4.2, 6.5],
            "lampGap": 36,
            "clear": [[-1, -5, 16], [1, 6, 46]],
        },
        (
            View(
                "cam-15",
                "建设路 光明西道北 西侧",
                cam(-8.4, 0, 7.4, 25, 12, 66),
                "points",
                "停放在自家院内的挖掘机，斗杆收起，没有施工 / an excavator parked in its yard, no works",
            ),
        ),
        (
            Machine(
                None,
                "excavator",
                15.6,
                27,
                215,
                (0, 1, 2, 3, 4),
                {"color": 0xE3B21C, "boom": 22, "stick": -112, "bucket": -168, "swing": 0, "dust": 0.5},
                work=False,
            ),
        ),
        (
            prop("lorry", 20.5, 36, 265, color=0x2B6CA8, kind="flat", len=7),
            prop("car", 17.5, 44, 250, shape="van", color=0xE4E5E3),
        ),
        times=QUIET_TIMES,
        parked=0.25,
        walkers=3,
        movers=2,
    ),
    World(
        "beifeng-1",
        "ew-beifeng",
        -700,
        "2026-11-20T11:20:00+08:00",
        {**OVERCAST, "sun": [170, 30]},
        {
            "seed": 561,
            "trees": 12,
            "treeKind": 2,
            "green": 1.6,
            "pavement": 3,
            "paving": 3,
            "gap": 0.3,
            "heights": [6.5, 9.5, 16],
            "lampGap": 34,
            "clear": [[1, -5, 50], [-1, 8, 40]],
        },
        (
            View(
                "cam-16",
                "北凤道 西环路东 南侧",
                cam(7.9, 0, 7.2, -15, 13, 64),
                "pose",
                "环卫车在管线上方徘徊，货车停在路边 / a sweeper lingers over a main, a lorry stands at the kerb",
            ),
        ),
        (
            Machine(
                None,
                "lorry",
                5.7,
                38,
                90,
                (1, 2, 3, 4),
                {"color": 0x3E8F4A, "kind": "flat", "len": 7.5},
                work=False,
            ),
        ),
        passing={
            n: ({**prop("sweeper", -5.4, y, -90, color=0xE87A1C, band=0xE9EBE8), "key": "beifeng-1-sweeper"},)
            for n, y in ((1, 32), (2, 27), (3, 22))
        },
        times=QUIET_TIMES,
        parked=0.0,
        walkers=3,
        movers=2,
    ),
)
