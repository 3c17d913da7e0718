"""The foundry as it is wired: shipped nets, real decoders, the worker's own queue; a hostile picture is refused."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from foundry_town import QUESTIONS
from PIL import Image, ImageDraw

from pipewarden.inference.adapters import open_models
from pipewarden.kit.errors import InputError, UnavailableError
from pipewarden.main import foundry
from pipewarden.main.judging import JUDGE
from pipewarden.market.facts.foundry import Ask, Kind, Runnable
from pipewarden.market.jobs import foundry as jobs
from pipewarden.people import service as people
from pipewarden.sense.adapters.decoder import ChildDecoder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipewarden.main.home import Home
    from pipewarden.market.service.runners import Runners


def drawn(colour: str) -> bytes:
    """Draw a machine of sorts on a road; a drawing, to be told from another drawing."""
    picture = Image.new("RGB", (320, 240), "grey")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((60, 80, 220, 180), fill=colour)
    draw.ellipse((70, 160, 120, 210), fill="black")
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0")
    return out.getvalue()


@pytest.fixture(scope="module")
def runners(home: Home) -> Iterator[Runners]:
    with ChildDecoder() as decoder, foundry.open_foundry(home, open_models(), decoder) as made:
        yield made


def test_every_kind_has_a_runner_and_only_strangers_are_slow(runners: Runners) -> None:
    assert set(runners.by_kind) == set(Kind)
    assert {kind for kind in Kind if runners.of(kind).slow} == {Kind.QUESTIONS}


def test_the_shipped_net_looks_and_the_copy_is_drawn_anew(runners: Runners) -> None:
    sent = drawn("gold")
    looked = runners.looking().look(sent, None)
    part = runners.looking().look(sent, (0.2, 0.3, 0.5, 0.5))
    assert (looked.look, looked.features.shape) == ("look-1", (432,))
    assert float(looked.features @ looked.features) == pytest.approx(1, abs=1e-4)
    assert float(looked.features @ part.features) < 0.99, "a part looks otherwise than the whole"
    assert looked.masked.startswith(b"\xff\xd8")
    assert b"Exif" in sent
    assert b"Exif" not in looked.masked


@pytest.mark.parametrize("picture", [b"", b"GIF89a" + bytes(99), b"\xff\xd8\xff\xe0" + bytes(500)])
def test_a_hostile_picture_is_refused_by_the_child(runners: Runners, picture: bytes) -> None:
    with pytest.raises(InputError):
        runners.looking().look(picture, None)
    model = Runnable(people.operator().tenant_id, "x@1", Kind.MODEL, {"model": "screen"})
    with pytest.raises(InputError):
        runners.of(Kind.MODEL).run(model, Ask(picture))


def test_the_platforms_models_run_as_capabilities(runners: Runners) -> None:
    for model, key in (
        ("screen", "things"),
        ("type", "type"),
        ("verifier", "machine"),
    ):
        what = Runnable(people.operator().tenant_id, "x@1", Kind.MODEL, {"model": model})
        said = runners.of(Kind.MODEL).run(what, Ask(drawn("gold"), {"part": [0.2, 0.3, 0.5, 0.5]}))
        assert said.by == f"{model}-1"
        assert key in said.answer


def test_without_an_endpoint_questions_fail_and_cost_nothing(runners: Runners) -> None:
    what = Runnable(people.operator().tenant_id, "x@1", Kind.QUESTIONS, QUESTIONS)
    with pytest.raises(UnavailableError, match="no vision endpoint"):
        runners.of(Kind.QUESTIONS).run(what, Ask(drawn("gold")))


def test_the_workers_queue_answers_and_forgets(home: Home, runners: Runners, monkeypatch: pytest.MonkeyPatch) -> None:
    """The periodic tasks are there by name and run what the jobs do."""
    done: list[str] = []
    monkeypatch.setattr(jobs, "answer_waiting", lambda *_: done.append("answered") or 0)
    monkeypatch.setattr(jobs, "forget", lambda *_: done.append("forgot") or 0)
    foundry.register(home.queue, home, runners)
    with home.queue.deferring.open():
        for task in (foundry.ANSWER, foundry.FORGET):
            home.queue.deferring.configure_task(task, queue=JUDGE).defer(timestamp=0)
    home.queue.run_until_idle()
    assert {*done} == {"answered", "forgot"}


def test_a_service_opens_its_nets_once_and_late(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[int] = []
    real = open_models()
    monkeypatch.setattr(foundry, "open_models", lambda **more: opened.append(more["threads"]) or real)
    foundry.shipped_nets.cache_clear()
    try:
        assert foundry.shipped_nets() is foundry.shipped_nets()
        assert opened == [1]
    finally:
        foundry.shipped_nets.cache_clear()
