"""What became of a report in plain words: steps from what really happened, and the answer with the rule behind it.

The words name nobody, no other reporter, no pipe and no distance. Whoever has the link may read them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipewarden.field.facts.reports import Answer, ReportState, Step

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pipewarden.field.facts.reports import Report

_STEPS = {
    "received": ("已收到", "Received"),
    "danger": ("已通知值班人员", "Whoever is on duty has been told"),
    "waiting": ("等待人工确认地点或内容", "A person looks where and what it is"),
    "placed": ("已定位", "Placed"),
    "aside": ("人工核对：不属于本单位处理范围", "A person looked: it is not ours to handle"),
    "confirmed_by_you": ("已作为一次确认计入", "Counted as a confirmation"),
    "joined": ("与同一地点的线索合并", "Joined with what is known of the same place"),
    "copy": ("照片与此前的一份上报相同", "The picture came with an earlier report"),
    "judged_person": ("自动核对未能判定，由人员查看", "Not decided automatically: a person looks"),
    "judged_confirmed": ("核对认为有施工", "Checked: works are likely"),
    "judged_rejected": ("核对认为无需处理", "Checked: nothing to be done"),
    "site": ("已建立施工点，有人负责", "A site was opened and somebody is in charge"),
    "accepted": ("负责人已接受", "Whoever is in charge has accepted it"),
    "arrived": ("人员已到场", "Somebody is on the spot"),
    "verified_true": ("现场确认有施工", "Works confirmed on the spot"),
    "verified_false": ("现场确认没有施工", "No works on the spot"),
    "stop_ordered": ("已要求停工", "The works were told to stop"),
    "resumed": ("已允许复工", "The works may go on"),
    "struck": ("按管道受损处置", "Handled as a damaged pipe"),
    "ended": ("已结束", "Ended"),
    "closed": ("已办结", "Closed"),
    "said": ("您补充了说明", "You added words"),
    "thanks": ("感谢上报", "Thank you"),
    "reward": ("已申请奖励", "A reward was asked for"),
}
# reasons that need no expert: the judge's code, and what it means to whoever reported
_WHY = {
    "filed": ("施工已备案，在许可时段内", "the works are filed and within their hours"),
    "open_site": ("已有施工点在跟进", "a known site is being followed"),
    "yard": ("是常设料场或停放场", "it is a permanent yard"),
    "passing": ("是过路车辆", "it was a passing vehicle"),
    "parked": ("机械停放未动", "the machine is parked"),
    "unchanged": ("与此前画面一致", "nothing has changed since before"),
    "out_of_range": ("该处不在燃气设施保护和控制范围内", "no gas facility's range reaches there"),
    "model_no": ("照片中没有看到施工", "the picture shows no works"),
    "model_yes": ("照片中看到施工", "the picture shows works"),
    "person": ("人员查看后决定", "a person looked and decided"),
}
DUTY = "城镇燃气管理条例（2016-02-06）第三十七条"  # whoever builds asks for the pipes first, and keeps to a plan


@dataclass(frozen=True, slots=True)
class Known:
    """What the river and casework know of a report's alarm and site.

    Attributes:
        joined_at: when its observation went into the alarm; None while it did not.
        first: its own observation made the alarm.
        verdict: ``person``, ``confirmed`` or ``rejected``; None while nobody has judged.
        codes: the reasons of the verdict.
        due: a person is to look now.
        site: its events in order: when, and which of the words above.
        open: the site is open; None where there is none.
        filing: filed, unfiled or unknown.
        clause: the rule whose range reaches the place.
    """

    joined_at: datetime | None = None
    first: bool = True
    verdict: str | None = None
    judged_at: datetime | None = None
    codes: tuple[str, ...] = ()
    due: bool = False
    site: tuple[tuple[datetime, str], ...] = ()
    open: bool | None = None
    filing: str = "unknown"
    clause: str | None = None
    reward_at: datetime | None = None


def step(at: datetime, key: str) -> Step:
    """Return a step in its words."""
    zh, en = _STEPS[key]
    return Step(at, key, zh, en)


def steps(report: Report, known: Known, said: Sequence[datetime] = ()) -> list[Step]:
    """Return everything that happened to a report, oldest first."""
    found = [step(report.received_at, "received")]
    if report.called_at is not None:
        found.append(step(report.called_at, "danger"))
    if report.state is ReportState.WAITING:
        found.append(step(report.received_at, "waiting"))
    if report.state is ReportState.ASIDE:
        found.append(step(report.received_at, "aside"))
    if report.copy_of is not None:
        found.append(step(report.received_at, "copy"))
    if known.joined_at is not None:
        word = "confirmed_by_you" if report.confirms is not None else "placed" if known.first else "joined"
        found.append(step(known.joined_at, word))
    if known.verdict is not None and known.judged_at is not None:
        found.append(step(known.judged_at, f"judged_{known.verdict}"))
    found += [step(at, word) for at, word in known.site]
    found += [step(at, "said") for at in said]
    if known.reward_at is not None:
        found.append(step(known.reward_at, "reward"))
    return sorted(found, key=lambda one: one.at)  # sorted is stable: what came at one moment stays in order


def state(report: Report, known: Known) -> str:
    """Return the one word that a status page begins with."""
    if report.state is not ReportState.TAKEN:
        return report.state.value
    if known.open is not None:
        return _of_site([word for _, word in known.site], is_open=known.open)
    if known.verdict == "rejected":
        return "rejected"
    if known.verdict == "person" and known.due:
        return "person"
    return "confirmed" if known.verdict == "confirmed" else "received" if known.joined_at is None else "checking"


def _of_site(words: Sequence[str], *, is_open: bool) -> str:
    if not is_open:
        return "not_works" if "verified_false" in words else "closed"
    return "verified" if "verified_true" in words else "in_hand"


_ANSWERS = {
    "waiting": (
        "已收到。由人员先确认地点或内容，再答复您。",
        "Received. A person first looks where and what it is.",
    ),
    "aside": ("人员看过：不属于本单位处理的事项。", "A person has looked: it is not ours to handle."),
    "received": ("已收到，正在核对。", "Received; it is being checked."),
    "checking": ("已收到，正在核对。", "Received; it is being checked."),
    "person": ("自动核对把握不足，由人员查看。", "The automatic check is not sure enough: a person looks."),
    "confirmed": ("核对认为有施工，正在派人。", "Works are likely; somebody is being sent."),
    "in_hand": ("已有人负责，正在处理。", "Somebody is in charge and sees to it."),
    "verified": ("现场确认有施工，正在处理。", "Works were confirmed on the spot and are being handled."),
    "not_works": ("人员到现场看过：没有施工。", "Somebody went there: there are no works."),
    "closed": ("已办结。", "It is closed."),
}
_UNFILED = ("未查到备案。", "No filing was found.")
_FILED = ("施工已备案。", "The works are filed.")


def answer(report: Report, known: Known) -> Answer:
    """Return the answer in words, with the rule where one decided; where nothing is sure, a person looks."""
    now = state(report, known)
    if now == "rejected":
        why = next((_WHY[code] for code in known.codes if code in _WHY), None)
        if why is None:
            return Answer(*_ANSWERS["person"])
        code = next(code for code in known.codes if code in _WHY)
        return Answer(f"经核对，无需处理：{why[0]}。", f"Checked; nothing to be done: {why[1]}.", f"rule:{code}")
    zh, en = _ANSWERS[now]
    if now in {"confirmed", "in_hand", "verified"}:
        more = {"filed": _FILED, "unfiled": _UNFILED}.get(known.filing)
        if more is not None:
            zh, en = zh + more[0], f"{en} {more[1]}"
        return Answer(zh, en, known.clause or DUTY)
    return Answer(zh, en)
