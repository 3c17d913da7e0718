"""The authored part of the demo's day: works that no camera sees, what people say, what looks like works.

Places are grid metres of ``district``; times are seconds after 07:00. Everything and everybody is invented.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipewarden.sim.facts import DemoPerson, LookAlikeKind, Telling, WorkClass

DAY_START = "2026-11-20T07:00:00+08:00"
DAY_S = 12 * 3600.0


def at(clock: str) -> float:
    """Return the seconds after the day's start of a wall clock time like ``09:40``."""
    hours, minutes = clock.split(":")
    return (int(hours) - 7) * 3600.0 + int(minutes) * 60.0


@dataclass(frozen=True, slots=True)
class WorkPlan:
    """Works that no picture shows as a machine; ``size_m`` is the rectangle they take, along grid x and y."""

    key: str
    cls: WorkClass
    machine: str | None
    x: float
    y: float
    size_m: tuple[float, float]
    start_s: float
    end_s: float
    filed: bool = False
    cameras: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TellingPlan:
    """One report; ``pin`` (grid metres) is where it points when that is not the works it is about.

    How far the pin is off is drawn from ``accuracy_m``, the 95 % radius that the phone tells.
    """

    key: str
    who: str
    at_s: float
    words: str
    accuracy_m: float
    about: str | None
    telling: Telling = Telling.RIGHT
    pin: tuple[float, float] | None = None


PEOPLE: tuple[DemoPerson, ...] = (
    DemoPerson("patroller-1", "巡线员甲 (虚构)", "patroller", "demo-city"),
    DemoPerson("grid-worker-1", "网格员甲 (虚构)", "grid_worker", "demo-city"),
    DemoPerson("resident-1", "市民甲 (虚构)", "resident", "demo-city"),
    DemoPerson("resident-2", "市民乙 (虚构)", "resident", "demo-city"),
    DemoPerson("property-manager-1", "物业甲 (虚构)", "property_manager", "demo-city"),
)

WORKS: tuple[WorkPlan, ...] = (
    # what cam-13 shows: a trench dug by hand behind hoarding, no machine
    WorkPlan("W13", WorkClass.HAND_DIG, None, 452.6, 401.0, (1.0, 4.5), at("11:40"), at("16:30"), cameras=("cam-13",)),
    WorkPlan("W21", WorkClass.PILING, "machinery_other", -896, 1500, (5, 3), at("07:20"), at("17:00"), filed=True),
    WorkPlan("W22", WorkClass.EXCAVATION, "excavator", -1341, -820, (2.8, 4.3), at("08:35"), at("12:30")),
    WorkPlan("W23", WorkClass.HAND_DIG, None, -675, -455, (1.5, 3), at("12:50"), at("15:40")),
    WorkPlan("W24", WorkClass.EXCAVATION, "excavator", 250, -250.4, (4.3, 2.8), at("09:10"), at("11:40")),
    WorkPlan("W25", WorkClass.DRILLING, "machinery_other", -2247, -600, (2.5, 6), at("15:30"), at("18:40"), filed=True),
    WorkPlan("W26", WorkClass.LOADING, "loader_dozer", -2900, 1965, (6.4, 2.6), at("11:05"), at("16:45")),
    # inside compounds, where most strikes happen: one its property manager tells, one nobody sees or tells
    WorkPlan("W27", WorkClass.EXCAVATION, "excavator", 225, -440, (2.8, 4.3), at("13:10"), at("16:00")),
    WorkPlan("W28", WorkClass.LIFTING, "crane", -1100, -1330, (12, 2.6), at("10:00"), at("14:00")),
)

TELLINGS: tuple[TellingPlan, ...] = (
    TellingPlan("R01", "patroller-1", at("07:44"), "西环路北段打桩机正在作业，已备案，现场有人监护", 8, "W21"),
    TellingPlan("R02", "resident-1", at("08:56"), "四海路边上有挖掘机在挖沟，没看到围挡", 25, "W22"),
    TellingPlan("R03", "grid-worker-1", at("09:07"), "四海路南段挖掘机开挖，未见施工公示牌", 12, "W22", Telling.DOUBLE),
    TellingPlan("R04", "grid-worker-1", at("10:31"), "银河北路挖掘机施工，工人不知道下面有燃气管", 10, "S01"),
    TellingPlan(
        "R05", "resident-2", at("11:12"), "路边堆了几块铁皮，是不是要施工？", 30, None, Telling.NOTHING, (320.0, -540.0)
    ),
    TellingPlan("R06", "patroller-1", at("11:52"), "北环道南侧装载机取土，在高压管线控制范围内，未备案", 8, "W26"),
    TellingPlan("R07", "grid-worker-1", at("12:47"), "和平路围挡里面几个人在人工挖沟", 10, "W13"),
    TellingPlan(
        "R08",
        "resident-1",
        at("13:28"),
        "小区里有人在挖地，靠近燃气调压箱",
        20,
        "W23",
        Telling.WRONG,
        (-230.0, -60.0),
    ),
    TellingPlan("R09", "patroller-1", at("14:52"), "小区内人工开挖，离调压箱出口管很近，已要求暂停", 8, "W23"),
    TellingPlan("R10", "resident-2", at("15:34"), "上午广阳道有挖机在挖，补报一下", 25, "W24", Telling.LATE),
    TellingPlan("R11", "patroller-1", at("16:18"), "建设路定向钻正在回拖，已备案", 8, "W25"),
    TellingPlan("R12", "property-manager-1", at("14:05"), "小区里请的施工队用挖机换水管，没有办手续", 12, "W27"),
)

# objects of the pictures that look like works, by their keys in truth.json
LOOK_ALIKES: dict[str, LookAlikeKind] = {
    "xinhua-2-m0": LookAlikeKind.PASSING_CRANE,
    "xinhua-2-m1": LookAlikeKind.PASSING_TIPPER,
    "xinhua-2-q10": LookAlikeKind.SWEEPER,
    "xinhua-2-q20": LookAlikeKind.LORRY,
    "xinhua-2-q40": LookAlikeKind.BUS,
    "guangyang-2-m1": LookAlikeKind.PASSING_TIPPER,
    "jianshe-1-m0": LookAlikeKind.PARKED_MACHINE,
    "beifeng-1-sweeper": LookAlikeKind.SWEEPER,
    "beifeng-1-m0": LookAlikeKind.LORRY,
}

FILED = frozenset({"S02", "S03", "S05", "S09"})  # of the sites that cameras see
LOADING = frozenset({"S04"})
