"""Wires pictures of gas at home: who answers them, and when; on the judge's queue, where slow strangers do no harm."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipewarden.inference import service as inference
from pipewarden.inference.adapters.openai import open_endpoint
from pipewarden.main.judging import JUDGE
from pipewarden.main.masking import masking
from pipewarden.perceive import jobs
from pipewarden.perceive import service as perceive
from pipewarden.perceive.service import IndoorEye

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipewarden.inference.service import LookNet
    from pipewarden.main.home import Home
    from pipewarden.main.queue import Queue
    from pipewarden.perceive.service import PictureDecoder

ANSWER = "pipewarden.indoor.answer"
_EVERY_5_S = "* * * * * */5"  # croniter's sixth field: seconds


@contextmanager
def open_indoor(home: Home, look: LookNet, decoder: PictureDecoder) -> Iterator[IndoorEye]:
    """Open what answers pictures of gas at home: a vision endpoint where the home's settings name one.

    Raises:
        InputError: a setting of the endpoint cannot be used.
    """
    if home.settings.vision_url is None:
        yield IndoorEye(look, decoder, home.blobs)
        return
    with open_endpoint(home.settings) as endpoint, masking() as masked:
        yield IndoorEye(look, decoder, home.blobs, inference.Door(endpoint), perceive.only_masked(masked))


def register(queue: Queue, home: Home, eye: IndoorEye) -> None:
    """Let workers of ``queue`` answer the pictures of every tenant that wait; one worker at a time."""

    @queue.app.periodic(cron=_EVERY_5_S)
    @queue.app.task(name=ANSWER, queue=JUDGE, queueing_lock=ANSWER, lock=ANSWER)
    def answer(timestamp: int) -> int:  # noqa: ARG001  Procrastinate passes it
        return jobs.answer_waiting(home.factory.begin, eye)
