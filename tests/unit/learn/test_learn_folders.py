"""Folders of strangers' pictures, read with their rights and their faults, and the command that does it."""

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from pipewarden.cli.app import app
from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.errors import InputError
from pipewarden.learn.adapters.folders import CocoFolder, OutFolder, terms
from pipewarden.sense.adapters.decoder import ChildDecoder

CATEGORIES = [{"id": 1, "name": "excavator"}, {"id": 7, "name": "person"}]


def jpeg(seed: int) -> bytes:
    noise = np.random.default_rng(seed).integers(0, 255, (9, 16, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).resize((320, 180)).save(out, "JPEG")
    return out.getvalue()


@pytest.fixture(scope="module")
def decoder() -> Iterator[ChildDecoder]:
    with ChildDecoder() as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., tuple[Path, Path]]:
    """Write a COCO document over ``pictures`` (name to bytes), each with one box."""

    def make(pictures: dict[str, bytes], **record: Any) -> tuple[Path, Path]:
        images = tmp_path / "pictures"
        images.mkdir(exist_ok=True)
        for name, content in pictures.items():
            (images / name).write_bytes(content)
        told = {
            "images": [{"id": n, "file_name": name, **record} for n, name in enumerate(pictures, start=1)],
            "annotations": [
                {"id": n, "image_id": n, "category_id": 1, "bbox": [10, 20, 30, 40]}
                for n in range(1, len(pictures) + 1)
            ],
            "categories": CATEGORIES,
        }
        document = tmp_path / "labels.json"
        document.write_text(json.dumps(told))
        return document, images

    return make


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    (tmp_path / "blobs").mkdir()
    return BlobStore(tmp_path / "blobs")


def test_pictures_come_with_size_rights_and_labels(
    folder: Callable[..., tuple[Path, Path]], decoder: ChildDecoder, blobs: BlobStore
) -> None:
    shown = {"a.jpg": jpeg(1), "b.jpg": jpeg(2)}
    given = folder(shown, source="Kerou-Z/Construction_Vehicle_Dataset", group="photo-1", labelled_supers=["machine"])
    found = list(CocoFolder(*given, decoder, blobs).samples())
    assert [(one.width, one.height, one.scene, one.may_ship) for one in found] == [(320, 180, "photo-1", True)] * 2
    assert found[0].labels[0].box == (10, 20, 30, 40)
    assert found[0].labelled == {"machine"}
    assert blobs.get(found[0].picture) == shown["a.jpg"]
    assert found[0].likeness != found[1].likeness


def test_an_unknown_source_has_no_rights(
    folder: Callable[..., tuple[Path, Path]], decoder: ChildDecoder, blobs: BlobStore
) -> None:
    (one,) = CocoFolder(*folder({"a.jpg": jpeg(1)}, license="found on the web"), decoder, blobs).samples()
    assert (one.may_ship, one.source, one.licence) == (False, "unknown", "found on the web")


def test_our_renders_say_so_whatever_the_record_says(
    folder: Callable[..., tuple[Path, Path]], decoder: ChildDecoder, blobs: BlobStore
) -> None:
    given = folder({"a.jpg": jpeg(1)}, source="pipewarden/render", rendered=False)
    (one,) = CocoFolder(*given, decoder, blobs).samples()
    assert one.rendered


def test_bad_pictures_are_left_out_with_their_reason(
    folder: Callable[..., tuple[Path, Path]], decoder: ChildDecoder, blobs: BlobStore
) -> None:
    document, images = folder({"good.jpg": jpeg(1), "cut.jpg": jpeg(2)[:200], "words.jpg": b"no picture"})
    told = json.loads(document.read_text())
    told["images"] += [{"id": 8, "file_name": "gone.jpg"}, {"id": 9, "file_name": "../labels.json"}]
    document.write_text(json.dumps(told))
    source = CocoFolder(document, images, decoder, blobs)
    assert [one.origin for one in source.samples()] == ["good.jpg"]
    reasons = dict(source.refused)
    assert set(reasons) == {"cut.jpg", "words.jpg", "gone.jpg", "../labels.json"}
    assert "leads out" in reasons["../labels.json"]
    assert "not there" in reasons["gone.jpg"]


@pytest.mark.parametrize("text", ["", "[]", '{"images": []}', '{"images": [], "annotations": [{}], "categories": []}'])
def test_a_document_that_is_none_is_refused(tmp_path: Path, decoder: ChildDecoder, blobs: BlobStore, text: str) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(InputError, match="no COCO document"):
        list(CocoFolder(tmp_path / "x.json", tmp_path, decoder, blobs).samples())


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        OutFolder(tmp_path / "file").document("a.json", {})


def test_the_shipped_terms_are_whole() -> None:
    for source, told in terms().items():
        assert set(told) <= {"licence", "may_ship", "rendered"}, source
        assert told["licence"]
        assert isinstance(told["may_ship"], bool)


def test_the_command_makes_lists_shows_and_exports(
    folder: Callable[..., tuple[Path, Path]], tmp_path: Path, roomy: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIPEWARDEN_HOME", str(roomy() / "home"))
    document, images = folder({f"{n}.jpg": jpeg(n) for n in range(6)} | {"bad.jpg": b"x"})

    def run(*words: object) -> Any:
        return CliRunner().invoke(app, [str(word) for word in words])

    made = run("dataset", "make", "mine", "--coco", document, "--images", images, "--json")
    assert made.exit_code == 0, made.output
    row = json.loads(made.stdout)
    assert (row["dataset"], sum(row["pictures"].values()), row["refused"]) == ("mine-1", 6, 1)
    assert "left out bad.jpg" in made.stderr
    assert json.loads(run("dataset", "list", "--json").stdout.splitlines()[-1]) == {"summary": {"datasets": 1}}
    assert "mine-1" in run("dataset", "list").stdout
    shown = run("dataset", "show", "mine")
    assert "excavator" in shown.stdout
    taken = run("dataset", "export", "mine-1", "--out", tmp_path / "out", "--json")
    assert json.loads(taken.stdout)["train"] == row["pictures"].get("train", 0)
    assert run("dataset", "show", "other").exit_code != 0
    unpaired = run("dataset", "make", "mine", "--coco", document, "--coco", document, "--images", images)
    assert unpaired.exit_code != 0
    assert "in pairs" in unpaired.stderr


def test_real_pictures_divide_without_a_leak(shared_data: Path, decoder: ChildDecoder, blobs: BlobStore) -> None:
    from pipewarden.learn.facts import Recipe  # noqa: PLC0415  only where the data is
    from pipewarden.learn.rules import divide, leaks  # noqa: PLC0415

    given = shared_data / "construction"
    source = CocoFolder(given / "instances_val.json", given / "images", decoder, blobs)
    samples = list(source.samples())
    assert (len(samples), source.refused) == (347, [])
    members, _ = divide(samples, Recipe(shippable_only=True), {})
    assert leaks(members) == []
    assert all(one.sample.may_ship for one in members)
    assert 200 < len(members) < 347
