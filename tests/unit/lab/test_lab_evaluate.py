import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from pipewarden.lab import evaluate
from pipewarden.lab.dataset import Picture, Source
from pipewarden.lab.evaluate import (
    evaluate_screen,
    evidence_of,
    fully_labelled,
    record,
    speed,
    street_figures,
    val_figures,
)
from pipewarden.lab.screen import Detections

MACHINE = (20.0, 20.0, 80.0, 70.0)


def picture(
    source: Source, labelled: set[str], boxes: list[tuple[float, ...]], categories: list[int], **more: Any
) -> Picture:
    return Picture(
        path=more.get("path", Path("p.png")), source=source, group=more.get("group", "g"), width=160, height=120,
        labelled=frozenset(labelled), negative=not boxes,
        boxes=np.array(boxes, np.float32).reshape(-1, 4), categories=np.array(categories, np.int64),
        generic=np.zeros(len(categories), np.bool_),
    )  # fmt: skip


def seen(*rows: tuple[tuple[float, ...], float, int]) -> Detections:
    boxes = np.array([row[0] for row in rows], np.float32).reshape(-1, 4)
    return Detections(
        boxes, np.array([row[1] for row in rows], np.float32), np.array([row[2] for row in rows], np.int64)
    )


def test_pictures_without_full_labels_are_left_out_of_a_class():
    pictures = [
        picture(Source.CSS, {"machine", "person", "cone"}, [MACHINE], [1]),
        picture(Source.KEROU, {"machine_excavator"}, [MACHINE], [1]),
        picture(Source.COCO, {"machine", "person"}, [], []),
    ]
    assert fully_labelled(pictures, "machine") == [0, 2]
    assert fully_labelled(pictures, "person") == [0, 2]
    assert fully_labelled(pictures, "cone") == [0]


def test_evidence_takes_one_class_only():
    pictures = [picture(Source.CSS, {"machine"}, [MACHINE, (0, 0, 10, 10)], [6, 7])]
    found = [seen((MACHINE, 0.9, 0), ((0, 0, 10, 10), 0.8, 1), ((100, 100, 110, 110), 0.7, 0))]
    (item,) = evidence_of(pictures, found, 0, 0.5)
    assert item.objects == 1
    assert item.hits.tolist() == [True, False]
    (person,) = evidence_of(pictures, found, 1, 0.5)
    assert person.hits.tolist() == [True]


def test_val_figures_split_machines_by_source():
    pictures = [
        picture(Source.CSS, {"machine", "person", "cone"}, [MACHINE], [6], group="a"),
        picture(Source.KEROU, {"machine_excavator"}, [MACHINE], [1], group="b"),
        picture(Source.COCO, {"machine", "person"}, [], [], group="c"),
    ]
    found = [seen((MACHINE, 0.9, 0)), seen(), seen(((0, 0, 9, 9), 0.5, 0))]
    figures = val_figures(pictures, found, ("machine", "person", "cone"))
    assert figures["machine"]["value"] == 1.0
    assert figures["machine"]["pictures"] == 2
    assert figures["machine_css"]["value"] == 1.0
    assert figures["machine_kerou"]["value"] == 0.0
    assert np.isnan(figures["machine_coco128"]["value"])


def test_street_figures_count_false_boxes_on_quiet_frames_only():
    pictures = [
        picture(Source.ROADWORK, {"machine"}, [MACHINE], [3], group="a"),
        picture(Source.ROADWORK, {"machine"}, [], [], group="b"),
        picture(Source.ROADWORK, {"machine"}, [], [], group="c"),
    ]
    found = [seen((MACHINE, 0.6, 0), ((0, 0, 5, 5), 0.55, 0)), seen(((0, 0, 9, 9), 0.52, 0)), seen()]
    figures = street_figures(pictures, found, threshold=0.5)
    assert figures["recall"]["value"] == 1.0
    assert figures["precision"]["value"] == pytest.approx(1 / 3)
    assert figures["false_per_quiet_frame"]["value"] == pytest.approx(0.5)
    assert figures["false_per_quiet_frame"]["pictures"] == 2
    high = next(row for row in figures["by_threshold"] if row["threshold"] == 0.7)
    assert high == {"threshold": 0.7, "recall": 0.0, "precision": None, "false_per_quiet_frame": 0.0}


class Orange:
    """A stand-in detector: one box around the orange pixels, class machine."""

    classes = 3

    def __init__(self, path: Path, threads: int = 2) -> None:
        self.path, self.threads = path, threads

    def of_file(self, path: Path) -> Detections:
        pixels = cv2.imread(str(path))
        rows, columns = np.where((pixels[..., 2] > 200) & (pixels[..., 0] < 60))
        if not len(rows):
            return seen()
        return seen(((columns.min(), rows.min(), columns.max() + 1, rows.max() + 1), 0.8, 0))

    def raw(self, frame: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        assert frame.shape == (384, 640, 3)
        return np.zeros((5040, 3), np.float32), np.zeros((5040, 4), np.float32)


def drawn(path: Path, box: tuple[int, int, int, int] | None) -> None:
    pixels = np.full((120, 160, 3), 90, np.uint8)
    if box is not None:
        cv2.rectangle(pixels, box[:2], (box[2] - 1, box[3] - 1), (20, 140, 250), -1)
    cv2.imwrite(str(path), pixels)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder of drawn pictures: val, street and three sequences, of which only the dashcam sees a machine."""
    box = (20, 20, 80, 70)
    for folder, index, source in (
        ("construction", "instances_val.json", Source.CSS),
        ("street_dev", "instances_street_dev.json", Source.ROADWORK),
    ):
        images = tmp_path / folder / "images"
        images.mkdir(parents=True)
        records, annotations = [], []
        for number in range(4):
            drawn(images / f"{number}.png", box if number % 2 else None)
            records.append({
                "id": number, "file_name": f"{number}.png", "width": 160, "height": 120, "source": str(source),
                "labelled_supers": ["machine", "person", "cone"], "negative": number % 2 == 0, "group": f"g{number}",
            })  # fmt: skip
            if number % 2:
                annotations.append({"image_id": number, "category_id": 3, "bbox": [20, 20, 60, 50]})
        categories = [{"id": 3, "name": "dump_truck", "supercategory": "machine"}]
        document = {"images": records, "annotations": annotations, "categories": categories}
        (tmp_path / folder / index).write_text(json.dumps(document))
    for name in evaluate.SEQUENCES:
        folder_of = tmp_path / "sequences" / name
        folder_of.mkdir(parents=True)
        frames = [{"file": f"{k}.png", "t": k * 0.5} for k in range(6)]
        for frame in frames:
            drawn(folder_of / frame["file"], box if name.startswith("dashcam") else None)
        (folder_of / "seq.json").write_text(json.dumps({"frames": frames}))
    return tmp_path


def test_a_detector_is_measured_from_file_to_figures(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(evaluate, "Screen", Orange)
    weights = tmp_path / "screen-1.onnx"
    weights.write_bytes(b"orange")
    ticks: list[str] = []
    figures = evaluate_screen(weights, data, None, ticks.append)
    assert figures["threshold"]["machine"] == pytest.approx(0.30)
    assert figures["val"]["machine"]["value"] == 1.0
    assert figures["street_dev"]["ap"]["value"] == 1.0
    assert figures["street_dev"]["false_per_quiet_frame"]["value"] == 0.0
    assert figures["sequences"]["street_fixed_residential"]["alarms_max"] == 0
    assert figures["sequences"]["dashcam_workzone_chicago"]["alarms_min"] == 1
    assert figures["bytes"] == 6
    assert figures["detail"]["street_dev"]["ap30"] == {
        "machine": 1.0, "excavator": None, "loader_dozer": None, "dump_truck": 1.0,
    }  # fmt: skip
    assert figures["detail"]["val"]["false_positives_per_100"] == {str(Source.CSS): 0.0}
    assert "vehicle" not in figures["val"], "this detector has no such output"
    assert ticks.count("val") == 4
    assert len(ticks) == 4 + 4 + 18
    fixed = evaluate_screen(weights, data, 0.9, lambda _: None)
    assert fixed["street_dev"]["recall"]["value"] == 0.0
    assert fixed["sequences"]["dashcam_workzone_chicago"]["alarms_max"] == 0


def test_a_sequence_is_read_in_the_order_of_its_index(data: Path):
    recorded = record(data / "sequences" / "dashcam_workzone_chicago", Orange(Path("w")), lambda _: None)  # type: ignore[arg-type]  # a stand-in
    assert recorded.times == [0, 0.5, 1, 1.5, 2, 2.5]
    assert len(recorded.found) == 6
    assert [len(run) for run in recorded.runs()] == [3, 3]


def test_speed_tells_least_and_median():
    spent = speed(Orange(Path("w")), runs=3)  # type: ignore[arg-type]  # a stand-in
    assert 0 <= spent["min_ms"] <= spent["median_ms"]
