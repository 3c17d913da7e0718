"""A street for the judge: cameras that see machines as written down, through dedupe's real grouping."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from pipewarden.dedupe import service as dedupe
from pipewarden.dedupe.facts import Policy
from pipewarden.judge import service, store
from pipewarden.judge.adapters.people import LocalJudge
from pipewarden.judge.facts import Case, JudgeCase, Opinion, OpinionKind
from pipewarden.judge.rules import fold
from pipewarden.judge.service import Bench
from pipewarden.kit.blobs import BlobStore
from pipewarden.locate import service as locate
from pipewarden.network.facts import UNKNOWN, Zone, ZoneAnswer
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM
from pipewarden.perceive import store as perceive_store
from pipewarden.perceive.facts import Box, Finding, FindingClass, Look, Screened
from pipewarden.sense import service as sense
from pipewarden.sense.facts import NewCamera, NewEvent, NewObservation, ObservationKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path
    from uuid import UUID

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

SIZE = (1280, 720)
HERE = (116.7, 39.5)
POSE = {"height_m": 8, "heading_deg": 0, "tilt_deg": 20, "hfov_deg": 60}
PLACE = (600.0, 400.0, 120.0, 80.0)


def look_of(number: int) -> Look:
    """A look of its own for each number."""
    rng = np.random.default_rng(number)
    features = rng.normal(size=64)
    features /= np.linalg.norm(features)
    return Look(dhash=rng.bytes(32), features=tuple(features.tolist()))


@dataclass
class Scripted:
    """A second judge behind the port that says what the test wrote down, one after the other, then repeats.

    Attributes:
        says: opinions, or something to raise, or anything else that a broken judge returns.
        cases: what it was asked.
    """

    says: list[object]
    patience_s: float = 20.0
    name: str = "scripted"
    cases: list[JudgeCase] = field(default_factory=list)

    def judge(self, case: JudgeCase) -> Opinion:
        self.cases.append(case)
        said = self.says[min(len(self.cases), len(self.says)) - 1]
        if isinstance(said, Exception):
            raise said
        return said  # type: ignore[return-value]  a broken judge returns anything


def opinion(kind: str, **more: object) -> Opinion:
    """An opinion of a model."""
    told: dict[str, object] = {"judge": "scripted", "model": "test-vl", "cost": 12}
    return Opinion(OpinionKind(kind), **(told | more))  # type: ignore[arg-type]


@dataclass
class Street:
    """Writes the river above the judge and drains the judge by hand; the zone of every place is what the test says."""

    work: Work
    clock: SetClock
    folder: Path
    zone: Zone = Zone.PROTECTION
    bench: Bench = field(default_factory=lambda: Bench(second=LocalJudge()))
    count: int = 0
    cameras: dict[str, UUID] = field(default_factory=dict)
    draw: Callable[[int, str], bytes] = field(
        default=lambda count, stream: b"picture %d of %s" % (count, stream.encode())
    )

    def camera(self, key: str = "cam-a", *, calibrated: bool = False, rendered: bool = False) -> UUID:
        made = sense.register_camera(
            self.work,
            NewCamera(
                key=key,
                name=key,
                lon=HERE[0] + 0.01 * len(self.cameras),  # a kilometre apart: no two see the same machine
                lat=HERE[1],
                image_size=SIZE,
                calibration={"pose": POSE} if calibrated else None,
                rendered=rendered,
            ),
        )
        self.cameras[key] = made.id
        return made.id

    def frame(
        self,
        *boxes: tuple[float, float, float, float],
        stream: str = "cam-a",
        looks: list[Look | None] | None = None,
        scores: list[float] | None = None,
        step_s: float = 600.0,
        kind: ObservationKind = ObservationKind.FRAME,
        picture: bytes | None = None,
    ) -> UUID:
        """Let time pass, write a frame taken now that shows machines in these boxes, and group it."""
        self.clock.advance(timedelta(seconds=step_s))
        if stream not in self.cameras:
            self.camera(stream)
        self.count += 1
        one = sense.observe(
            self.work,
            BlobStore(self.folder),
            NewObservation(
                stream=stream,
                source_id=f"f{self.count}",
                kind=kind,
                picture=picture or self.draw(self.count, stream),
                picture_name=f"{self.count}.jpg",
                at=self.clock.now(),
                camera_id=self.cameras[stream],
            ),
        )
        findings = tuple(
            Finding(
                id=self.work.ids.new(),
                tenant_id=self.work.tenant_id,
                observation_id=one.id,
                cls=FindingClass.MACHINE,
                type="excavator",
                score=0.8 if scores is None else scores[n],
                raises=(0.8 if scores is None else scores[n]) >= 0.4,
                box=Box(*box),
                look=look_of(7) if looks is None else looks[n],
                model="test-1",
            )
            for n, box in enumerate(boxes)
        )
        self.place(one.id, Screened(one.id, *SIZE, findings, None))
        return one.id

    def place(self, observation_id: UUID, screened: Screened) -> None:
        perceive_store.add(self.work, [screened])
        locate.place(self.work, [observation_id])
        dedupe.join(self.work, Policy(), [observation_id])
        self.work.take_facts()

    def report(self, words: str = "挖机在管线旁", at: tuple[float, float] = HERE) -> UUID:
        """Let a person report works at a place, grouped as the river does it."""
        self.count += 1
        taken = sense.take(
            self.work,
            BlobStore(self.folder),
            people.operator(self.work.tenant_id),
            NewEvent(
                observation=NewObservation(
                    stream=f"phone-{self.count}",
                    source_id=f"r{self.count}",
                    kind=ObservationKind.REPORT,
                    picture=b"",
                    picture_name="words",
                ),
                source="phone",
                event_id=f"r{self.count}",
                words=words,
                lon=at[0],
                lat=at[1],
                accuracy_m=5.0,
            ),
        )
        one = taken.observation.id
        said = Finding(
            id=self.work.ids.new(),
            tenant_id=self.work.tenant_id,
            observation_id=one,
            cls=FindingClass.REPORT,
            type=None,
            score=0.0,
            raises=True,
            box=Box(0.0, 0.0, 0.0, 0.0),
            look=None,
            model="words",
        )
        self.place(one, Screened(one, None, None, (said,), None))
        return one

    def seen(self, times: int = 2, *box: float, **told: object) -> UUID:
        """Show one machine so often that it is an alarm, let the judge consider it, and return the alarm."""
        where = (box[0], box[1], box[2], box[3]) if box else PLACE
        for _ in range(times):
            frame = self.frame(where, **told)  # type: ignore[arg-type]
        self.judge()
        return self.alarm_of(frame)

    def begin(self, tenant_id: UUID) -> AbstractContextManager[Work]:
        """Stand in for a transaction of its own: the test's session, for whichever tenant."""
        return nullcontext(
            self.work if tenant_id in {self.work.tenant_id, PLATFORM} else replace(self.work, tenant_id=tenant_id)
        )

    def alarm_of(self, observation_id: UUID) -> UUID:
        return next(
            one.id for one in self.alarms() if any(member.observation_id == observation_id for member in one.members)
        )

    def alarms(self) -> list[dedupe.Alarm]:  # type: ignore[name-defined]
        return dedupe.alarms(self.work, limit=500)

    def judge(self, *alarm_ids: UUID) -> None:
        """Consider every alarm, or these, as the drain does."""
        service.consider(self.work, self.bench, alarm_ids or [one.id for one in self.alarms()])

    def case(self, alarm_id: UUID) -> Case:
        """Return the case, after proof that its events add up to it."""
        case = store.cases.read(self.work, [alarm_id])[alarm_id]
        first = Case(alarm_id=alarm_id, tenant_id=self.work.tenant_id, due_at=case.due_at)
        folded = fold(first, store.cases.events(self.work, alarm_id))
        assert folded == case
        return case

    def kinds(self, alarm_id: UUID) -> list[str]:
        return [one.body.kind for one in store.cases.events(self.work, alarm_id)]

    def codes(self, alarm_id: UUID) -> list[str]:
        return [one.code.value for one in self.case(alarm_id).reasons]

    def queue(self, actor: Actor | None = None) -> list[UUID]:
        found = service.reviews(self.work, actor or self.root(), limit=200)
        return [one.case.alarm_id for one in found]

    def root(self) -> Actor:
        return people.operator(self.work.tenant_id)


@pytest.fixture
def street(work: Work, clock: SetClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Street:
    """A street on the rolled-back session."""
    made = Street(work, clock, tmp_path)

    def answer_many(_work: Work, lonlat: np.ndarray, **_told: object) -> list[ZoneAnswer]:
        return [
            ZoneAnswer(**{name: getattr(UNKNOWN, name) for name in ZoneAnswer.__slots__} | {"zone": made.zone})
            for _ in lonlat
        ]

    monkeypatch.setattr("pipewarden.network.service.answer_many", answer_many)
    return made


@pytest.fixture(scope="session")
def says() -> Callable[..., Opinion]:
    """Make opinions: ``says("no")``."""
    return opinion


@pytest.fixture(scope="session")
def scripted() -> type[Scripted]:
    """Make second judges that say what is written down."""
    return Scripted


@pytest.fixture(scope="session")
def looks() -> Callable[[int], Look]:
    """Make looks."""
    return look_of
