"""Pictures whose content is known and models that answer by it, so that perceive itself is what is tested.

The decoder is the real one. The scripted screen finds the pure-coloured rectangles of a picture: blue ones are
machines, green ones persons, red ones cones; the score is the rectangle's own brightness.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from pipewarden.inference.facts import Detections, ModelRef
from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.emit import Drain
from pipewarden.kit.errors import UnavailableError
from pipewarden.kit.work import FactRef, Work
from pipewarden.perceive.jobs import make_drain
from pipewarden.sense import service as sense
from pipewarden.sense.adapters.decoder import ChildDecoder
from pipewarden.sense.facts import NewObservation, Observation, ObservationKind

Pixels = NDArray[np.uint8]


@dataclass
class ScriptedDetector:
    """Finds rectangles by colour; fails when told to."""

    ref: ModelRef = ModelRef(name="screen", version="7", sha256="a" * 64)  # noqa: RUF009  frozen
    classes: tuple[str, ...] = ("machine", "person", "cone")
    thresholds: dict[str, float] = field(default_factory=lambda: {"machine": 0.5, "person": 0.5, "cone": 0.5})
    shapes: list[tuple[int, ...]] = field(default_factory=list)
    broken: bool = False

    def detect(self, pixels: Pixels) -> Detections:
        self.shapes.append(pixels.shape)
        if self.broken:
            raise UnavailableError(field="screen-7", problem="the model failed", fix="Wait.")
        rows: list[tuple[float, int, list[float]]] = []
        for index in range(3):
            others = np.delete(pixels, index, axis=2).max(axis=2)
            mask = ((pixels[..., index] > 60) & (others < 40)).astype(np.uint8)
            count, _, stats, _ = cv2.connectedComponentsWithStats(mask)
            for x, y, w, h, area in stats[1:count]:
                if area >= 30:
                    brightness = float(pixels[y + h // 2, x + w // 2, index]) / 255
                    rows.append((brightness, index, [x, y, x + w, y + h]))
        rows.sort(key=lambda row: -row[0])
        return Detections(
            boxes=np.array([row[2] for row in rows], np.float32).reshape(-1, 4),
            scores=np.array([row[0] for row in rows], np.float32),
            classes=np.array([row[1] for row in rows], np.int64),
        )


@dataclass
class ScriptedLook:
    """Answers the mean colour; remembers how many crops it was shown at a time."""

    ref: ModelRef = ModelRef(name="look", version="2", sha256="b" * 64)  # noqa: RUF009  frozen
    side: int = 32
    batches: list[int] = field(default_factory=list)

    def features(self, crops: Sequence[Pixels]) -> NDArray[np.float32]:
        self.batches.append(len(crops))
        assert all(crop.shape == (32, 32, 3) for crop in crops)
        return np.array([crop.mean(axis=(0, 1)) + 1 for crop in crops], np.float32)


@dataclass
class ScriptedTypes:
    """Calls everything an excavator."""

    ref: ModelRef = ModelRef(name="type", version="3", sha256="c" * 64)  # noqa: RUF009  frozen

    def classify(self, features: NDArray[np.float32]) -> list[tuple[str, float]]:
        return [("excavator", 0.9)] * len(features)


def jpeg(pixels: Pixels) -> bytes:
    done, encoded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 95])
    assert done
    return bytes(encoded.tobytes())


def street(*shapes: tuple[str, tuple[int, int, int, int], int], size: tuple[int, int] = (1280, 720)) -> Pixels:
    """Return a grey picture of ``size`` with coloured rectangles (colour, x y w h, brightness 0-255)."""
    pixels = np.full((size[1], size[0], 3), 120, np.uint8)
    for colour, (x, y, w, h), level in shapes:
        pixels[y : y + h, x : x + w] = 0
        pixels[y : y + h, x : x + w, "bgr".index(colour)] = level
    return pixels


@dataclass
class Bench:
    """One perceive with everything around it."""

    work: Work
    blobs: BlobStore
    decoder: ChildDecoder
    detector: ScriptedDetector
    look: ScriptedLook
    drain: Drain
    numbers: Iterator[int]

    @staticmethod
    def street(*shapes: Any, size: tuple[int, int] = (1280, 720)) -> Pixels:
        return street(*shapes, size=size)

    @staticmethod
    def jpeg(pixels: Pixels) -> bytes:
        return jpeg(pixels)

    def observe(self, picture: bytes, stream: str = "cam-1") -> Observation:
        number = next(self.numbers)
        return sense.observe(
            self.work,
            self.blobs,
            NewObservation(
                stream=stream,
                source_id=str(number),
                kind=ObservationKind.FRAME,
                picture=picture,
                picture_name=f"frame-{number}.jpg",
                offset_s=float(number),
            ),
        )

    def say(self, name: str, stream: str = "person:1") -> Observation:
        return sense.observe(
            self.work,
            self.blobs,
            NewObservation(
                stream=stream, source_id=name, kind=ObservationKind.REPORT, picture=b"", picture_name=f"phone {name}"
            ),
        )

    def run(self, *observations: Observation) -> list[FactRef]:
        """Drain the observations and return the facts that perceive emitted."""
        self.work.take_facts()
        facts = [
            FactRef(kind="sense.observed", partition=one.stream, tenant_id=one.tenant_id, fact_id=one.id)
            for one in observations
        ]
        while facts:
            facts = facts[self.drain(self.work, facts) :]
        return self.work.take_facts()


@pytest.fixture(scope="session")
def decoder() -> Iterator[ChildDecoder]:
    with ChildDecoder() as made:
        yield made


@pytest.fixture
def bench(work: Work, tmp_path: Path, decoder: ChildDecoder) -> Bench:
    blobs, detector, look = BlobStore(tmp_path / "blobs"), ScriptedDetector(), ScriptedLook()
    ticks = itertools.count()
    drain = make_drain(detector, look, ScriptedTypes(), decoder, blobs, stopwatch=lambda: next(ticks) / 1000)
    return Bench(work, blobs, decoder, detector, look, drain, itertools.count())
