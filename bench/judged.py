"""What the judge made of alarms whose truth is known: the stages, the rules and the simulated judge of the ablations.

Everything counted here is rendered or synthetic (渲染, 合成). It shows what the cascade does with the alarms of a
screen, and is no accuracy of a detector on photographs.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.judge import service as judge
from pipewarden.judge.facts import JudgeCase, Look, Opinion, OpinionKind, Source, Verdict
from pipewarden.kit.shares import wilson
from pipewarden.people import service as people
from pipewarden.sense import service as sense
from pipewarden.sense.facts import NewObservation, ObservationKind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from uuid import UUID

    from pipewarden.judge.facts import Case
    from pipewarden.main.home import Home
    from pipewarden.main.replay import Replay
    from pipewarden.sense.facts import Camera

# a simulated second judge: what it says of works and of everything else; chosen, not measured on any model
RATES = {True: {"yes": 0.90, "unsure": 0.05, "no": 0.05}, False: {"yes": 0.10, "unsure": 0.10, "no": 0.80}}


@dataclass(frozen=True, slots=True)
class ScriptedJudge:
    """A SIMULATED second judge that is told the truth and errs at ``RATES``: no model looks at anything.

    Attributes:
        truth: whether the box of a case lies on works.
        seed: of its errors; the same alarm gets the same answer in every run.
    """

    truth: Callable[[JudgeCase], bool]
    seed: int
    name: str = "scripted"
    patience_s: float = 0.0

    def judge(self, case: JudgeCase) -> Opinion:
        """Say what its script says."""
        box = case.box
        drawn = hashlib.sha256(f"{self.seed} {case.picture} {box.x:.0f} {box.y:.0f}".encode()).digest()
        rates = RATES[self.truth(case)]
        chance = int.from_bytes(drawn[:4]) / 2**32
        limits = np.cumsum(list(rates.values()))
        kind = list(rates)[min(int(np.searchsorted(limits, chance, side="right")), len(rates) - 1)]
        return Opinion(OpinionKind(kind), judge=self.name, model="simulated")


@dataclass(frozen=True, slots=True)
class Judged:
    """One alarm with its truth.

    Attributes:
        site: the works that it stands at; None for a false one.
        what: what a false one is at.
        wanted: its works must come before a person: in range or unknown, and neither filed nor known.
    """

    site: str | None
    what: str
    wanted: bool
    case: Case


def show(live: Replay, camera: Camera, picture: bytes, name: str) -> None:
    """Let the camera take a picture now and the house look at it."""
    seen = NewObservation(
        stream=camera.key,
        source_id=name,
        kind=ObservationKind.FRAME,
        picture=picture,
        picture_name=name,
        at=live.clock.now(),
        camera_id=camera.id,
        rendered=True,
    )
    with live.river.home.work() as work:
        sense.observe(work, live.river.home.blobs, seen)
    live.river.drain()


def case_of(home: Home, alarm_id: UUID) -> Case:
    """Return the case of one alarm, as the house itself reads it."""
    with home.work() as work:
        return judge.verdict(work, people.operator(home.tenant_id), alarm_id)


def silent(case: Case) -> bool:
    """Tell whether the alarm comes before nobody."""
    return case.verdict is Verdict.REJECTED


def stages(
    alarms: Sequence[Judged], sites: Collection[str], *, frames: int, questions: int, simulated: bool
) -> dict[str, object]:
    """Return the table: the screen alone, with the scene rules, with the second judge.

    Args:
        alarms: of a run with the rules and a judge; what a rule silenced is known by whose word it is.
        sites: works that a camera can see.
        frames: pictures that were looked at.
        questions: put to the second judge.
        simulated: a judge that confirms ends the rules' say, so its run tells nothing of the rules alone.
    """
    ruled = [one for one in alarms if not (silent(one.case) and one.case.by is not Source.MODEL)]
    judged = [one for one in alarms if not silent(one.case)]
    last = _stage(judged, alarms, sites, questions / max(frames, 1)) | {
        "confirmed": sum(one.case.verdict is Verdict.CONFIRMED for one in judged),
        "confirmed_true": sum(one.case.verdict is Verdict.CONFIRMED and one.site is not None for one in judged),
        "to_people": sum(one.case.verdict is Verdict.PERSON for one in judged),
    }
    told = {"detector": _stage(alarms, alarms, sites, 0.0), "with_rules": _stage(ruled, alarms, sites, 0.0)}
    return {"detector": told["detector"], "with_judge": last} if simulated else told | {"with_judge": last}


def _stage(left: Sequence[Judged], before: Sequence[Judged], sites: Collection[str], calls: float) -> dict[str, object]:
    """Return one row; a site whose every alarm fell silent for papers or range is known, not missed."""
    found = {one.site for one in left if one.site is not None} & set(sites)
    known = {one.site for one in before if one.site is not None and not one.wanted} & set(sites) - found
    wanted = set(sites) - known
    true = sum(one.site is not None for one in left)
    return {
        "alarms": len(left),
        "false": dict(Counter(one.what for one in left if one.site is None)),
        "precision": _share(true, len(left)),
        "sites_found": len(found),
        "sites_known": len(known),
        "site_recall": _share(len(found & wanted), len(wanted)),
        "site_recall_known_as_missed": _share(len(found), len(sites)),
        "calls_per_frame": round(calls, 4),
    }


def _share(hits: int, of: int) -> list[float | None]:
    """Return the share and its 95 % interval (Wilson)."""
    told = wilson(hits, of)
    return [None if told.value is None else round(told.value, 3), round(told.low, 3), round(told.high, 3)]


def rules(alarms: Sequence[Judged]) -> dict[str, dict[str, int]]:
    """Return for each reason against an alarm: how often it was true, what it stopped, and how much of that wrongly.

    ``fired``: alarms of which it speaks at the end. ``stopped``: alarms that are silent for it at the end; an alarm may
    be silent for several. ``wrongly``: of those, works that must come before a person. ``woken``: silent for it at some
    time, and heard again since.
    """
    told: dict[str, Counter[str]] = {}
    for one in alarms:
        fired = {outcome.reason.code for outcome in one.case.scene if outcome.look is Look.FIRED and outcome.reason}
        now = {reason.code for reason in one.case.reasons} if silent(one.case) else set()
        ever = {reason.code for reason in one.case.silenced_by}
        for code in fired | now | ever:
            row = told.setdefault(str(code), Counter())
            row["fired"] += code in fired
            row["stopped"] += code in now
            row["wrongly"] += code in now and one.site is not None and one.wanted
            row["woken"] += code in ever and code not in now
    names = ("fired", "stopped", "wrongly", "woken")
    return {code: {name: row[name] for name in names} for code, row in sorted(told.items())}
