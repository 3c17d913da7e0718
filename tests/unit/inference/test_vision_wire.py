"""The wire and the reading: every kind of reply ends as an answer or a named failure, in time, without the key."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from vision_fake import KEY, KINDS, good, image_id, serve, words_of
from vision_site import SiteAnswer, question, settings

from pipewarden.inference.adapters.openai import open_endpoint
from pipewarden.inference.facts import FailureKind, Lost, Reply
from pipewarden.inference.rules import Expected, Prepared, conclude, prepare, read, repair_messages
from pipewarden.inference.store import shipped_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vision_fake import Fake

    from pipewarden.inference.service import VisionEndpoint

WORDS = shipped_words()


@pytest.fixture(scope="module")
def fake() -> Iterator[Fake]:
    with serve(good) as made:
        yield made


@pytest.fixture(scope="module")
def endpoint(fake: Fake) -> Iterator[VisionEndpoint]:
    with open_endpoint(settings(fake.url)) as made:
        yield made


def prepared(endpoint: VisionEndpoint) -> Prepared:
    assert endpoint.about is not None
    made = prepare(question({"scene": 'a "quiet" street'}), endpoint.about, WORDS)
    assert isinstance(made, Prepared)
    return made


def test_there_are_forty_kinds_and_more() -> None:
    assert len(KINDS) >= 40


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_ends_as_an_answer_or_a_named_failure(name: str, fake: Fake, endpoint: VisionEndpoint) -> None:
    fake.behave, wanted = KINDS[name]
    asked = prepared(endpoint)
    expected = Expected(asked.image_id, asked.frame, asked.notes)
    assert endpoint.about is not None
    started = time.monotonic()
    came: list[Reply | Lost] = [endpoint.send(asked.body(), 2.0)]
    first = read(came[0], expected, endpoint.about, SiteAnswer, WORDS)
    if first.repairable:
        came.append(endpoint.send(asked.body(repair_messages(first.text, first.problem, WORDS)), 2.0))
    found = conclude(came, expected, endpoint.about, SiteAnswer, WORDS)
    assert time.monotonic() - started < 6
    assert found.reading.kind == (None if wanted is None else FailureKind(wanted))
    assert (found.reading.value is None) == (wanted is not None)
    assert KEY not in repr(came)
    assert KEY not in "".join(one.body for one in came if isinstance(one, Reply))


def test_the_pictures_go_out_and_the_words_around_them(fake: Fake, endpoint: VisionEndpoint) -> None:
    fake.behave = good
    fake.asked.clear()
    asked = prepared(endpoint)
    endpoint.send(asked.body(), 5.0)
    request = fake.asked[0]
    parts = request["messages"][1]["content"]
    urls = [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]
    assert len(urls) == 2
    assert all(url.startswith("data:image/jpeg;base64,") for url in urls)
    assert request["temperature"] == 0
    assert image_id(request) == asked.image_id
    assert "Is a machine digging here?" in words_of(request)
    assert '\\"quiet\\"' in words_of(request), "notes go in as JSON, so that they cannot leave their quotes"
    assert fake.headers[-1]["Authorization"] == f"Bearer {KEY}"
