"""The words of papers: what the house keeps as codes, as Chinese forms write it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipewarden.casework.facts import Effect, Method, PartyRole
from pipewarden.network.facts import PressureClass, Regime, Zone

if TYPE_CHECKING:
    from collections.abc import Mapping

ZONES: Final[Mapping[Zone, str]] = {
    Zone.PROTECTION: "位于燃气管道保护范围内",
    Zone.CONTROL: "位于燃气管道控制范围内",
    Zone.OUTSIDE: "位于燃气管道控制范围外",
    Zone.UNKNOWN: "与燃气管道的位置关系尚未查明，按保护范围内管理",
}
RANGES: Final[Mapping[Zone, str]] = {Zone.PROTECTION: "保护范围", Zone.CONTROL: "控制范围"}
CLASSES: Final[Mapping[PressureClass, str]] = {
    PressureClass.LOW: "低压",
    PressureClass.MEDIUM: "中压",
    PressureClass.SUB_HIGH: "次高压",
    PressureClass.HIGH: "高压",
}
METHODS: Final[Mapping[Method, str]] = {
    Method.OPEN_CUT: "明挖沟槽",
    Method.TRENCHLESS: "定向钻等非开挖",
    Method.PILING: "打桩",
    Method.DRILLING: "钻探",
    Method.BLASTING: "爆破",
    Method.EXCAVATION: "基坑开挖",
    Method.PIPE_JACKING: "顶管",
    Method.OTHER: "其他",
}
MACHINES: Final[Mapping[str, str]] = {
    "excavator": "挖掘机",
    "loader_dozer": "装载机、推土机",
    "dump_truck": "渣土车",
    "other": "其他机械",
}
PARTIES: Final[Mapping[str, str]] = {
    PartyRole.OWNER: "建设单位",
    PartyRole.CONTRACTOR: "施工单位",
    PartyRole.SUPERVISING_ENGINEER: "监理单位",
    PartyRole.OPERATOR: "燃气企业",
}
ROLES: Final[Mapping[str, str]] = {
    "manager": "管理人员",
    "safety_officer": "安全员",
    "machine_operator": "机械操作手",
    "worker": "作业人员",
    "standby": "旁站人员",
    "locator": "探管人员",
    "other": "其他",
}
EFFECTS: Final[Mapping[Effect, str]] = {Effect.REQUIRED: "", Effect.FORBIDDEN: "【禁止】"}
DATUM: Final[Mapping[Regime, str]] = {Regime.CITY_GAS: "管道外缘", Regime.LONG_DISTANCE: "管道中心线"}


def machines(types: tuple[str, ...]) -> str:
    """Return machines in words."""
    return "、".join(MACHINES.get(one, one) for one in types)
