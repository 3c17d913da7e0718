"""seq.json and folders: times as declared, in order, and every slip named."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.kit.errors import InputError
from pipewarden.sense.rules import Step, natural_key, parse_seq_json, sample, stepped

if TYPE_CHECKING:
    from pathlib import Path

FRAMES = [{"file": "a.jpg", "t": 10.0}, {"file": "b.jpg", "t": 10.5}, {"file": "c.jpg", "t": 12}]


def parse(**told: object) -> object:
    return parse_seq_json(json.dumps(told), "seq.json", ["f10.jpg", "f2.jpg"])


def test_listed_frames_count_from_the_first() -> None:
    series = parse_seq_json(json.dumps({"name": "s", "frames": FRAMES, "note": "kept out"}), "seq.json", [])
    assert series.steps == (Step("a.jpg", 0.0), Step("b.jpg", 0.5), Step("c.jpg", 2.0))
    assert (series.name, series.start, series.rendered) == ("s", None, False)


def test_start_and_rendered_are_read() -> None:
    told = {"frames": FRAMES, "start": "2026-11-20T09:00:00+08:00", "rendered": True}
    series = parse_seq_json(json.dumps(told), "seq.json", [])
    assert series.start == datetime(2026, 11, 20, 1, tzinfo=UTC)
    assert series.rendered


def test_a_step_takes_the_folder_in_natural_order() -> None:
    series = parse_seq_json('{"step_s": 60}', "seq.json", ["f10.jpg", "f2.jpg", "F1.jpg"])
    assert series.steps == (Step("F1.jpg", 0.0), Step("f2.jpg", 60.0), Step("f10.jpg", 120.0))


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({}, "seq.json"),
        ({"step_s": 0}, "seq.json"),
        ({"step_s": True}, "seq.json"),
        ({"frames": []}, "seq.json frames"),
        ({"frames": {"a": 1}}, "seq.json frames"),
        ({"frames": ["a.jpg"]}, "seq.json frames[0].file"),
        ({"frames": [{"file": "../a.jpg", "t": 0}]}, "seq.json frames[0].file"),
        ({"frames": [{"file": "..", "t": 0}]}, "seq.json frames[0].file"),
        ({"frames": [{"file": "a.jpg"}]}, "seq.json frames[0].t"),
        ({"frames": [{"file": "a.jpg", "t": "0"}]}, "seq.json frames[0].t"),
        ({"frames": [FRAMES[1], FRAMES[0]]}, "seq.json frames[1].t"),
        ({"frames": [FRAMES[0], FRAMES[0]]}, "seq.json frames[1].t"),
        ({"frames": FRAMES, "start": "yesterday"}, "seq.json start"),
        ({"frames": FRAMES, "start": "2026-11-20T09:00:00"}, "seq.json start"),
        ({"frames": FRAMES, "start": 5}, "seq.json start"),
    ],
)
def test_a_slip_is_named(told: dict[str, object], field: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(**told)
    assert caught.value.field == field
    assert caught.value.fix


@pytest.mark.parametrize("text", ["", "[1]", "{", "null", '{"frames": [{"file": "a.jpg", "t": NaN}]}'])
def test_what_is_not_a_seq_json_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_seq_json(text, "seq.json", [])


@pytest.mark.parametrize("step", [0, -1, float("nan"), float("inf")])
def test_a_step_is_above_zero(step: float) -> None:
    with pytest.raises(InputError, match="--sequence"):
        stepped(["a.jpg"], step)


@pytest.mark.shared
def test_the_real_sequences_are_read(shared_data: Path) -> None:
    counts = {}
    for path in sorted((shared_data / "sequences").glob("*/seq.json")):
        series = parse_seq_json(path.read_text(), str(path), [])
        counts[path.parent.name] = len(series.steps)
        assert series.steps[0].offset_s == 0
        gaps = [b.offset_s - a.offset_s for a, b in zip(series.steps, sample(series.steps, 1.0)[1:], strict=False)]
        assert min(gaps) >= 0
    assert counts == {"dashcam_workzone_chicago": 105, "site_fixed_cctv": 85, "street_fixed_residential": 151}


def test_natural_order_is_how_people_count() -> None:
    names = ["f10.jpg", "f9.jpg", "f010.jpg", "G1.jpg", "1.jpg", "10a.jpg", "2.jpg", "²3.jpg", ""]
    assert sorted(names, key=natural_key)[:4] == ["", "1.jpg", "2.jpg", "10a.jpg"]
    assert sorted(["f10.jpg", "f9.jpg"], key=natural_key) == ["f9.jpg", "f10.jpg"]


@given(st.lists(st.text(max_size=12), max_size=12))
def test_natural_order_takes_any_name(names: list[str]) -> None:
    assert sorted(sorted(names, key=natural_key, reverse=True), key=natural_key) is not None


@given(st.lists(st.floats(0, 1000), max_size=60, unique=True), st.floats(0.01, 100))
def test_samples_lie_apart_and_leave_no_gap_that_held_a_frame(times: list[float], every: float) -> None:
    steps = [Step(str(index), second) for index, second in enumerate(sorted(times))]
    kept = sample(steps, every)
    assert kept[:1] == steps[:1]
    for one, two in pairwise(kept):
        assert two.offset_s - one.offset_s >= every - 1e-5
        between = [step for step in steps if one.offset_s + every <= step.offset_s < two.offset_s]
        assert between == []
