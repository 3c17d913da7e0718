"""A strike of the papers' site with its log, as casework keeps them."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from site_life import TENANT

from pipewarden.casework.facts.strike import (
    CallLine,
    Damage,
    DamageSaid,
    Facility,
    Gas,
    Known,
    LineCalled,
    Reach,
    RootCause,
    Situation,
    Spoken,
    StrikeBody,
    StrikeEvent,
    StrikeFile,
    StrikeOpened,
    StrikeOver,
    StrikePlaced,
    StrikePlan,
    Task,
    TaskDone,
)
from pipewarden.casework.rules.strike import apply_strike
from pipewarden.network.facts import PressureClass
from pipewarden.network.facts.isolation import Basis, Isolation

PLAN = StrikePlan(
    reach=Reach(150.0, Gas.NATURAL, PressureClass.MEDIUM, (), "CN"),
    isolation=Isolation(Basis.ISOLATED, None, pipes=("P-7", "P-8"), ends=5),
    areas=("东区",),
    calls=(CallLine("fire", Spoken("消防 119", "fire"), "reporter", Spoken("a", "a"), "b", "119"),),
    tasks=(Task("cordon", Spoken("设警戒", "cordon off"), "patroller", "b"),),
)
DAMAGE = Damage(
    Facility.MAIN, PressureClass.MEDIUM, 200.0, 1.1, "open_cut", "excavator", Known.NO, Known.NO, Known.UNKNOWN,
    Known.NO, Known.NO, RootCause.UNFILED, homes=120, hours=5.5, cost_cny=80000.0, near_miss=False,
)  # fmt: skip


def struck(
    at: datetime, *more: StrikeBody, words: str = "挖机挖断，有气味", number: int = 1
) -> tuple[StrikeFile, tuple[StrikeEvent, ...]]:
    """Return a strike that somebody reported, and what happened to it a minute apart each."""
    site = UUID(int=1)
    opened = StrikeOpened(False, site, words, 116.7002, 39.5001, Gas.NATURAL, PLAN, ())
    log = [
        StrikeEvent(
            UUID(int=9000 + 100 * number + place), TENANT, UUID(int=900 + number), at + timedelta(minutes=place),
            "person:2" if place % 2 else "person:1", place + 1, body,
        )
        for place, body in enumerate((opened, *more))
    ]  # fmt: skip
    file = apply_strike(None, log[0])
    for one in log[1:]:
        file = apply_strike(file, one)
    return file, tuple(log)


WHOLE_LOG: tuple[StrikeBody, ...] = (
    LineCalled("fire", "已出动"),
    Situation("reported again: 又有人报", tell=False),
    TaskDone("cordon", ""),
    StrikePlaced(116.7002, 39.5001, Gas.NATURAL, "P-7", PLAN),
    Situation("路口已封闭", tell=True),
    StrikeOver("气已停"),
)
SAID = DamageSaid(DAMAGE)
