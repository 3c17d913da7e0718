"""`eval` on rendered demo frames: the shape and the arithmetic of its answers, never an accuracy."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pipewarden.inference.service import WEIGHTS
from pipewarden.judge import service as judge
from pipewarden.judge.facts import Tally
from pipewarden.kit.errors import InputError
from pipewarden.main import evaluate, scan
from pipewarden.main.demo.town import fresh
from pipewarden.main.home import Home
from pipewarden.main.replay import Replay
from pipewarden.people import service as people
from pipewarden.sim import service as sim

MACHINE = {"id": 5, "name": "excavator", "supercategory": "machine"}


def frames() -> list[Path]:
    return sorted(sim.demo_cameras()[0].folder.glob("*.jpg"))


def told(done: list[tuple[int, int | None]]) -> Any:
    return lambda count, total: done.append((count, total))


def labels(folder: Path, boxes: dict[str, list[float]]) -> Path:
    size = Image.open(frames()[0]).size
    images = [
        {"id": k, "file_name": path.name, "width": size[0], "height": size[1], "source": "render"}
        for k, path in enumerate(frames())
    ]
    annotations = [
        {"image_id": one["id"], "category_id": 5, "bbox": boxes[str(one["file_name"])]}
        for one in images
        if one["file_name"] in boxes
    ]
    path = folder / "labels.json"
    path.write_text(json.dumps({"images": images, "annotations": annotations, "categories": [MACHINE]}))
    return path


def measured(path: Path, **more: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"weights": WEIGHTS, "threshold": None, "iou": 0.5, "threads": 1, "progress": told([])}
    return evaluate.perceive(path, frames()[0].parent, **(given | more))


def test_without_labels_only_false_boxes_are_told(tmp_path: Path) -> None:
    done: list[tuple[int, int | None]] = []
    found = measured(labels(tmp_path, {}), progress=told(done))
    assert found["images"] == len(frames())
    assert (found["precision"], found["recall"]) == (None, None)
    assert set(found["false_positives_per_100"]) == {"render"}
    assert found["judge_calls_per_1000"] == pytest.approx(10 * found["false_positives_per_100"]["render"])
    assert found["ms_per_frame"] > 0
    assert done[-1] == (len(frames()), len(frames()))


def test_what_the_product_sees_is_right_when_it_is_the_label(tmp_path: Path) -> None:
    camera = next(one for one in sim.demo_truth().cameras if one.key == sim.demo_cameras()[0].key)
    truth = {Path(frame.file).name: frame for frame in camera.frames}
    boxes: dict[str, list[float]] = {}
    for path in frames():
        for one in truth[path.name].objects:
            if one.cls == "machine" and one.visible_box is not None:
                boxes[path.name] = list(one.visible_box)
    assert boxes, "the first demo camera shows a machine"
    found = measured(labels(tmp_path, boxes))
    assert found["recall"] > 0.5
    assert found["ap50"]["machine"] > 0.5
    assert found["ap30"]["excavator"] == found["ap30"]["machine"]
    strict = measured(labels(tmp_path, boxes), threshold=1.0)
    assert strict["threshold"] == 1.0
    assert strict["recall"] == 0.0
    assert strict["ap50"] == found["ap50"], "the area does not depend on the threshold"


def test_a_picture_that_cannot_be_decoded_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    image = {"id": 1, "file_name": "bad.jpg", "width": 10, "height": 10}
    path = tmp_path / "labels.json"
    path.write_text(json.dumps({"images": [image], "annotations": [], "categories": [MACHINE]}))
    with pytest.raises(InputError) as caught:
        evaluate.perceive(path, tmp_path, weights=WEIGHTS, threshold=None, iou=0.5, threads=1, progress=told([]))
    assert caught.value.field == "bad.jpg"


def sequence_of(lived: Replay, home: Home, camera: int = 0, *, known: bool = False) -> evaluate.Sequence:
    one = sim.demo_cameras()[camera]
    return evaluate.sequence(
        replace(lived.river, home=home),
        one.folder,
        every_s=1.0,
        camera=one.camera_file if known else None,
        clock=lived.clock,
        progress=told([]),
    )


def test_a_sequence_is_counted_as_a_scan_counts_it(lived: Replay) -> None:
    found = sequence_of(lived, fresh(lived.river.home))
    assert found.frames == len(frames())
    assert found.alarms == 1
    assert found.judge_calls == 1, "no rule knows the scene, and the local judge is asked once"
    assert found.findings >= found.alarms
    assert found.problems == []


def test_what_a_scene_rule_closes_is_no_question(lived: Replay) -> None:
    home = fresh(lived.river.home)
    camera = scan.load_camera(home, sim.demo_cameras()[0].camera_file)
    with home.work() as work:  # the far corner of the sky: whatever the camera sees is outside
        judge.set_corridor(work, people.operator(home.tenant_id), camera.id, ((0, 0), (0.1, 0), (0, 0.1)))
    found = sequence_of(lived, home, known=True)
    assert (found.alarms, found.judge_calls) == (1, 0)
    with home.work() as work:
        assert judge.tally(work) == Tally(confirmed=0, silenced=1, person=0, questions=0)


def test_a_street_without_machines_costs_no_question(lived: Replay) -> None:
    found = sequence_of(lived, fresh(lived.river.home), camera=6)
    assert (found.alarms, found.judge_calls) == (0, 0)


def test_a_folder_that_is_not_there_is_told(lived: Replay, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        evaluate.sequence(
            lived.river, tmp_path / "none", every_s=1.0, camera=None, clock=lived.clock, progress=told([])
        )
