"""Casework's chain and act's channels together: an owner whose channels are dead does not cost the chain minutes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
import shapely
from act_office import DEAD, MAIL, WECOM, Office, Way
from sqlalchemy import text

from pipewarden.act import jobs, service
from pipewarden.act.service import AckState
from pipewarden.casework import service as casework
from pipewarden.casework.facts import CALLED, Discovered
from pipewarden.main.act import CaseworkDesk
from pipewarden.network.facts import Zone
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, NewArea, Role

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.act.service import Post
    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work

PLACE = (116.3, 39.7)
MOMENT = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)


class Shift:
    """Two on duty for one beat: a dispatcher's place and the manager's, with casework's own chain between them."""

    def __init__(self, work: Work, clock: SetClock) -> None:
        self.office = Office(work, clock)
        self.work, self.clock = work, clock
        root = people.operator(work.tenant_id)
        square = bytes(shapely.to_wkb(shapely.box(116.2, 39.6, 116.4, 39.8)))
        self.beat = people.add_area(work, root, NewArea("beat", "一号巡线段", wkb=square)).id
        self.first = self.office.person(WECOM, role=Role.SAFETY_MANAGER)
        self.second = self.office.person(MAIL, role=Role.SAFETY_MANAGER)
        now = clock.now()
        span = {"begins_at": now, "ends_at": now + timedelta(hours=12)}
        for rank, person in enumerate((self.first, self.second), start=1):
            people.put_on_duty(work, root, person, Role.SAFETY_MANAGER, self.beat, **span, rank=rank)

    @property
    def post(self) -> Post:
        made = self.office.post
        return type(made)(CaseworkDesk(), made.channels, made.secret, made.public_url)

    def tick(self, seconds: float = 2.0) -> None:
        """Let the worker come by: deadlines, calls, the outbox."""
        casework.sweep(self.work)
        self.bring()
        jobs.send_waiting(self.office.begin, self.post, hands=1)
        self.clock.advance(timedelta(seconds=seconds))

    def bring(self) -> None:
        said = [one.fact_id for one in self.work.take_facts() if one.kind == CALLED]
        service.deliver(self.work, self.post, said)

    def sent(self, kind: str) -> list[str]:
        return [one.body for one in self.office.ways[kind].sent]


@pytest.fixture
def shift(work: Work, clock: SetClock) -> Shift:
    return Shift(work, clock)


def open_site(shift: Shift) -> UUID:
    return casework.open_site(shift.work, Discovered(None, Zone.PROTECTION, 1, *PLACE, "an excavator at a pipe")).id


def test_a_new_site_reaches_its_owner_with_level_place_and_link(shift: Shift) -> None:
    site = open_site(shift)
    for _ in range(5):
        shift.tick()
    sent = shift.sent("wecom") + shift.sent("email")
    assert sent, "nobody was told"
    assert "Ⅰ级 红" in sent[0]
    assert "地点：一号巡线段 116.30000, 39.70000，保护范围内" in sent[0]
    assert f"https://gas.example.org/sites/{site}" in sent[0]
    assert "https://gas.example.org/v1/ack/" in sent[0]


def test_the_link_stops_the_chain(shift: Shift) -> None:
    open_site(shift)
    shift.tick()
    shift.tick()
    kind = "wecom" if shift.sent("wecom") else "email"
    token = shift.sent(kind)[0].rpartition("/v1/ack/")[2].strip()
    platform = type(shift.work)(session=shift.work.session, clock=shift.clock, ids=shift.work.ids, tenant_id=PLATFORM)
    assert service.acknowledge(platform, shift.post, token).state is AckState.DONE
    before = len(shift.sent("wecom") + shift.sent("email"))
    for _ in range(60):
        shift.tick(5.0)
    assert len(shift.sent("wecom") + shift.sent("email")) == before, "five quiet minutes"


def test_a_dead_channel_makes_the_chain_climb_at_once(shift: Shift) -> None:
    for kind in ("wecom", "email"):
        shift.office.ways[kind] = Way(DEAD)
    open_site(shift)
    while not (shift.sent("wecom") and shift.sent("email")):
        shift.tick()
        assert shift.clock.now() < MOMENT + timedelta(minutes=4), "the chain slept through it"
    steps = casework_steps(shift)
    assert [step for step, _ in steps[:3]] == sorted({step for step, _ in steps[:3]}), "it climbs"
    gaps = [later - sooner for (_, sooner), (_, later) in pairwise(steps[:3])]
    assert max(gaps) <= timedelta(seconds=20), "each step as soon as the one before is known to be in vain"


def casework_steps(shift: Shift) -> list[tuple[int, datetime]]:
    """Return (step, when) of the calls that casework made."""
    rows = shift.work.session.execute(text("SELECT step, at FROM casework_calls ORDER BY at, id"))
    return [(row.step, row.at) for row in rows]
