"""Wires what the house tests itself with: which pictures it sends itself and when, and which machines it pastes.

The worker calls ``register``. Its task stands in the cameras' queue, where the pictures of real cameras come from, so
that it waits when they do.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipewarden.judge import jobs
from pipewarden.locate.facts import CutOut
from pipewarden.main.cameras import CAMERAS
from pipewarden.sense import service as sense
from pipewarden.sim import service as sim

if TYPE_CHECKING:
    from pipewarden.main.home import Home
    from pipewarden.main.queue import Queue

SEND = "pipewarden.synthetic.send"
_EVERY_MIN = "* * * * *"  # it looks whether one is due, so the first comes within a minute of the start


def register(queue: Queue, home: Home) -> None:
    """Let workers of ``queue`` send every tenant a test picture each 15 minutes; a repeated start sends no second."""

    @queue.app.periodic(cron=_EVERY_MIN)
    @queue.app.task(name=SEND, queue=CAMERAS, queueing_lock=SEND, lock=SEND)
    def send(timestamp: int) -> int:  # noqa: ARG001  the queue says when; the injected clock counts
        return send_due(home)


def cut_outs() -> list[CutOut]:
    """Return the rendered machines that a commissioning test pastes."""
    found = []
    for one in sim.rendered_machines():
        pixels = cv2.imdecode(np.frombuffer(one.picture.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
        if pixels is None:
            raise RuntimeError(f"{one.picture.name} is no picture: the package is damaged")
        found.append(CutOut(np.asarray(pixels, np.uint8), one.px_per_m))
    return found


def send_due(home: Home) -> int:
    """Send every tenant its test of this quarter of an hour, where it was not sent, and return how many were."""
    shown = sim.self_test()
    camera = replace(sense.load_camera_file(shown.camera_file).camera, test=True)
    pictures = [one.read_bytes() for one in shown.pictures]
    return jobs.send_synthetics(home.factory.begin, home.tenants(), home.blobs, camera, pictures)
