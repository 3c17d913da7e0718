"""`pipewarden eval` as typed by a person and read by a machine."""

import json
from pathlib import Path
from typing import Any, Self

import pytest
from PIL import Image
from typer.testing import CliRunner

from pipewarden.cli import evaluate as command
from pipewarden.cli.app import app
from pipewarden.kit.errors import UnavailableError
from pipewarden.main import evaluate, home, river

KEYS = {
    "images", "ap50", "ap30", "iou", "threshold", "precision", "recall", "recall_by_size", "false_positives_per_100",
    "judge_calls_per_1000", "ms_per_frame", "intervals",
}  # fmt: skip


class Opened:
    """Stands in for a home and a river."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def sequence_of(monkeypatch: pytest.MonkeyPatch, result: evaluate.Sequence) -> None:
    monkeypatch.setattr(home, "open_home", Opened)
    monkeypatch.setattr(river, "open_river", Opened)
    monkeypatch.setattr(evaluate, "sequence", lambda *_, **__: result)


def test_perceive_answers_with_every_promised_key(tmp_path: Path) -> None:
    Image.new("RGB", (320, 180), (90, 90, 90)).save(tmp_path / "a.jpg")
    document = {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 320, "height": 180}],
        "annotations": [], "categories": [{"id": 1, "name": "excavator"}],
    }  # fmt: skip
    (tmp_path / "labels.json").write_text(json.dumps(document))
    words = ["eval", "perceive", "--coco", str(tmp_path / "labels.json"), "--images", str(tmp_path), "--iou", "0.3"]
    said = CliRunner().invoke(app, [*words, "--json"])
    assert said.exit_code == 0, said.output
    (line,) = said.stdout.splitlines()
    found = json.loads(line)
    assert set(found) == KEYS
    assert found["iou"] == 0.3
    assert found["false_positives_per_100"] == {"unknown": 0.0}
    people = CliRunner().invoke(app, words)
    assert people.stdout == ""
    assert "ms_per_frame" in people.stderr


def test_a_wrong_file_ends_in_an_error_object(tmp_path: Path) -> None:
    said = CliRunner().invoke(app, ["eval", "perceive", "--coco", str(tmp_path / "x"), "--images", ".", "--json"])
    assert said.exit_code != 0
    assert json.loads(said.stdout.splitlines()[-1])["error"]["field"] == "--coco"


def test_sequence_answers_with_four_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sequence_of(monkeypatch, evaluate.Sequence(frames=5, findings=3, alarms=1, judge_calls=1, problems=[]))
    said = CliRunner().invoke(app, ["eval", "sequence", str(tmp_path), "--json"])
    assert said.exit_code == 0, said.output
    assert json.loads(said.stdout) == {"frames": 5, "findings": 3, "alarms": 1, "judge_calls": 1}


def test_a_frame_nobody_could_look_at_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = UnavailableError(field="0003.jpg", problem="could not be looked at", fix="Send it again.")
    sequence_of(monkeypatch, evaluate.Sequence(frames=4, findings=0, alarms=0, judge_calls=0, problems=[problem]))
    said = CliRunner().invoke(app, ["eval", "sequence", str(tmp_path), "--json"])
    assert said.exit_code == 1
    assert "0003.jpg" in said.stderr


def test_the_group_starts_without_the_train_extra() -> None:
    assert "torch" not in dir(command)
    assert CliRunner().invoke(app, ["eval", "--help"]).exit_code == 0
