"""The demo city around the district: its streets, which main runs below each, and where pressure is let down.

Names sound right and pipes are invented, as in ``district``. Gas comes from two gate stations into a high-pressure A
ring, from there by regulator stations (调压站) step by step down to medium B, and by boxes (调压箱) into the
blocks. Numbers follow GB 50028 (pressure classes) and GB 55009-2021 5.1.3 (high A stays on the rim).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

from pipewarden.sim.facts import Axis, Grade, Line, Street
from pipewarden.sim.rules.district import STREETS

WEST, EAST, SOUTH, NORTH = -3580.0, 985.0, -2050.0, 1985.0  # where streets and mains end, inside the ring


GRADES = {
    "HP-A": Grade(3.5, "高压A", ((500, "L415 钢"), (600, "L415 钢"))),
    "HP-B": Grade(2.5, "高压B", ((400, "L360 钢"), (450, "L360 钢"))),
    "SH-A": Grade(1.6, "次高压A", ((400, "L290 钢"), (350, "L290 钢"))),
    "SH-B": Grade(0.8, "次高压B", ((300, "20# 钢"), (250, "20# 钢"))),
    "MA": Grade(0.4, "中压A", ((315, "PE100"), (250, "PE100"))),
    "MB": Grade(0.2, "中压B", ((200, "PE80"), (160, "PE100"))),
    "LP": Grade(0.005, "低压", ((160, "PE80"), (200, "灰铸铁"))),
}
_UNTOLD = Grade(0.0, "", ((200, "灰铸铁"), (150, "铸铁")))  # mains whose register tells no pressure at all


@dataclass(frozen=True, slots=True)
class Regulator:
    """A regulator where two mains cross: ``upper`` feeds ``lower``; ``corner`` is where it stands, metres off both.

    ``fenced`` makes it a station with a fence (a polygon); else it is a box or a small house (a point).
    """

    key: str
    upper: str
    lower: str
    corner: tuple[float, float]
    fenced: bool = False


def _main(key: str, across: float, lo: float | None = None, hi: float | None = None) -> Line:
    grade = next((made for name, made in GRADES.items() if key.startswith(f"{name}-")), _UNTOLD)
    diameter, material = grade.makes[len(key) % 2]  # either make, so that mains differ as in life
    told = grade is not _UNTOLD
    return Line(key, across, grade.mpa if told else None, grade.label if told else None, diameter, material, lo, hi)


def _north(
    key: str, name: str, at: float, width_m: float, *lines: Line, lo: float = SOUTH, hi: float = NORTH
) -> Street:
    return Street(f"ns-{key}", name, Axis.NORTH, at, lo, hi, width_m, lines)


def _east(key: str, name: str, at: float, width_m: float, *lines: Line, lo: float = WEST, hi: float = EAST) -> Street:
    return Street(f"ew-{key}", name, Axis.EAST, at, lo, hi, width_m, lines)


CITY_STREETS: tuple[Street, ...] = (
    _north("outer", "外环西路", -3600, 16, _main("HP-A-OUTER", -5.0, 200, 1995)),
    _north("changqing", "常青路", -3170, 14, _main("MA-CHANGQING", 3.5)),
    _north("yongxing", "永兴路", -2680, 12, _main("MB-YONGXING", -3.0), lo=-1610),
    _north(
        "jianshe", "建设路", -2260, 15, _main("SH-B-JIANSHE", 4.0, -1140, 1110), _main("MB-JIANSHE", -4.0, -2050, -1137)
    ),
    _north("youyi", "友谊路", -1790, 12, _main("MB-YOUYI", 3.0, -1140), _main("UNK-YOUYI", -2.5, -1600, -1137)),
    _north("sihai", "四海路", -1340, 14, _main("MA-SIHAI", -4.0)),
    _north("west-n", "西环路", -900, 15, _main("SH-A-WEST-N", -4.0), lo=850, hi=1980),
    _north("west-s", "西环路", -900, 15, _main("SH-A-WEST-S", -4.0), lo=-2030, hi=-900),
    _north("yinhe-n", "银河北路", -450, 14, _main("MA-YINHE-N", 3.5), lo=850, hi=1564),
    _north("yinhe-s", "银河南路", -450, 14, _main("MA-YINHE-S", 3.5), hi=-900),
    _north("xinhua-n", "新华路", 0, 15, _main("MA-XINHUA-N", -5.0), lo=850),
    _north("xinhua-s", "新华路", 0, 15, _main("MA-XINHUA-S", -5.0), hi=-900),
    _north("heping-n", "和平路", 450, 10, _main("MB-HEPING-N", 2.5), lo=850),
    _north("heping-s", "和平路", 450, 10, _main("MB-HEPING-S", 2.5), lo=-1610, hi=-900),
    _north("east-n", "东环路", 1000, 16, _main("HP-A-EAST-N", 5.0), lo=850, hi=1995),
    _north("east-s", "东环路", 1000, 16, _main("HP-A-EAST-S", 5.0), hi=-900),
    _east(
        "nanhuan", "南环道", -2050, 15, _main("HP-B-NANHUAN", 5.0, -2250, 990), _main("MB-NANHUAN", -4.0, -3155, -1360)
    ),
    _east("jiefang", "解放道", -1610, 14, _main("MA-JIEFANG", 4.0, -3166.5)),
    _east("jinguang", "金光道", -1140, 12, _main("MB-JINGUANG", -3.0)),
    _east("nanlong-w", "南龙道", -700, 10, _main("MB-NANLONG-W", 2.5), hi=-920),
    _east("guangyang-w", "广阳道", -250, 14, _main("MB-GUANGYANG-W", -3.0), hi=-900),
    _east("guangming-w", "光明西道", 200, 14, _main("SH-B-GUANGMING-W", 3.0, -3150, -900), hi=-900),
    _east("aimin-w", "爱民西道", 650, 10, _main("MB-AIMIN-W", -2.5), hi=-910),
    _east("aimin-m", "爱民西道", 650, 10, _main("MA-AIMIN-M", 2.0, -600, -446.5), lo=-600, hi=450),
    _east("xiangyun", "祥云道", 1090, 15, _main("SH-A-XIANGYUN", 4.0, -2240, -904), _main("MB-XIANGYUN", -4.0, -880)),
    _east("xiangyun-w", "祥云道", 1090, 12, _main("MB-XIANGYUN-W", -3.0), hi=-2280),
    _east("beifeng", "北凤道", 1560, 14, _main("MA-BEIFENG", -4.0)),
    _east("beihuan", "北环道", 2000, 16, _main("HP-A-BEIHUAN", 5.0, -3605, 1005), lo=-3605, hi=1005),
)

REGULATORS: tuple[Regulator, ...] = (
    # above medium: stations behind a fence
    Regulator("GOV-02", "HP-A-EAST-S", "HP-B-NANHUAN", (-40, 45), fenced=True),
    Regulator("GOV-03", "HP-A-BEIHUAN", "SH-A-WEST-N", (50, -50), fenced=True),
    Regulator("GOV-04", "HP-B-NANHUAN", "SH-A-WEST-S", (50, 60), fenced=True),
    Regulator("GOV-05", "SH-A-XIANGYUN", "SH-B-JIANSHE", (35, -35), fenced=True),
    # sub-high B to medium A
    Regulator("RS-01", "SH-B-GUANGMING", "MA-YINHE", (24, 22)),
    Regulator("RS-02", "SH-B-GUANGMING", "MA-XINHUA", (24, 22)),
    Regulator("RS-03", "SH-B-GUANGMING-W", "MA-SIHAI", (24, 22)),
    Regulator("RS-04", "SH-B-GUANGMING-W", "MA-CHANGQING", (24, 22)),
    # medium A to medium B
    Regulator("RS-05", "MA-XINHUA", "MB-GUANGYANG", (20, -18)),
    Regulator("RS-06", "MA-SIHAI", "MB-GUANGYANG-W", (20, -18)),
    Regulator("RS-07", "MA-CHANGQING", "MB-AIMIN-W", (20, 18)),
    Regulator("RS-08", "MA-XINHUA-N", "MB-XIANGYUN", (20, 18)),
    Regulator("RS-09", "MA-SIHAI", "MB-JINGUANG", (-20, 18)),
    Regulator("RS-10", "MA-CHANGQING", "MB-XIANGYUN-W", (20, 18)),
    Regulator("RS-11", "MA-CHANGQING", "MB-NANHUAN", (20, 18)),
    Regulator("RS-12", "MA-BEIFENG", "MB-HEPING-N", (-18, 20)),
    # medium A to the one street with a low-pressure main
    Regulator("RS-13", "MA-YINHE", "LP-NANLONG", (16, -14)),
)


def all_streets() -> tuple[Street, ...]:
    """Return the district's streets and the city's."""
    return STREETS + CITY_STREETS


def street(key: str) -> Street:
    """Return a street by its key; KeyError for an unknown one."""
    for found in all_streets():
        if found.key == key:
            return found
    raise KeyError(key)


@cache
def all_lines() -> dict[str, tuple[Street, Line]]:
    """Return every main with its street, its ends filled in from it."""
    return {
        line.key: (
            where,
            replace(
                line,
                lo=where.lo if line.lo is None else line.lo,
                hi=where.hi if line.hi is None else line.hi,
            ),
        )
        for where in all_streets()
        for line in where.lines
    }


def main_at(key: str) -> float:
    """Return the grid coordinate at which a main runs: x of one that runs north, y of one that runs east."""
    where, line = all_lines()[key]
    return where.at + line.across_m if where.axis is Axis.NORTH else where.at - line.across_m


def grade_of(key: str) -> Grade:
    """Return the grade that a main's key says; KeyError for one whose register tells none."""
    return GRADES[next((name for name in GRADES if key.startswith(f"{name}-")), key)]
