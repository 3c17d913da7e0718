"""truth.json is read strictly."""

from __future__ import annotations

import json

import pytest

from pipewarden.kit.errors import InputError
from pipewarden.sim.facts import LookAlikeKind, Telling, WorkClass
from pipewarden.sim.rules import parse_truth

POSE = {
    "lon": 116.7,
    "lat": 39.5,
    "height_m": 7.0,
    "heading_deg": 1.0,
    "tilt_deg": 12.0,
    "roll_deg": 0.0,
    "hfov_deg": 60.0,
    "image_size": [960, 540],
}
OBJECT = {
    "key": "S01",
    "cls": "machine",
    "type": "excavator",
    "lon": 116.7,
    "lat": 39.5,
    "footprint": [[116.7, 39.5]] * 4,
    "box": [1, 2, 3, 4],
    "visible_box": None,
    "visible_fraction": 0.0,
    "site": "S01",
}
SITE = {
    "key": "S01",
    "cls": "machine",
    "type": "excavator",
    "lon": 116.7,
    "lat": 39.5,
    "zone": "control",
    "nearest_pipe": "P",
    "distance_m": 1.0,
    "footprint_distance_m": 0.0,
    "cameras": ["cam-01"],
    "expected_alarm": True,
}


WORK = {
    "key": "S01",
    "cls": "excavation",
    "machine": "excavator",
    "lon": 116.7,
    "lat": 39.5,
    "start_s": 60.0,
    "end_s": 600.0,
    "zone": "control",
    "nearest_pipe": "P",
    "distance_m": 1.0,
    "filed": False,
    "cameras": ["cam-01"],
    "told_by": ["R01"],
}
LOOK_ALIKE = {
    "key": "w-q10",
    "kind": "sweeper",
    "lon": 116.7,
    "lat": 39.5,
    "camera": "cam-01",
    "frames": ["0000.jpg"],
    "first_s": 0.0,
    "last_s": 0.0,
}
REPORT = {
    "key": "R01",
    "who": "resident-1",
    "at_s": 300.0,
    "words": "挖掘机",
    "lon": 116.7,
    "lat": 39.5,
    "accuracy_m": 20.0,
    "about": "S01",
    "telling": "right",
}
DAY = {"works": [WORK], "look_alikes": [LOOK_ALIKE], "reports": [REPORT]}


def truth(**changes: object) -> str:
    camera = {"key": "cam-01", "pose": POSE, "light": "day", "story": "s", "expected_alarms": ["S01"]}
    camera["frames"] = [{"file": "0000.jpg", "t": 0, "objects": [OBJECT]}]
    return json.dumps({"rendered": True, "seed": 1, "sites": [SITE], "cameras": [camera]} | DAY | changes)


def test_a_whole_file_becomes_facts():
    read = parse_truth(truth(), "truth.json")
    assert read.rendered
    assert read.sites[0].cameras == ("cam-01",)
    found = read.cameras[0].frames[0].objects[0]
    assert found.box == (1.0, 2.0, 3.0, 4.0)
    assert found.visible_box is None
    assert read.cameras[0].pose.image_size == (960, 540)
    assert (read.works[0].cls, read.works[0].cameras, read.works[0].told_by) == (
        WorkClass.EXCAVATION,
        ("cam-01",),
        ("R01",),
    )
    assert (read.look_alikes[0].kind, read.look_alikes[0].frames) == (LookAlikeKind.SWEEPER, ("0000.jpg",))
    assert (read.reports[0].telling, read.reports[0].about) == (Telling.RIGHT, "S01")


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        truth(sites=[{**SITE, "colour": "red"}]),
        truth(cameras=[{"key": "x"}]),
        truth(seed="one"),
        truth(sites=None),
        truth(works=[{**WORK, "cls": "gardening"}]),
        truth(look_alikes=[{**LOOK_ALIKE, "kind": "cloud"}]),
        truth(reports=[{**REPORT, "telling": "true"}]),
        json.dumps({key: value for key, value in json.loads(truth()).items() if key != "works"}),
    ],
)
def test_a_broken_file_names_itself(text: str):
    with pytest.raises(InputError) as caught:
        parse_truth(text, "truth.json")
    assert caught.value.field == "truth.json"
    assert "render/demo.py" in caught.value.fix


def test_a_box_has_four_numbers():
    camera = json.loads(truth())["cameras"][0]
    camera["frames"][0]["objects"][0]["box"] = [1, 2, 3]
    with pytest.raises(InputError, match="ValueError"):
        parse_truth(truth(cameras=[camera]), "truth.json")
