"""A small stage for dedupe: machines with true places in metres, seen by exact or unsure cameras, frame by frame."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
import pytest

from pipewarden.dedupe.facts import Policy
from pipewarden.dedupe.rules import Board, FrameHead, Sighting
from pipewarden.kit.geo import LocalFrame
from pipewarden.locate.facts import GroundPoint
from pipewarden.perceive.facts import Box, Look

if TYPE_CHECKING:
    from collections.abc import Callable

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
