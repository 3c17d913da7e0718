"""A small stage for dedupe: machines with true places in metres, seen by exact or unsure cameras, frame by frame."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import cv2
import numpy as np
import pytest

from pipewarden.dedupe.facts import Policy
from pipewarden.dedupe.rules import Board, FrameHead, Sighting
from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.geo import LocalFrame
from pipewarden.locate import service as locate
from pipewarden.locate.facts import GroundPoint
from pipewarden.locate.rules.pose import axes
from pipewarden.perceive import store as perceive_store
from pipewarden.perceive.facts import Box, Finding, FindingClass, Look, Screened
from pipewarden.sense import service as sense
from pipewarden.sense.facts import NewCamera, NewObservation, ObservationKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pipewarden.kit.work import Work

HERE = (116.7, 39.5)
FRAME = LocalFrame(*HERE)
MIDNIGHT = 1_800_000_000.0


def look_of(number: int, blur: float = 0.0) -> Look:
    """A look of its own for each number; ``blur`` 0-1 turns it towards another."""
    rng = np.random.default_rng(number)
    features = rng.normal(size=64) * (1 - blur) + np.random.default_rng(10_000 + number).normal(size=64) * blur
    features /= np.linalg.norm(features)
    return Look(dhash=rng.bytes(32), features=tuple(features.tolist()))


@dataclass
class Stage:
    """Makes sightings with running ids, and plays frames onto a board."""

    policy: Policy = field(default_factory=Policy)
    count: int = 0

    def new_id(self) -> UUID:
        self.count += 1
        return UUID(int=self.count)

    def see(
        self,
        at: tuple[float, float] | None = None,
        *,
        stream: str = "cam-a",
        seconds: float = 0.0,
        frame: UUID | None = None,
        look: Look | None = None,
        box: tuple[float, float, float, float] | None = None,
        sigma: float = 0.5,
        own: float | None = 0.3,
        raises: bool = True,
        cls: str = "machine",
        kind: str | None = "excavator",
        score: float = 0.8,
        timed: bool = True,
    ) -> Sighting:
        """One finding at ``at`` metres east and north; by default its box moves 20 px per metre."""
        ground = None
        if at is not None:
            lon, lat = FRAME.to_lonlat(np.array([at]))[0].tolist()
            ground = GroundPoint(lon, lat, (sigma**2, 0.0, sigma**2))
        x, y = (600 + 20 * at[0], 300 - 4 * at[1]) if at is not None else (600, 300)
        ring: tuple[tuple[float, float], ...] = ()
        if at is not None:
            corners = np.array(at) + np.array([[-2, 0], [2, 0], [2, 3], [-2, 3]])
            ring = tuple((lon, lat) for lon, lat in FRAME.to_lonlat(corners).tolist())
        return Sighting(
            finding_id=self.new_id(),
            observation_id=frame or self.new_id(),
            stream=stream,
            seen_s=(MIDNIGHT if timed else 0.0) + seconds,
            timed=timed,
            cls=cls,
            type=kind,
            score=score,
            raises=raises,
            box=Box(*(box or (x, y, 120.0, 80.0))),
            size=(1280, 720),
            ground=ground,
            own=None if ground is None or own is None else (own**2, 0.0, own**2),
            footprint=ring,
            look=look,
        )

    def board(self) -> Board:
        return Board(self.policy, self.new_id)

    def play(
        self, board: Board, stream: str, seconds: float, sightings: list[Sighting], *, sequence: bool = True
    ) -> None:
        """Take one frame; the sightings' own frame and time are set to it."""
        frame = self.new_id()
        placed = [self.retimed(one, stream, seconds, frame) for one in sightings]
        seen = (MIDNIGHT if all(one.timed for one in placed) else 0.0) + seconds
        board.take(stream, FrameHead(seen, frame), placed, sequence=sequence)

    @staticmethod
    def retimed(one: Sighting, stream: str, seconds: float, frame: UUID) -> Sighting:

        return replace(one, stream=stream, observation_id=frame, seen_s=(MIDNIGHT if one.timed else 0.0) + seconds)


@pytest.fixture
def stage() -> Stage:
    """A fresh stage with the shipped policy."""
    return Stage()


@pytest.fixture
def looks() -> Callable[..., Look]:
    """Make looks: ``looks(3)`` is a look of its own."""
    return look_of


@pytest.fixture(scope="session")
def new_stage() -> type[Stage]:
    """Make stages: a property test needs a fresh one per example."""
    return Stage


START = datetime(2026, 11, 20, 0, 30, tzinfo=UTC)
SIZE = (1280, 720)


@dataclass
class Town:
    """Cameras of 8 m height that look at machines with true places in metres; writes the river above dedupe."""

    work: Work
    folder: Path
    count: int = 0
    poses: dict[str, tuple[UUID, tuple[float, float], float]] = field(default_factory=dict)

    def camera(self, key: str, at: tuple[float, float] = (0, 0), heading: float = 0.0) -> None:
        lon, lat = FRAME.to_lonlat(np.array([at]))[0].tolist()
        pose = {"height_m": 8, "heading_deg": heading, "tilt_deg": 20, "hfov_deg": 60}
        made = sense.register_camera(
            self.work,
            NewCamera(key=key, name=key, lon=lon, lat=lat, image_size=SIZE, calibration={"pose": pose}),
        )
        self.poses[key] = (made.id, at, heading)

    def box(self, key: str, at: tuple[float, float]) -> Box:
        """The box of a machine in the middle of ``at``, metres east and north: 3 m deep, 5 m wide and 3 m high."""
        _, standing, heading = self.poses[key]
        forward, right, down = axes(heading, 20, 0)
        away = np.array(at) - standing
        foot = away * (1 - 1.5 / np.hypot(*away))
        ray = np.array([foot[0], foot[1], -8.0])
        focal, depth = 640 / np.tan(np.radians(30)), float(ray @ forward)
        x, y = 640 + focal * (ray @ right) / depth, 360 + focal * (ray @ down) / depth
        width, height = 5 * focal / depth, 3 * focal / depth
        return Box(float(x - width / 2), float(y - height), float(width), float(height))

    def frame(
        self,
        stream: str,
        seconds: float,
        boxes: list[Box],
        *,
        classes: list[str] | None = None,
        scores: list[float] | None = None,
        types: list[str] | None = None,
        kind: ObservationKind = ObservationKind.FRAME,
        timed: bool = True,
        look: Look | None = None,
    ) -> UUID:
        """Write one observation with its findings and place it; return its id."""
        self.count += 1
        pixels = np.full((64, 64, 3), (self.count % 256, self.count // 256, len(stream)), np.uint8)
        picture = bytes(cv2.imencode(".png", pixels)[1].tobytes())
        camera_id = self.poses[stream][0] if stream in self.poses else None
        one = sense.observe(
            self.work,
            BlobStore(self.folder),
            NewObservation(
                stream=stream,
                source_id=f"{seconds}-{self.count}",
                kind=kind,
                picture=picture,
                picture_name=f"{self.count}.png",
                offset_s=seconds,
                at=START + timedelta(seconds=seconds) if timed else None,
                camera_id=camera_id,
            ),
        )
        known = [FindingClass(cls) for cls in classes or ["machine"] * len(boxes)]
        findings = tuple(
            Finding(
                id=self.work.ids.new(),
                tenant_id=self.work.tenant_id,
                observation_id=one.id,
                cls=cls,
                type=(types[n] if types else "excavator") if cls is FindingClass.MACHINE else None,
                score=scores[n] if scores else 0.8,
                raises=cls is FindingClass.MACHINE,
                box=box,
                look=look if cls is FindingClass.MACHINE else None,
                model="test-1",
            )
            for n, (box, cls) in enumerate(zip(boxes, known, strict=True))
        )
        # the screen's own store stands in for a run of the detector on painted pixels
        perceive_store.add(self.work, [Screened(one.id, *SIZE, findings, None)])
        locate.place(self.work, [one.id])
        return one.id

    def machines(self, stream: str, seconds: float, *places: tuple[float, float], **told: object) -> UUID:
        """Write a frame that shows machines at these places."""
        return self.frame(stream, seconds, [self.box(stream, at) for at in places], **told)  # type: ignore[arg-type]


@pytest.fixture
def town(work: Work, tmp_path: Path) -> Town:
    """A town on the rolled-back session."""
    return Town(work, tmp_path)


@pytest.fixture(scope="session")
def new_town() -> type[Town]:
    """Make towns on other sessions."""
    return Town
