"""Pasted streets say that they are, and their truth is where the pixels changed."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pipewarden.kit.errors import InputError
from pipewarden.lab.cutouts import Cutout
from pipewarden.lab.streets import Story, Street, make_street, write_street
from pipewarden.sense.rules import parse_seq_json

TIMES = [float(second) for second in range(20)]


def cut(*, machine: bool, colour: tuple[int, int, int] = (0, 180, 255)) -> Cutout:
    pixels = np.zeros((60, 80, 4), np.uint8)
    pixels[..., :3], pixels[..., 3] = colour, 255
    return Cutout(pixels, machine=machine)


CUTS = [cut(machine=True), cut(machine=False, colour=(200, 40, 40))]


def filmed() -> list[NDArray[np.uint8]]:
    rng = np.random.default_rng(3)
    return [rng.integers(90, 130, (180, 320, 3), np.uint8) for _ in TIMES]


def told(story: Story, seed: int = 1) -> tuple[Street, list[NDArray[np.uint8]]]:
    background = filmed()
    street = make_street(
        "s", story, background=background, times=TIMES, cutouts=CUTS, generator=np.random.default_rng(seed)
    )
    return street, background


@pytest.mark.parametrize("story", list(Story))
@pytest.mark.parametrize("seed", range(5))
def test_pixels_change_inside_the_told_boxes_and_nowhere_else(story: Story, seed: int) -> None:
    street, background = told(story, seed)
    boxes = {one.frame: one.box for one in street.pasted}
    for index, (before, after) in enumerate(zip(background, street.frames, strict=True)):
        changed = np.argwhere((before != after).any(axis=2))
        if index not in boxes:
            assert not len(changed)
            continue
        left, top, width, height = boxes[index]
        assert len(changed) > 0.5 * width * height
        assert changed[:, 1].min() >= left - 1
        assert changed[:, 1].max() <= left + width + 1
        assert changed[:, 0].min() >= top - 1
        assert changed[:, 0].max() <= top + height + 1


@pytest.mark.parametrize("seed", range(8))
def test_works_come_late_stay_at_one_place_and_are_never_quite_still(seed: int) -> None:
    street, _ = told(Story.WORKS, seed)
    assert street.sites == 1
    assert street.pasted[0].frame >= 2
    assert [one.frame for one in street.pasted] == list(range(street.pasted[0].frame, len(TIMES)))
    lefts = np.array([one.box[0] for one in street.pasted])
    width = np.median([one.box[2] for one in street.pasted])
    assert np.ptp(lefts) < 0.5 * width
    assert len({one.box for one in street.pasted}) > 1


def test_a_parked_machine_is_there_from_the_first_picture_and_never_moves() -> None:
    street, _ = told(Story.PARKED)
    assert street.sites == 0
    assert len({one.box for one in street.pasted}) == 1
    assert len(street.pasted) == len(TIMES)
    assert all(one.machine for one in street.pasted)


@pytest.mark.parametrize("seed", range(5))
def test_what_passes_is_never_twice_at_one_place(seed: int) -> None:
    street, _ = told(Story.PASSING, seed)
    assert street.sites == 0
    by_frame = {one.frame: one.box for one in street.pasted}
    for frame, (left, _, width, _) in by_frame.items():
        if frame + 1 in by_frame:
            assert abs(by_frame[frame + 1][0] - left) > 0.25 * width


def test_vehicles_are_no_machines_and_a_quiet_street_is_what_was_filmed() -> None:
    vehicles, _ = told(Story.VEHICLES)
    assert not any(one.machine for one in vehicles.pasted)
    quiet, background = told(Story.QUIET)
    assert quiet.pasted == []
    assert all((one == other).all() for one, other in zip(quiet.frames, background, strict=True))


def test_one_seed_is_one_street_and_the_film_is_left_alone() -> None:
    one, background = told(Story.WORKS, 7)
    other, _ = told(Story.WORKS, 7)
    assert all((a == b).all() for a, b in zip(one.frames, other.frames, strict=True))
    assert one.pasted == other.pasted
    assert all((a == b).all() for a, b in zip(background, filmed(), strict=True))


def test_a_story_without_its_cut_outs_is_refused() -> None:
    with pytest.raises(InputError, match="nothing for works"):
        make_street(
            "s",
            Story.WORKS,
            background=filmed(),
            times=TIMES,
            cutouts=CUTS[1:],
            generator=np.random.default_rng(1),
        )


def test_a_written_street_is_a_sequence_that_says_it_is_synthetic(tmp_path: Path) -> None:
    street, _ = told(Story.WORKS)
    folder = write_street(street, tmp_path, 1.0)
    truth = json.loads((folder / "truth.json").read_text())
    text = (folder / "seq.json").read_text()
    assert truth["synthetic"] is json.loads(text)["synthetic"] is True
    assert (truth["sites"], truth["story"], len(truth["pasted"])) == (1, "works", len(street.pasted))
    series = parse_seq_json(text, "seq.json", [path.name for path in folder.glob("*.jpg")])
    assert [step.offset_s for step in series.steps] == TIMES
