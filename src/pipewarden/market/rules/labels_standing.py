"""How a person stands, by gold items in the order they were answered: Wald's sequential test, kept running.

The score is the log of how much likelier a bad person is than a good one. It starts at nought, goes up with a wrong
gold and down with a right one, and never below the border of passing (Page 1954): who has been good for a year and
then stops looking is found as quickly as who begins so.
"""

from __future__ import annotations

from datetime import datetime, time
from math import log
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pipewarden.market.facts.labels import Standing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipewarden.market.facts.labels import Trial

_ZONE = ZoneInfo("Asia/Shanghai")


def told_until(now: datetime) -> datetime:
    """Return until when answers count in what people are told of somebody: the start of the day.

    Told at once, it would say which of the items just answered had been gold.
    """
    return datetime.combine(now.astimezone(_ZONE).date(), time(), _ZONE)


def standing(gold: Iterable[bool], trial: Trial) -> Standing:
    """Return how somebody stands after these gold answers (True: right), the oldest first.

    Once stopped, right answers lift nobody: a person has to look, and the count begins anew from there.
    """
    stops, passes = log((1.0 - trial.pass_risk) / trial.stop_risk), log(trial.pass_risk / (1.0 - trial.stop_risk))
    up, down = log((1.0 - trial.bad) / (1.0 - trial.good)), log(trial.bad / trial.good)
    score, passed = 0.0, False
    for right in gold:
        score = max(passes, score + (down if right else up))
        if score >= stops:
            return Standing.STOPPED
        passed = score <= passes or (passed and score < 0.0)
    return Standing.GOOD if passed else Standing.TRIAL
