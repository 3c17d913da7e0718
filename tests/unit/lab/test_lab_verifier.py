from pathlib import Path

import cv2
import numpy as np
import pytest

from pipewarden.lab import verifier
from pipewarden.lab.dataset import Picture, Source
from pipewarden.lab.screen import Detections
from pipewarden.lab.typehead import Crops, TypeHead, fit, load_head, save_head
from pipewarden.lab.verifier import NAMES, examples, figures, fused, gather, unit, verified

MACHINE, CAR = (20, 20, 70, 60), (90, 20, 140, 60)
FALSE = (60.0, 80.0, 90.0, 110.0)


def picture(folder: Path, labelled: set[str], name: str = "p.png") -> Picture:
    """An orange machine and a blue car on grey."""
    pixels = np.full((120, 160, 3), 90, np.uint8)
    cv2.rectangle(pixels, MACHINE[:2], MACHINE[2:], (20, 140, 250), -1)
    cv2.rectangle(pixels, CAR[:2], CAR[2:], (220, 60, 30), -1)
    cv2.imwrite(str(folder / name), pixels)
    return Picture(
        path=folder / name, source=Source.CSS, group=f"{Source.CSS}:{name}", width=160, height=120,
        labelled=frozenset(labelled), negative=False, boxes=np.array([MACHINE, CAR], np.float32),
        categories=np.array([1, 9], np.int64), generic=np.zeros(2, np.bool_),
    )  # fmt: skip


def found(*boxes: tuple[float, ...], score: float = 0.5) -> Detections:
    given = np.array(boxes, np.float32).reshape(-1, 4)
    return Detections(given, np.full(len(given), score, np.float32), np.zeros(len(given), np.int64))


class Colours:
    """Stands in for the look net: mean colour of the crop's middle, at length one."""

    def __call__(self, crops: list[np.ndarray]) -> np.ndarray:
        rows = [crop[40:88, 40:88].reshape(-1, 3).mean(axis=0) for crop in crops]
        return unit(np.array(rows, np.float32).reshape(-1, 3))


class Screen:
    """Stands in for the detector: it proposes the machine, the car and a piece of street."""

    def of_file(self, _: Path) -> Detections:
        return found(MACHINE, CAR, FALSE)


def head_of(*pictures: Picture) -> TypeHead:
    crops = gather(pictures, Screen(), Colours(), 1, lambda _: None)  # type: ignore[arg-type]
    return fit(crops, strength=0.01, kinds=2)


def test_examples_are_machines_vehicles_false_boxes_and_background(tmp_path: Path):
    given = examples(picture(tmp_path, {"machine"}), found(MACHINE, FALSE), np.random.default_rng(0))
    assert [one.machine for one in given[:3]] == [True, True, False]
    others = [one.box.tolist() for one in given if not one.machine]
    assert list(CAR) in others
    assert list(FALSE) in others
    assert list(MACHINE) not in others, "a box on a machine is no false one"


def test_where_machines_stand_unlabelled_no_box_is_called_false(tmp_path: Path):
    given = examples(picture(tmp_path, {"machine_excavator"}), found(FALSE), np.random.default_rng(0))
    assert [one.box.tolist() for one in given if not one.machine] == [list(CAR)]


def test_a_weak_proposal_teaches_nothing(tmp_path: Path):
    given = examples(picture(tmp_path, {"machine"}), found(FALSE, score=0.1), np.random.default_rng(0))
    assert list(FALSE) not in [one.box.tolist() for one in given]


def test_machine_crops_are_told_from_cars_and_street(tmp_path: Path):
    pictures = [picture(tmp_path, {"machine"}, f"{k}.png") for k in range(6)]
    chances = verified(head_of(*pictures), Colours(), pictures[0], found(MACHINE, CAR, FALSE))  # type: ignore[arg-type]
    assert chances[0] > 0.8
    assert chances[1:].max() < 0.3
    assert verified(head_of(*pictures), Colours(), pictures[0], found()).shape == (0,)  # type: ignore[arg-type]


def test_figures_tell_what_gate_and_fusion_change(tmp_path: Path):
    pictures = [picture(tmp_path, {"machine"}, f"{k}.png") for k in range(4)]
    told = figures(head_of(*pictures), Colours(), Screen(), pictures, limit=0.5, threshold=0.4)  # type: ignore[arg-type]
    assert told["detector"]["false_per_picture"]["value"] == 2.0
    assert told["gated"]["false_per_picture"]["value"] < 2.0
    assert told["gated"]["recall"]["value"] == 1.0
    assert told["fused"]["ap"]["value"] == 1.0
    assert "recall" not in told["fused"]


def test_fusion_moves_a_score_by_a_fifth_of_the_logit():
    half = np.array([0.5], np.float32)
    assert fused(half, half)[0] == pytest.approx(0.5)
    assert fused(half, np.array([0.9], np.float32))[0] == pytest.approx(1 / (1 + 9**-0.2), abs=1e-4)
    assert np.isfinite(fused(np.array([0.0, 1.0]), np.array([1.0, 0.0]))).all()


def test_features_are_taken_at_length_one():
    rows = unit(np.array([[3.0, 4.0], [0.0, 0.0]], np.float32))
    assert rows.tolist() == [[pytest.approx(0.6), pytest.approx(0.8)], [0.0, 0.0]]


def test_the_file_carries_its_two_names(tmp_path: Path):
    crops = Crops(np.array([[0.0, 1.0], [1.0, 0.0]], np.float32), np.array([0, 1]), ["a", "b"])
    save_head(fit(crops, kinds=2), tmp_path / "verifier-1.npz", NAMES)
    with np.load(tmp_path / "verifier-1.npz") as stored:
        assert stored["names"].tolist() == ["other", "machine"]
    assert load_head(tmp_path / "verifier-1.npz").weights.shape == (2, 2)


def test_everything_is_measured_from_file_to_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    pictures = [picture(tmp_path, {"machine"}, f"{k}.png") for k in range(4)]
    monkeypatch.setattr(verifier, "Screen", lambda _: Screen())
    monkeypatch.setattr(verifier, "Featurer", lambda _: Colours())
    monkeypatch.setattr(verifier, "read_split", lambda _data, _split: pictures)
    monkeypatch.setattr(verifier, "read_street", lambda _data: pictures)
    for name in ("look.onnx", "screen.onnx"):
        (tmp_path / name).write_bytes(name.encode())
    ticks: list[str] = []
    told = verifier.train_and_measure(
        tmp_path / "verifier-1.npz", tmp_path / "look.onnx", tmp_path / "screen.onnx", tmp_path,
        threshold=0.4, seed=1, tick=ticks.append,
    )  # fmt: skip
    assert (tmp_path / "verifier-1.npz").exists()
    assert told["machines"] == 4 * 2
    assert told["others"] >= 4 * 2
    assert told["sources"] == [str(Source.CSS)]
    assert told["street_dev"]["gated"]["recall"]["value"] == 1.0
    assert len(ticks) == 4
