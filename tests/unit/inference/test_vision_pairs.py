"""Settled questions as training lines: the very request, and the answer in the model's scale."""

from __future__ import annotations

import hashlib
import json
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from vision_site import Scripted, question

from pipewarden.inference import service
from pipewarden.inference.facts import BoxScale, Labelled, VisionPolicy
from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.errors import InputError
from pipewarden.people import service as people

if TYPE_CHECKING:
    from pathlib import Path

    from pipewarden.kit.work import Work

ANSWER = {
    "verdict": "nothing",
    "confidence": 1.0,
    "reason": "a bus",
    "box": [0.25, 0.5, 0.75, 1.0],
    "text_in_picture": "",
}


def asked(work: Work, endpoint: Scripted, keep: BlobStore | None = None) -> UUID:
    service.set_vision_policy(work, people.operator(), VisionPolicy(("https://vision.test",), 10**9, 6000))
    told = service.ask(service.Door(endpoint, keep=keep), lambda: nullcontext(work), question({"scene": "quiet"}))
    assert told.call_id is not None
    return told.call_id


@pytest.mark.parametrize(
    ("scale", "box"),
    [
        (BoxScale.UNIT, [0.25, 0.5, 0.75, 1.0]),
        (BoxScale.THOUSAND, [250, 500, 750, 1000]),
        (BoxScale.PIXELS, [161, 182, 483, 364]),
    ],
)
def test_a_line_is_the_request_and_the_answer_it_should_have_got(work: Work, scale: BoxScale, box: list[float]) -> None:
    endpoint = Scripted(["prose"])
    assert endpoint.about is not None
    endpoint.about = replace(endpoint.about, scale=scale, multiple=28)
    call_id = asked(work, endpoint)
    (line,) = service.training_pairs(work, [Labelled(call_id, ANSWER, "val", "cam-1", rendered=True)])
    told: dict[str, Any] = json.loads(line)
    assert told["messages"] == json.loads(service_request(work, call_id))["messages"]
    assert told["images"] == list(service.vision_calls(work)[0].pictures)
    answer = json.loads(told["answer"])
    assert answer["box"] == box
    assert answer["image_id"] in line
    assert len(answer["image_id"]) == 16
    assert {key: answer[key] for key in ANSWER if key != "box"} == {key: ANSWER[key] for key in ANSWER if key != "box"}
    assert (told["camera"], told["split"], told["rendered"]) == ("cam-1", "val", True)


def service_request(work: Work, call_id: UUID) -> str:
    from pipewarden.inference.store.vision import call_row  # noqa: PLC0415  the record itself, to compare with

    row = call_row(work, call_id)
    assert row is not None
    return row.request


def test_an_answer_without_a_box_has_none(work: Work) -> None:
    call_id = asked(work, Scripted([None]))
    (line,) = service.training_pairs(work, [Labelled(call_id, {**ANSWER, "box": None}, "train", "c")])
    assert json.loads(json.loads(line)["answer"])["box"] is None


@pytest.mark.parametrize("box", [[0, 0, 1], [0, 0, 2, 1], "0011", [float("nan"), 0, 1, 1]])
def test_an_answer_that_is_none_is_refused(work: Work, box: object) -> None:
    call_id = asked(work, Scripted([None]))
    with pytest.raises(InputError) as caught:
        service.training_pairs(work, [Labelled(call_id, {**ANSWER, "box": box}, "train", "c")])
    assert caught.value.field == "answer"


def test_a_question_of_nobody_is_refused(work: Work) -> None:
    with pytest.raises(InputError) as caught:
        service.training_pairs(work, [Labelled(UUID(int=7), ANSWER, "train", "c")])
    assert caught.value.field == "call_id"


def test_pictures_are_kept_only_where_that_is_asked_for(work: Work, tmp_path: Path) -> None:
    keep = BlobStore(tmp_path / "sent")
    asked(work, Scripted([None]))
    assert not keep.root.exists()
    call = asked(work, Scripted(["prose"]), keep)
    shown = {one.id: one for one in service.vision_calls(work)}[call]
    assert shown.outcome == "cached", "nothing is sent, nothing is kept"
    assert not keep.root.exists()
    endpoint = Scripted([None])
    assert endpoint.about is not None
    endpoint.about = replace(endpoint.about, name="other")
    sent = {one.id: one for one in service.vision_calls(work)} | {}
    call = asked(work, endpoint, keep)
    shown = {one.id: one for one in service.vision_calls(work) if one.id not in sent}[call]
    assert [hashlib.sha256(keep.get(sha256)).hexdigest() for sha256 in shown.pictures] == list(shown.pictures)
