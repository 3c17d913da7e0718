"""A second judge that does not come back holds up neither what comes in nor what becomes of it (safety.md L2)."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipewarden.judge import jobs
from pipewarden.judge import service as judge
from pipewarden.judge.facts import JudgeCase, Opinion, OpinionKind, Verdict
from pipewarden.kit.settings import Settings
from pipewarden.main import scan
from pipewarden.main.files import open_sources
from pipewarden.main.home import open_home
from pipewarden.main.river import River, open_river
from pipewarden.people import service as people
from pipewarden.sim import service as sim

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

PATIENCE_S = 120.0  # longer than the test: had anything waited for the judge, it would fail and not just be slow


@dataclass
class Hanging:
    """Comes back when the test lets it."""

    name: str = "hanging"
    patience_s: float = PATIENCE_S
    asked: threading.Event = field(default_factory=threading.Event)
    free: threading.Event = field(default_factory=threading.Event)

    def judge(self, case: JudgeCase) -> Opinion:
        del case
        self.asked.set()
        assert self.free.wait(PATIENCE_S)
        return Opinion(OpinionKind.YES, judge=self.name, model="late 1")


def play(river: River, folder: Path, stream: str) -> list[UUID]:
    """Run a camera's pictures through the river and return the alarms of its stream."""
    (source,) = open_sources([str(folder)], every_s=0.0)
    made = scan.run(river, [scan.Feed(source, None, stream)], lambda _done, _all: None).alarms
    return [one.id for one in made if stream in one.streams]


def test_the_river_runs_on_while_a_judge_hangs() -> None:
    second = Hanging()
    with open_home(Settings(), temporary=True) as home, open_river(home, second=second) as river:
        folder = next(one.folder for one in sim.demo_cameras() if one.key == "cam-11")
        (first,) = play(river, folder, "one")
        hand = threading.Thread(target=jobs.ask_waiting, args=(home.factory.begin, river.bench))
        hand.start()
        try:
            assert second.asked.wait(PATIENCE_S)
            assert len(play(river, folder, "two")) == 1
            with home.work() as work:  # the very alarm that is being asked about changes
                judge.consider(work, river.bench, [first])
            jobs.sweep(home.factory.begin, river.bench)
            assert hand.is_alive()
            assert not second.free.is_set()
        finally:
            second.free.set()
            hand.join(PATIENCE_S)
        with home.work() as work:
            case = judge.verdict(work, people.operator(home.tenant_id), first)
        assert case.verdict is Verdict.CONFIRMED
