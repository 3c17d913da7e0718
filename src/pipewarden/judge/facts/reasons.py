"""Why a verdict is what it is: codes that people, figures and translations can count on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  pydantic reads it when events are stored
from enum import StrEnum


class Rule(StrEnum):
    """The scene rules, in the order in which they are asked; each can be switched off for a camera."""

    FILED = "filed"
    OPEN_SITE = "open_site"
    YARD = "yard"
    CORRIDOR = "corridor"
    BACKGROUND = "background"
    PASSING = "passing"
    STATIONARY = "stationary"
    PARKED = "parked"
    UNCHANGED = "unchanged"


class Code(StrEnum):
    """One reason; the list is append-only."""

    # scene rules, against an alarm
    FILED = "filed"
    OPEN_SITE = "open_site"
    YARD = "yard"
    OUTSIDE_CORRIDOR = "outside_corridor"
    BACKGROUND = "background"
    PASSING = "passing"
    NOT_STATIONARY = "not_stationary"
    PARKED = "parked"
    UNCHANGED = "unchanged"
    # the place, against an alarm
    OUT_OF_RANGE = "out_of_range"
    # a model
    MODEL_YES = "model_yes"
    MODEL_NO = "model_no"
    MODEL_UNSURE = "model_unsure"
    MODEL_FAILED = "model_failed"
    # why a person is asked
    WORDS = "words"
    GAS_LEAK = "gas_leak"
    DEVICE = "device"
    WAITING = "waiting"
    ASKED = "asked"
    UNDECIDED = "undecided"
    ONE_VOICE = "one_voice"
    DISAGREE = "disagree"
    PRESENT_AGAIN = "present_again"
    INSTRUCTION = "instruction"
    GRAVER = "graver"
    CHANGED = "changed"
    LATE = "late"
    BROKEN = "broken"
    AUDIT = "audit"
    # ends of a silence without a question
    OVER = "over"
    # a person
    PERSON = "person"


PAPERS = frozenset({Code.FILED, Code.OPEN_SITE})  # say that works are known, not that there are none


@dataclass(frozen=True, slots=True)
class CodeName:
    """A reason in the two languages of the pages."""

    zh: str
    en: str


CODE_NAMES: dict[Code, CodeName] = {
    Code.FILED: CodeName("已备案且在许可时段内", "filed, within permitted hours"),
    Code.OPEN_SITE: CodeName("已有施工点", "belongs to an open site"),
    Code.YARD: CodeName("常设料场或停放场", "permanent yard"),
    Code.OUTSIDE_CORRIDOR: CodeName("在管廊范围外", "outside the camera's corridor"),
    Code.BACKGROUND: CodeName("空场时同一位置也反复出现", "also seen there while the scene was known empty"),
    Code.PASSING: CodeName("过路车辆", "passing vehicle"),
    Code.NOT_STATIONARY: CodeName("未停留", "did not stay at one place"),
    Code.PARKED: CodeName("停放未动的机械", "parked, not moved"),
    Code.UNCHANGED: CodeName("与此前画面一致", "unchanged since before"),
    Code.OUT_OF_RANGE: CodeName("在保护和控制范围外", "outside protection and control range"),
    Code.MODEL_YES: CodeName("模型复核：是", "second judge: yes"),
    Code.MODEL_NO: CodeName("模型复核：否", "second judge: no"),
    Code.MODEL_UNSURE: CodeName("模型复核：不确定", "second judge: unsure"),
    Code.MODEL_FAILED: CodeName("模型未能复核", "not second-judged"),
    Code.WORDS: CodeName("有人上报", "somebody reported it"),
    Code.GAS_LEAK: CodeName("检测到燃气泄漏", "gas was measured in the air"),
    Code.DEVICE: CodeName("仅设备报警，尚无画面或人员证实", "only a device says so, nobody has seen it"),
    Code.WAITING: CodeName("等待下一次画面", "waiting for the camera's next look"),
    Code.ASKED: CodeName("等待复核结果", "waiting for the second judge"),
    Code.UNDECIDED: CodeName("规则未能判定", "no rule decides it"),
    Code.ONE_VOICE: CodeName("仅模型否定，无旁证", "only a model says no"),
    Code.DISAGREE: CodeName("判据相互矛盾", "the voices disagree"),
    Code.PRESENT_AGAIN: CodeName("驳回后仍在原处", "still there after it was rejected"),
    Code.INSTRUCTION: CodeName("画面或文字中含有指令性内容", "words that read like an instruction"),
    Code.GRAVER: CodeName("位置变得更危险", "its place became graver"),
    Code.CHANGED: CodeName("与驳回时的样子不同", "no longer looks like what was rejected"),
    Code.LATE: CodeName("复核超时", "the second judge is late"),
    Code.BROKEN: CodeName("系统未能判定", "the house could not judge it"),
    Code.AUDIT: CodeName("抽检", "drawn for audit"),
    Code.OVER: CodeName("静默到期", "the silence is over"),
    Code.PERSON: CodeName("人工判定", "a person decided"),
}


class Source(StrEnum):
    """Whose voice a reason is: two voices of one source are one."""

    RULE = "rule"
    PLACE = "place"
    MODEL = "model"
    PERSON = "person"
    HOUSE = "house"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason of a verdict.

    Attributes:
        closes: it may reject alone; otherwise it only seconds a model's no.
        words: the figures behind it, for people.
        until: it cannot hold longer than this.
    """

    code: Code
    source: Source
    words: str = ""
    closes: bool = False
    until: datetime | None = None


class Look(StrEnum):
    """What came of asking one rule."""

    FIRED = "fired"  # it speaks against the alarm
    SILENT = "silent"  # it looked and has nothing to say
    BLIND = "blind"  # what it needs is not there
    OFF = "off"  # switched off for a camera of this alarm


@dataclass(frozen=True, slots=True)
class Outcome:
    """One rule asked about one alarm; ``reason`` is set exactly when it fired."""

    rule: Rule
    look: Look
    words: str = ""
    reason: Reason | None = None
