"""What people write down of a step: who for which party, when, what was measured; typed, and kept with its event.

Which of it a step asks for is dated data (``policy/steps``): see ``facts.evidence``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  pydantic reads the types of bodies when they are stored
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from pipewarden.casework.facts.filing import Method, PartyRole

if TYPE_CHECKING:
    from collections.abc import Mapping


class Substep(StrEnum):
    """Steps that lead to no state of their own: finding the pipe, the agreement, briefing whoever comes later."""

    MARKING = "marking"
    TRIAL_PITS = "trial_pits"
    AGREEMENT = "agreement"
    LATE_BRIEFING = "late_briefing"


class PersonRole(StrEnum):
    """What somebody does at the works."""

    MANAGER = "manager"
    SAFETY_OFFICER = "safety_officer"
    MACHINE_OPERATOR = "machine_operator"
    WORKER = "worker"
    STANDBY = "standby"
    LOCATOR = "locator"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody who was there; ``machine`` is the type that a machine operator drives, as filings name them."""

    name: str
    party: PartyRole
    role: PersonRole
    machine: str = ""


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signed, and for which party."""

    name: str
    party: PartyRole


@dataclass(frozen=True, slots=True)
class MeasuredPoint:
    """A place at which a pipe was marked or laid bare.

    Attributes:
        lon: degrees WGS-84, of the pipe's centre line; ``lat`` too.
        sigma_m: error of place and depth, one sigma.
        depth_m: from the surface down to the top of the pipe; None where it was not measured.
        pipe_id: as the map names it; empty where the map has no such pipe.
    """

    lon: float
    lat: float
    sigma_m: float
    depth_m: float | None = None
    pipe_id: str = ""


@dataclass(frozen=True, slots=True)
class AsBuilt:
    """A pipe's course as it lies after the works: (lon, lat) in degrees WGS-84, with its error, one sigma."""

    line: tuple[tuple[float, float], ...]
    sigma_m: float
    pipe_id: str = ""


@dataclass(frozen=True, slots=True)
class StepRecord:
    """What was written down of a step; what was not is None or empty. Words, units: ``RECORD_FIELDS``."""

    held_at: datetime | None = None
    attendees: tuple[Attendee, ...] = ()
    signatures: tuple[Signature, ...] = ()
    number: str = ""
    method: Method | None = None
    by_hand: bool | None = None
    quiz_passed: bool | None = None
    hand_dig_m: float | None = None
    clear_distance_m: float | None = None
    standby_person: str = ""
    emergency_phone: str = ""
    inspections_per_day: float | None = None
    valid_until: datetime | None = None
    signs_up: bool | None = None
    points: tuple[MeasuredPoint, ...] = ()
    shift_from: datetime | None = None
    shift_until: datetime | None = None
    pipe_distance_m: float | None = None
    gas_lel_pct: float | None = None
    exposed: bool | None = None
    leak_tight: bool | None = None
    cover_m: float | None = None
    signs_restored: bool | None = None
    undamaged: bool | None = None
    as_built: AsBuilt | None = None

    def operators(self) -> frozenset[str]:
        """Return the names of the machine operators who were there."""
        names = frozenset(one.name.strip() for one in self.attendees if one.role is PersonRole.MACHINE_OPERATOR)
        return names - {""}


class FieldType(StrEnum):
    """How a field of a record is filled in."""

    FLAG = "flag"
    NUMBER = "number"
    TEXT = "text"
    WORD = "word"
    MOMENT = "moment"
    PEOPLE = "people"
    SIGNATURES = "signatures"
    POINTS = "points"
    LINE = "line"


@dataclass(frozen=True, slots=True)
class FieldKind:
    """One field of a record, with what people call it.

    Attributes:
        unit: of a number; of points and a line that of their errors and depths.
        words: what a word may be.
    """

    name: str
    type: FieldType
    zh: str
    en: str
    unit: str = ""
    words: tuple[str, ...] = ()


def _fields(*kinds: FieldKind) -> Mapping[str, FieldKind]:
    return MappingProxyType({one.name: one for one in kinds})


_T = FieldType
RECORD_FIELDS: Final = _fields(
    FieldKind("held_at", _T.MOMENT, "时间", "When it took place"),
    FieldKind("attendees", _T.PEOPLE, "参加人员（姓名、所属方、岗位、机械）", "Who was there"),
    FieldKind("signatures", _T.SIGNATURES, "签字（姓名、所属方）", "Signatures: name, party"),
    FieldKind("number", _T.TEXT, "文件编号", "Number of the paper"),
    FieldKind("method", _T.WORD, "施工方式", "Method of the works", words=tuple(Method)),
    FieldKind("by_hand", _T.FLAG, "全部人工作业，不用机械", "All by hand, no machine"),
    FieldKind("quiz_passed", _T.FLAG, "交底考核合格", "Everybody briefed has passed the quiz"),
    FieldKind("hand_dig_m", _T.NUMBER, "管道两侧人工开挖距离", "Dug by hand within, on both sides of the pipe", "m"),
    FieldKind("clear_distance_m", _T.NUMBER, "顶管、定向钻与管道净距", "Clear distance of jacking or drilling", "m"),
    FieldKind("standby_person", _T.TEXT, "旁站（监护）人员", "Who stands by"),
    FieldKind("emergency_phone", _T.TEXT, "应急电话", "Emergency number"),
    FieldKind("inspections_per_day", _T.NUMBER, "每日巡查次数", "Inspections a day", "1/d"),
    FieldKind("valid_until", _T.MOMENT, "有效期至", "Valid until"),
    FieldKind("signs_up", _T.FLAG, "警示标志和围挡已设置", "Signs and barriers are up"),
    FieldKind("points", _T.POINTS, "实测点（位置、埋深、误差、管线编号）", "Measured points of the pipe", "m"),
    FieldKind("shift_from", _T.MOMENT, "接班时间", "Shift began"),
    FieldKind("shift_until", _T.MOMENT, "交班时间", "Shift ended"),
    FieldKind("pipe_distance_m", _T.NUMBER, "作业处至管道距离", "From the works to the pipe", "m"),
    FieldKind("gas_lel_pct", _T.NUMBER, "可燃气体浓度", "Gas reading", "%LEL"),
    FieldKind("exposed", _T.FLAG, "管道裸露", "The pipe lies bare"),
    FieldKind("leak_tight", _T.FLAG, "泄漏检测合格", "The leak test was passed"),
    FieldKind("cover_m", _T.NUMBER, "回填后覆土厚度", "Cover over the pipe after backfilling", "m"),
    FieldKind("signs_restored", _T.FLAG, "管线标志已恢复", "The pipe's signs stand again"),
    FieldKind("undamaged", _T.FLAG, "管道及防腐层无损伤或已修复", "Pipe and coating unhurt, or mended"),
    FieldKind("as_built", _T.LINE, "竣工管位（线、误差、管线编号）", "As built: course, error, pipe", "m"),
)
PARTY_WORDS: Final[Mapping[PartyRole, tuple[str, str]]] = MappingProxyType(
    {
        PartyRole.OWNER: ("建设单位", "owner"),
        PartyRole.CONTRACTOR: ("施工单位", "contractor"),
        PartyRole.SUPERVISING_ENGINEER: ("监理单位", "supervising engineer"),
        PartyRole.OPERATOR: ("燃气经营者", "gas operator"),
    }
)
ROLE_WORDS: Final[Mapping[PersonRole, tuple[str, str]]] = MappingProxyType(
    {
        PersonRole.MANAGER: ("管理人员", "manager"),
        PersonRole.SAFETY_OFFICER: ("安全员", "safety officer"),
        PersonRole.MACHINE_OPERATOR: ("机械操作人员", "machine operator"),
        PersonRole.WORKER: ("作业人员", "worker"),
        PersonRole.STANDBY: ("旁站人员", "standby"),
        PersonRole.LOCATOR: ("探管人员", "locator"),
        PersonRole.OTHER: ("其他", "other"),
    }
)
METHOD_WORDS: Final[Mapping[Method, tuple[str, str]]] = MappingProxyType(
    {
        Method.OPEN_CUT: ("明挖", "open cut"),
        Method.TRENCHLESS: ("定向钻等非开挖", "trenchless"),
        Method.PILING: ("打桩", "piling"),
        Method.DRILLING: ("钻探", "drilling"),
        Method.BLASTING: ("爆破", "blasting"),
        Method.EXCAVATION: ("基坑开挖", "excavation"),
        Method.PIPE_JACKING: ("顶管", "pipe jacking"),
        Method.OTHER: ("其他", "other"),
    }
)
MACHINE_WORDS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "excavator": ("挖掘机", "excavator"),
        "loader_dozer": ("装载机、推土机", "loader or bulldozer"),
        "dump_truck": ("渣土车", "dump truck"),
        "other": ("其他", "other"),
    }
)
