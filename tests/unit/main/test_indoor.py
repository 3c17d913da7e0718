"""Pictures of gas at home through the worker's own queue, with the shipped look net and the real decoder."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageDraw

from pipewarden.inference.adapters import open_models
from pipewarden.main import indoor
from pipewarden.main.judging import JUDGE
from pipewarden.people import service as people
from pipewarden.perceive import service as perceive
from pipewarden.perceive.facts import AnsweredBy, IndoorCheck, IndoorState, Unanswered
from pipewarden.sense.adapters.decoder import ChildDecoder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipewarden.main.home import Home

ENDPOINT = {
    "vision_url": "https://vision.invalid/v1",
    "vision_model": "m",
    "vision_price_prompt": 0,
    "vision_price_completion": 0,
}


def drawn(colour: str, wall: str, seed: int) -> bytes:
    """Draw a pipe before a wall; a drawing, to be told from another drawing."""
    picture = Image.new("RGB", (640, 480), wall)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((290 + seed, 0, 330 + seed, 480), fill=colour)
    draw.ellipse((260 + seed, 200, 360 + seed, 300), outline=colour, width=12)
    out = io.BytesIO()
    picture.save(out, "JPEG")
    return out.getvalue()


@pytest.fixture(scope="module")
def tick(home: Home) -> Iterator[Callable[[], None]]:
    """Let the worker's periodic task run once, as the queue runs it."""
    with ChildDecoder() as decoder, indoor.open_indoor(home, open_models().look, decoder) as eye:
        assert eye.door is None, "no endpoint is set"
        indoor.register(home.queue, home, eye)

        def run() -> None:
            with home.queue.deferring.open():
                home.queue.deferring.configure_task(indoor.ANSWER, queue=JUDGE).defer(timestamp=0)
            home.queue.run_until_idle()

        yield run


def send(home: Home, picture: bytes) -> IndoorCheck:
    with home.work() as work:
        return perceive.take_indoor(work, home.blobs, people.operator(work.tenant_id), picture).check


def read(home: Home, check: IndoorCheck) -> IndoorCheck:
    with home.work() as work:
        return perceive.indoor_check(work, people.operator(work.tenant_id), check.id)


def test_the_worker_answers_with_what_looks_alike_by_the_shipped_net(home: Home, tick: Callable[[], None]) -> None:
    yellow, green = send(home, drawn("gold", "lightgrey", 0)), send(home, drawn("darkgreen", "black", 40))
    tick()
    first = read(home, yellow)
    assert first.state is IndoorState.ANSWERED
    assert first.answer is not None
    assert (first.answer.by, first.answer.why) == (AnsweredBy.NOBODY, Unanswered.NOT_CONFIGURED)
    with home.work() as work:
        root = people.operator(work.tenant_id)
        perceive.review_indoor(work, root, yellow.id, matches=True, seen=["pipe_load"])
        perceive.review_indoor(work, root, green.id, matches=True, seen=[])
    again = send(home, drawn("gold", "lightgrey", 6))
    tick()
    answer = read(home, again).answer
    assert answer is not None
    assert answer.by is AnsweredBy.EXAMPLES
    assert [one.check_id for one in answer.near] == [yellow.id, green.id]
    assert answer.near[0].hazards == ("pipe_load",)
    assert 0 < answer.near[0].distance < answer.near[1].distance


def test_an_endpoint_of_the_settings_is_asked(home: Home) -> None:
    named = home.settings.model_copy(update=ENDPOINT)
    with (
        ChildDecoder() as decoder,
        indoor.open_indoor(replace(home, settings=named), open_models().look, decoder) as eye,
    ):
        assert eye.door is not None
        assert eye.door.endpoint.about is not None
