"""A verdict becomes a line that the recipe reads: the pictures a judge is shown, the questions, the person's word."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from PIL import Image
from vision_site import jpeg

from pipewarden.inference import service as inference
from pipewarden.inference.facts import Picture, PictureRole
from pipewarden.judge import service as judge
from pipewarden.judge.facts import JudgePolicy, ReviewCode
from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.errors import InputError
from pipewarden.learn import service as learn
from pipewarden.learn.adapters.folders import OutFolder
from pipewarden.learn.adapters.reviews import ReviewedPictures
from pipewarden.learn.facts import WORKS, Manifest, Recipe
from pipewarden.learn.rules import SAYS
from pipewarden.perceive import service as perceive
from pipewarden.perceive.facts import Box
from pipewarden.perceive.service import only_masked
from pipewarden.sense.adapters.decoder import ChildDecoder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from pipewarden.kit.work import Work

RECIPE = Path(__file__).resolve().parents[3] / "recipes" / "judge-lora"
A, B = (100.0, 400.0, 120.0, 80.0), (1100.0, 10.0, 170.0, 60.0)  # the second one's close-up reaches over the border


@pytest.fixture(scope="module")
def decoder() -> Iterator[ChildDecoder]:
    with ChildDecoder() as made:
        yield made


@pytest.fixture(scope="module")
def recipe() -> ModuleType:
    spec = importlib.util.spec_from_file_location("judge_lora_pairs", RECIPE / "train.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules["judge_lora_pairs"] = made
    spec.loader.exec_module(made)
    return made


def decided(street: Any, decoder: ChildDecoder) -> tuple[Manifest, dict[str, ReviewCode]]:
    """Six cameras, six verdicts, one data set."""
    colours = ("navy", "olive", "teal", "maroon", "gray", "purple")
    street.draw = lambda _count, stream: jpeg(1280, 720, colours[int(stream[-1])])
    codes = (ReviewCode.DIGGING, ReviewCode.PARKED, ReviewCode.FILED, ReviewCode.WEATHER, ReviewCode.FARM,
             ReviewCode.PREPARING)  # fmt: skip
    said = {}
    for n, code in enumerate(codes):
        alarm = street.seen(2, *(B if n % 2 else A), stream=f"cam-{n}")
        judge.decide(street.work, street.root(), alarm, code=code, words="", silence=None, policy=JudgePolicy())
        said[f"alarm:{alarm}"] = code
    blobs = BlobStore(street.folder)
    source = ReviewedPictures(learn.reviewed(street.work)[0], decoder, blobs)
    # pictures of one colour look all the same; here they are six
    apart = [replace(one, likeness=hashlib.sha256(one.picture.encode()).digest()) for one in source.samples()]
    return learn.make(street.work, blobs, "reviews", apart, Recipe(val=0.3, test=0.3), actor="tester"), said


def test_the_recipe_reads_what_is_exported(
    street: Any, decoder: ChildDecoder, recipe: ModuleType, tmp_path: Path
) -> None:
    made, said = decided(street, decoder)
    out, blobs = tmp_path / "out", BlobStore(street.folder)
    questions = judge.questions(street.work)
    counts = learn.export_pairs(street.work, blobs, only_masked(decoder), made, questions, folder=OutFolder(out))
    lines = recipe.read_lines(out / "pairs.jsonl")
    shares = {one.sample.origin: one.share.value for one in learn.members(blobs, made)}
    assert sum(counts.values()) == len(lines) == 6
    assert {one.id: one.split for one in lines} == shares
    assert {one.id: json.loads(one.answer)["verdict"] for one in lines} == said
    for one in lines:
        system, user = recipe.conversation(one, out / "images")
        told = system["content"][0]["text"]
        assert questions.task in told
        assert all(question.zh in told for question in questions.asked)
        assert not any(question.zh in told for question in questions.questions if question.rule is not None)
        pictures = [part["image"] for part in user["content"] if part["type"] == "image"]
        assert [picture.size for picture in pictures] == [(448, 448), (1280, 720)]
        answer = json.loads(one.answer)
        assert set(answer) == {"image_id", "verdict"}, "nothing that the reviewer did not say"
        assert user["content"][0] == {"type": "text", "text": f"image_id: {answer['image_id']}"}
        assert answer["verdict"] in told


def test_the_pictures_are_the_ones_that_the_second_judge_is_shown(
    street: Any, decoder: ChildDecoder, tmp_path: Path
) -> None:
    made, _ = decided(street, decoder)
    out, blobs = tmp_path / "out", BlobStore(street.folder)
    learn.export_pairs(
        street.work, blobs, only_masked(decoder), made, judge.questions(street.work), folder=OutFolder(out)
    )
    member = learn.members(blobs, made)[0]
    crop, frame, _ = perceive.crop_and_frame(
        only_masked(decoder), blobs.get(member.sample.picture), box=Box(*member.sample.labels[0].box)
    )
    lesson = inference.lesson("x", (Picture(PictureRole.CROP, crop), Picture(PictureRole.FRAME, frame)))
    for sha256, content in lesson.jpegs.items():
        assert (out / "images" / sha256[:2] / sha256[2:]).read_bytes() == content
    assert {path.read_bytes()[:3] for path in (out / "images").rglob("*") if path.is_file()} == {b"\xff\xd8\xff"}
    line = json.loads((out / "pairs.jsonl").read_text().splitlines()[0])
    assert line["images"] == [
        part["image_url"]["url"].removeprefix("sha256:")
        for part in line["messages"][1]["content"]
        if part["type"] == "image_url"
    ]
    assert Image.open(out / "images" / line["images"][0][:2] / line["images"][0][2:]).getexif() == {}


def test_a_data_set_without_verdicts_and_one_that_has_lost_a_picture_write_no_lines(
    street: Any, work: Work, decoder: ChildDecoder, sample: Any, tmp_path: Path
) -> None:
    blobs = BlobStore(street.folder)
    plain = learn.make(work, blobs, "plain", [sample(1, picture=blobs.put(jpeg()))], Recipe(), actor="a")
    with pytest.raises(InputError, match="holds no verdicts"):
        learn.export_pairs(work, blobs, only_masked(decoder), plain, judge.questions(work), folder=OutFolder(tmp_path))
    made, _ = decided(street, decoder)
    blobs.path(learn.members(blobs, made)[-1].sample.picture).unlink()
    with pytest.raises(InputError, match="Restore the blobs"):
        learn.export_pairs(work, blobs, only_masked(decoder), made, judge.questions(work), folder=OutFolder(tmp_path))
    assert not (tmp_path / "out" / "pairs.jsonl").exists()


def test_the_recipe_counts_as_works_what_a_label_calls_works() -> None:
    positive = yaml.safe_load((RECIPE / "config.yaml").read_text())["evaluate"]["positive"]
    assert {ReviewCode(one) for one in positive} == {code for code, says in SAYS.items() if says == WORKS}


def test_two_verdicts_on_one_picture_are_two_lines(
    street: Any, decoder: ChildDecoder, looks: Any, tmp_path: Path
) -> None:
    street.draw = lambda count, _stream: jpeg(1280, 720, "navy" if count > 1 else "olive")
    for _ in range(2):
        frame = street.frame(A, B, looks=[looks(1), looks(2)], scores=[0.8, 0.8])
    street.judge()
    alarms = [one.id for one in street.alarms() if any(m.observation_id == frame for m in one.members)]
    for alarm, code in zip(alarms, (ReviewCode.DIGGING, ReviewCode.PARKED), strict=True):
        judge.decide(street.work, street.root(), alarm, code=code, words="", silence=None, policy=JudgePolicy())
    blobs = BlobStore(street.folder)
    source = ReviewedPictures(learn.reviewed(street.work)[0], decoder, blobs)
    made = learn.make(street.work, blobs, "reviews", list(source.samples()), Recipe(near=0), actor="a")
    learn.export_pairs(
        street.work, blobs, only_masked(decoder), made, judge.questions(street.work), folder=OutFolder(tmp_path)
    )
    lines = [json.loads(one) for one in (tmp_path / "pairs.jsonl").read_text().splitlines()]
    assert {one["id"]: json.loads(one["answer"])["verdict"] for one in lines} == {
        f"alarm:{alarms[0]}": "digging",
        f"alarm:{alarms[1]}": "parked_machine",
    }
