from pathlib import Path

import numpy as np
import pytest

from pipewarden.lab.coco import SUPERS, Labelled
from pipewarden.lab.perceived import Seen, figures, kind_evidence, sized_evidence

Box = tuple[tuple[int, ...], float]
ALL = frozenset(SUPERS)
SMALL, MEDIUM, LARGE = (0, 0, 20, 20), (100, 0, 150, 50), (200, 0, 320, 120)


def picture(*objects: tuple[tuple[int, ...], str], complete: frozenset[str] = ALL, source: str = "s") -> Labelled:
    supers = tuple("machine" if kind not in {"person", "cone"} else kind for _, kind in objects)
    boxes = np.array([box for box, _ in objects], np.float32).reshape(-1, 4)
    kinds = tuple(kind for _, kind in objects)
    return Labelled(Path("p.jpg"), source, f"{source}:{len(objects)}", 640, 360, complete, boxes, kinds, supers)


def seen(*found: Box, ms: float = 10.0, **others: list[Box]) -> Seen:
    given = {"machine": list(found)} | others
    boxes = {name: np.array([b for b, _ in given.get(name, [])], np.float32).reshape(-1, 4) for name in SUPERS}
    return Seen(boxes, {name: np.array([s for _, s in given.get(name, [])], np.float32) for name in SUPERS}, ms)


def test_a_perfect_eye_gets_one_everywhere_and_null_where_there_is_nothing():
    told = figures(
        [picture((LARGE, "excavator"), (SMALL, "person")), picture()],
        [seen((LARGE, 0.9), person=[(SMALL, 0.8)]), seen(ms=30.0)],
        threshold=0.5, iou=0.5, rounds=20,
    )  # fmt: skip
    assert told["images"] == 2
    assert told["ap50"] == {"machine": 1.0, "person": 1.0, "cone": None}
    assert told["ap30"] == {"machine": 1.0, "excavator": 1.0, "loader_dozer": None, "dump_truck": None}
    assert (told["precision"], told["recall"]) == (1.0, 1.0)
    assert told["recall_by_size"] == {"small": None, "medium": None, "large": 1.0}
    assert told["false_positives_per_100"] == {"s": 0.0}
    assert told["judge_calls_per_1000"] == 500.0
    assert told["ms_per_frame"] == 20.0
    assert told["intervals"]["ap50.machine"] == [1.0, 1.0]
    assert "ap50.cone" not in told["intervals"]


def test_without_machines_precision_and_recall_are_null_but_false_boxes_count():
    told = figures([picture(), picture()], [seen((SMALL, 0.9), (LARGE, 0.4)), seen()], 0.5, 0.5, rounds=20)
    assert (told["precision"], told["recall"], told["ap50"]["machine"]) == (None, None, None)
    assert told["false_positives_per_100"] == {"s": 50.0}


def test_precision_and_recall_follow_iou_and_threshold_and_the_areas_do_not():
    shifted = (210, 0, 330, 120)  # IoU .846
    pictures, found = [picture((LARGE, "excavator"))], [seen((shifted, 0.6), (SMALL, 0.55))]
    loose, strict = (figures(pictures, found, 0.5, iou, rounds=5) for iou in (0.5, 0.9))
    assert (loose["recall"], loose["precision"]) == (1.0, 0.5)
    assert (strict["recall"], strict["precision"]) == (0.0, 0.0)
    assert loose["ap50"] == strict["ap50"]
    above = figures(pictures, found, 0.7, 0.5, rounds=5)
    assert (above["recall"], above["precision"]) == (0.0, None)


def test_a_box_on_another_kind_is_neither_right_nor_wrong():
    pictures = [picture((LARGE, "excavator"), (MEDIUM, "dump_truck"))]
    found = [seen((LARGE, 0.9), (MEDIUM, 0.8), (SMALL, 0.7))]
    (trucks,) = kind_evidence(pictures, found, "dump_truck")
    assert trucks.objects == 1
    assert sorted(zip(trucks.scores.tolist(), trucks.hits.tolist(), strict=True)) == [
        (pytest.approx(0.7), False), (pytest.approx(0.8), True),
    ]  # fmt: skip


def test_where_machines_are_partly_labelled_only_hits_count():
    pictures = [picture((LARGE, "excavator"), complete=frozenset({"person"}))]
    (evidence,) = kind_evidence(pictures, [seen((LARGE, 0.9), (SMALL, 0.7))], "excavator")
    assert evidence.hits.tolist() == [True]
    told = figures(pictures, [seen((LARGE, 0.9), (SMALL, 0.7))], 0.5, 0.5, rounds=5)
    assert told["precision"] is None
    assert told["ap30"]["excavator"] == 1.0
    assert told["false_positives_per_100"] == {}


def test_sizes_split_at_32_and_96_pixels_squared():
    pictures = [picture((SMALL, "crane"), (MEDIUM, "crane"), (LARGE, "crane"))]
    told = figures(pictures, [seen((MEDIUM, 0.9), (LARGE, 0.3))], 0.5, 0.5, rounds=5)
    assert told["recall_by_size"] == {"small": 0.0, "medium": 1.0, "large": 0.0}
    (large,) = sized_evidence(pictures, [seen((MEDIUM, 0.9), (LARGE, 0.3))], 0.5, 96.0**2, 1e9)
    assert large.scores.tolist() == [pytest.approx(0.3)]


def test_false_boxes_are_told_by_source():
    pictures = [picture(source="street"), picture(source="site"), picture(source="site")]
    found = [seen((SMALL, 0.9)), seen((SMALL, 0.9), (LARGE, 0.9)), seen()]
    assert figures(pictures, found, 0.5, 0.5, rounds=5)["false_positives_per_100"] == {"site": 100.0, "street": 100.0}
