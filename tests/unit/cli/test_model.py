"""`pipewarden dataset` and `pipewarden model` in one process: from labels to a data set to a model and back."""

from __future__ import annotations

import hashlib
import io
import json
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from pipewarden.cli.app import app
from pipewarden.inference import service as inference

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Run = Callable[..., Result]

HARMLESS = b"\x72\x06\x0a\x01k\x12\x01v"  # an ONNX metadata entry: the same net, another hash
NOBODY = "01990000-0000-7000-8000-000000000000"


@pytest.fixture(scope="module")
def folder(roomy: Callable[[], Path]) -> Path:
    return roomy() / "home"


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Run:
    """Run a command for a tenant of the test's own."""
    monkeypatch.setenv("PIPEWARDEN_HOME", str(folder))
    monkeypatch.setenv("PIPEWARDEN_TENANT", f"t{crc32(request.node.name.encode())}")
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def rows(said: Result) -> list[dict[str, Any]]:
    assert said.exit_code == 0, said.output
    return [json.loads(line) for line in said.stdout.splitlines()]


def error(said: Result, code: int = 2) -> dict[str, str]:
    assert said.exit_code == code, said.output
    told: dict[str, str] = json.loads(said.stdout.splitlines()[-1])["error"]
    return told


@pytest.fixture
def labels(tmp_path: Path) -> tuple[Path, Path]:
    """Twelve pictures of twelve cameras with a COCO document."""
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    images = []
    for n in range(12):
        pixels = np.random.default_rng(n).integers(0, 255, (18, 32, 3)).astype(np.uint8)
        out = io.BytesIO()
        Image.fromarray(pixels).resize((320, 180), Image.Resampling.NEAREST).save(out, "JPEG")
        (pictures / f"{n}.jpg").write_bytes(out.getvalue())
        images.append({"id": n, "file_name": f"{n}.jpg", "camera": f"cam-{n}", "source": "ours"})
    boxes = [{"image_id": n, "category_id": 1, "bbox": [10, 10, 50, 50]} for n in range(12)]
    document = tmp_path / "labels.json"
    document.write_text(
        json.dumps({"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "excavator"}]})
    )
    return document, pictures


@pytest.fixture
def trained(tmp_path: Path) -> tuple[Path, Path]:
    """A weights file that is none of the release's, and its card."""
    entries = json.loads((inference.WEIGHTS / "manifest.json").read_text())
    (shipped,) = [one for one in entries if one["name"] == "screen"]
    weights = (inference.WEIGHTS / shipped["file"]).read_bytes() + HARMLESS
    file, card = tmp_path / "screen-own.onnx", tmp_path / "card.json"
    file.write_bytes(weights)
    card.write_text(json.dumps({**shipped, "version": "own", "sha256": hashlib.sha256(weights).hexdigest()}))
    return file, card


def test_from_labels_to_a_model_that_looks_and_back(
    run: Run, labels: tuple[Path, Path], trained: tuple[Path, Path]
) -> None:
    (made,) = rows(run("dataset", "make", "streets", "--coco", labels[0], "--images", labels[1], "--json"))
    (published,) = rows(run("model", "publish", trained[0], "--dataset", "streets@1", "--card", trained[1], "--json"))
    assert (published["dataset"], published["manifest"]) == ("streets-1", made["sha256"])
    assert sum(published["pictures"].values()) == 12
    assert (published["cameras"], published["verdicts"], published["may_ship"]) == (12, 0, False)
    *models, summary = rows(run("model", "list", "--json"))
    assert summary == {"summary": {"models": 7}}
    assert {(one["model"], one["version"]) for one in models if one["challenger"]} == {("screen", "own")}
    assert rows(run("model", "show", "screen", "--json"))[0]["version"] == "1"
    assert rows(run("model", "promote", "screen@own", "--json"))[0]["version"] == "own"
    *pictures, shown = rows(run("model", "show", "screen", "--pictures", "--json"))
    assert (shown["version"], shown["active"], shown["published_at"]) == ("own", True, published["published_at"])
    assert {one["origin"] for one in pictures} == {f"{n}.jpg" for n in range(12)}
    assert rows(run("model", "rollback", "screen", "--json"))[0]["version"] == "1"
    assert rows(run("model", "challenge", "screen@1", "--json"))[0]["version"] == "1"
    said = run("model", "show", "screen@own").output
    assert "trained on streets-1" in said
    assert "keep the model in the house" in said
    assert "neither active nor challenger" in said
    assert "screen@own" in run("model", "list").output
    assert "not trained in this house" in run("model", "show", "look").output


def test_what_stands_against_a_model_is_said(run: Run, labels: tuple[Path, Path], trained: tuple[Path, Path]) -> None:
    publish = ("model", "publish", trained[0], "--card", trained[1], "--json", "--dataset")
    assert error(run(*publish, "streets"))["field"] == "dataset"
    assert run("dataset", "make", "streets", "--coco", labels[0], "--images", labels[1]).exit_code == 0
    trained[0].write_bytes(trained[0].read_bytes() + HARMLESS)
    assert "not what was trained" in error(run(*publish, "streets"))["problem"]
    trained[1].write_text("[]")
    assert "no JSON object" in error(run(*publish, "streets"))["problem"]
    trained[1].write_text("{")
    assert "no JSON" in error(run(*publish, "streets"))["problem"]
    assert error(run("model", "show", "screen@9", "--json"))["field"] == "model"
    assert "no other model before" in error(run("model", "rollback", "screen", "--json"))["problem"]


def test_an_alarm_that_is_not_there_leads_nowhere(run: Run) -> None:
    assert error(run("model", "lineage", "x", "--json"))["field"] == "ALARM"
    assert "does not exist" in error(run("model", "lineage", NOBODY, "--json"))["problem"]


def test_a_data_set_is_made_from_one_source(run: Run, labels: tuple[Path, Path]) -> None:
    assert (
        error(run("dataset", "make", "x", "--from", "verdicts", "--coco", labels[0], "--images", labels[1], "--json"))[
            "field"
        ]
        == "--from"
    )
    assert error(run("dataset", "make", "x", "--json"))["field"] == "--from"
    assert error(run("dataset", "make", "x", "--coco", labels[0], "--json"))["field"] == "--images"
    assert "none were given" in error(run("dataset", "make", "x", "--from", "verdicts", "--json"))["problem"]
