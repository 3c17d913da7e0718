from pathlib import Path

import numpy as np
import pytest

from pipewarden.lab.dataset import Picture, Source
from pipewarden.lab.lessons import Lesson, confusion_of, load_lessons, save_lessons, unlabelled_vehicles

MACHINE = [40.0, 30.0, 100.0, 90.0]
CAR = [120.0, 60.0, 150.0, 80.0]


def picture(labelled: set[str], boxes: list[list[float]] | None = None) -> Picture:
    boxes = [MACHINE] if boxes is None else boxes
    return Picture(
        path=Path("p.jpg"), source=Source.KEROU, group="g", width=160, height=120, labelled=frozenset(labelled),
        negative=False, boxes=np.array(boxes, np.float32).reshape(-1, 4),
        categories=np.ones(len(boxes), np.int64), generic=np.zeros(len(boxes), np.bool_),
    )  # fmt: skip


def found(*boxes: list[float]) -> np.ndarray:
    return np.array(boxes, np.float32).reshape(-1, 4)


def scores(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def test_vehicles_are_taken_where_nobody_labelled_them():
    kept = unlabelled_vehicles(picture(set()), found(CAR, [0, 0, 20, 20]), scores(0.8, 0.3))
    assert kept.tolist() == [CAR], "the second is not certain enough"
    assert unlabelled_vehicles(picture({"vehicle"}), found(CAR), scores(0.9)).shape == (0, 4)
    assert unlabelled_vehicles(picture(set()), found(), scores()).shape == (0, 4)


def test_a_lorry_on_a_labelled_machine_is_that_machine():
    assert unlabelled_vehicles(picture(set()), found(MACHINE), scores(0.9)).shape == (0, 4)
    assert unlabelled_vehicles(picture(set(), []), found(MACHINE), scores(0.9)).tolist() == [MACHINE]


def test_only_a_box_away_from_every_machine_confuses():
    assert confusion_of(picture({"machine"}), found(MACHINE, CAR), scores(0.9, 0.4)) == pytest.approx(0.4)
    assert confusion_of(picture({"machine"}), found(MACHINE), scores(0.9)) == 0.0
    assert confusion_of(picture({"machine"}, []), found(CAR), scores(0.7)) == pytest.approx(0.7)
    assert confusion_of(picture({"machine"}, []), found(), scores()) == 0.0


def test_an_unlabelled_machine_is_no_mistake():
    assert confusion_of(picture({"machine_excavator"}), found(CAR), scores(0.9)) == 0.0


def test_lessons_survive_the_disk(tmp_path: Path):
    lessons = {"a.jpg": Lesson(found(CAR), 0.25), "b.jpg": Lesson(found(), 0.0)}
    save_lessons(tmp_path / "lessons.json", lessons)
    again = load_lessons(tmp_path / "lessons.json")
    assert again["a.jpg"].vehicles.tolist() == [CAR]
    assert again["a.jpg"].confusion == 0.25
    assert again["b.jpg"].vehicles.shape == (0, 4)
    assert [path.name for path in tmp_path.iterdir()] == ["lessons.json"]
