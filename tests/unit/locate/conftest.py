"""Rows that upstream slices would have written: a camera, observations and what the screen saw in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from pipewarden.kit.blobs import BlobStore
from pipewarden.perceive import store as perceive_store
from pipewarden.perceive.facts import Box, Finding, FindingClass, Look, Screened
from pipewarden.sense import service as sense
from pipewarden.sense.facts import Camera, NewCamera, NewObservation, Observation, ObservationKind

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from pipewarden.kit.work import Work

HERE = (116.7, 39.5)
SIZE = (1280, 720)
START = datetime(2026, 11, 20, 0, 30, tzinfo=UTC)
POSE = {"pose": {"height_m": 8, "heading_deg": 0, "tilt_deg": 20, "hfov_deg": 60}, "pixel_sigma": 2.0}


def _picture(number: int) -> bytes:
    """A small real picture, different for every number."""
    pixels = np.full((64, 64, 3), (number % 256, number // 256 % 256, 7), np.uint8)
    return bytes(cv2.imencode(".png", pixels)[1].tobytes())


class Upstream:
    """Writes what comes down the river before locate."""

    def __init__(self, work: Work, folder: Path) -> None:
        self.work, self.blobs, self.count = work, BlobStore(folder), 0

    def camera(self, key: str = "cam-a", calibration: object = POSE, **told: object) -> Camera:
        known = {"name": key, "lon": HERE[0], "lat": HERE[1], "image_size": SIZE, "calibration": calibration} | told
        return sense.register_camera(self.work, NewCamera(key=key, **known))  # type: ignore[arg-type]

    def observe(
        self,
        stream: str,
        boxes: list[Box],
        *,
        camera_id: UUID | None = None,
        seconds: float = 0.0,
        timed: bool = True,
        kind: ObservationKind = ObservationKind.FRAME,
        classes: list[FindingClass] | None = None,
        scores: list[float] | None = None,
        types: list[str] | None = None,
        size: tuple[int, int] | None = SIZE,
        look: Look | None = None,
    ) -> Observation:
        self.count += 1
        new = NewObservation(
            stream=stream,
            source_id=f"{seconds}-{self.count}",
            kind=kind,
            picture=_picture(self.count),
            picture_name=f"{stream}-{self.count}.jpg",
            offset_s=seconds,
            at=START + timedelta(seconds=seconds) if timed else None,
            camera_id=camera_id,
        )
        one = sense.observe(self.work, self.blobs, new)
        classes = classes or [FindingClass.MACHINE] * len(boxes)
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
            for n, (box, cls) in enumerate(zip(boxes, classes, strict=True))
        )
        width, height = size or (None, None)
        perceive_store.add(
            self.work, [Screened(observation_id=one.id, width=width, height=height, findings=findings, problem=None)]
        )
        return one


@pytest.fixture
def upstream(work: Work, tmp_path: Path) -> Upstream:
    """The river above, on the rolled-back session."""
    return Upstream(work, tmp_path)
