from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.lab.compose import (
    LICENSED,
    RENDERED,
    UNLICENSED,
    VEHICLE_CLASS,
    Composer,
    Held,
    Stream,
    hold,
    streams_of,
    window,
)
from pipewarden.lab.cutouts import Cutout
from pipewarden.lab.dataset import Picture, Source
from pipewarden.lab.lessons import Lesson

PlaceMaker = Callable[..., Picture]


@pytest.fixture
def place(tmp_path: Path) -> PlaceMaker:
    """A picture with one bright machine rectangle, written to disk."""

    def make(name: str, source: Source, labelled: set[str], category: int = 1) -> Picture:
        pixels = np.full((120, 160, 3), 60, np.uint8)
        cv2.rectangle(pixels, (40, 30), (99, 89), (40, 180, 250), -1)
        cv2.imwrite(str(tmp_path / name), pixels)
        return Picture(
            path=tmp_path / name,
            source=source,
            group=name,
            width=160,
            height=120,
            labelled=frozenset(labelled),
            negative=False,
            boxes=np.array([[40, 30, 100, 90]], np.float32),
            categories=np.array([category], np.int64),
            generic=np.zeros(1, np.bool_),
        )

    return make


def test_shares_of_every_plan_are_positive_and_renders_stay_below_a_quarter():
    assert sum(stream.share for stream in LICENSED.values()) == pytest.approx(1.0)
    assert sum(stream.share for stream in UNLICENSED.values()) == pytest.approx(1.0)
    rendered = sum(stream.share for stream in RENDERED.values())
    assert 0.15 <= rendered / (1 + rendered) <= 0.2
    assert not {"camvid", "cones"} & set(LICENSED)


def test_machine_free_pictures_form_their_own_streams(place: PlaceMaker):
    streams = streams_of([
        place("a.png", Source.CSS, {"machine"}),
        place("b.png", Source.CSS, {"machine"}, category=7),
        place("c.png", Source.RENDER, {"machine"}, category=9),
        place("d.png", Source.RENDER, {"machine"}),
    ])  # fmt: skip
    assert {name: len(held) for name, held in streams.items()} == {
        "css": 2, "css_empty": 1, "render_empty": 1, "render": 1,
    }  # fmt: skip


def test_vehicles_are_marked_as_such_and_large_pictures_shrink(tmp_path: Path, place: PlaceMaker):
    assert hold(place("v.png", Source.CSS, {"machine"}, category=9)).marks[:, 4].tolist() == [VEHICLE_CLASS]
    assert hold(place("u.png", Source.CSS, {"machine"}, category=42)).marks.shape == (0, 5)
    wide = tmp_path / "wide.png"
    cv2.imwrite(str(wide), np.zeros((500, 1280, 3), np.uint8))
    given_picture = place("m.png", Source.RENDER, {"machine"})
    held = hold(Picture(wide, Source.RENDER, "g", 1280, 500, frozenset(), negative=False,
                        boxes=np.array([[100, 100, 300, 200]], np.float32), categories=given_picture.categories,
                        generic=given_picture.generic))  # fmt: skip
    assert held.pixels.shape == (250, 640, 3)
    assert held.marks[0].tolist() == [50, 50, 150, 100, 0]


def test_a_sample_is_whole_and_repeatable(place: PlaceMaker):
    streams = streams_of([place("a.png", Source.CSS, {"machine", "person", "cone"})])
    composer = Composer(streams, LICENSED, [], side=128)
    first, again = (composer.sample(np.random.default_rng(4)) for _ in range(2))
    assert (first.pixels == again.pixels).all()
    assert first.pixels.shape == (128, 128, 3)
    assert first.weights.shape == (4, 16, 16)


def test_marks_follow_the_machine_they_mark(place: PlaceMaker):
    """Without light changes the marked rectangle must still be the bright one, wherever scale and flip put it."""
    picture = hold(place("a.png", Source.CSS, {"machine"}))
    composer = Composer({"css": [picture]}, {"css": Stream(1.0, 0.3, 0.5, 0.0)}, [], side=192)
    generator = np.random.default_rng(2)
    seen = 0
    for _ in range(30):
        tile = composer._tile(192, 192, generator, small=False)
        for left, top, right, bottom, _ in tile.marks:
            inside = tile.pixels[int(top) + 2 : int(bottom) - 2, int(left) + 2 : int(right) - 2]
            assert inside[..., 2].mean() > 230
            seen += 1
    assert seen >= 25


def test_the_mask_switches_classes_off_tile_by_tile(place: PlaceMaker):
    partial = hold(place("k.png", Source.KEROU, {"machine_excavator"}))
    full = hold(place("f.png", Source.CSS, {"machine", "person", "cone"}))
    plan = {"kerou": Stream(0.5, 0.3, 1.0, 0.0), "css": Stream(0.5, 0.3, 1.0, 0.0)}
    composer = Composer({"kerou": [partial], "css": [full]}, plan, [], side=128)
    generator = np.random.default_rng(0)
    seen: set[float] = set()
    for _ in range(40):
        weights = composer.sample(generator).weights
        seen |= {round(float(value), 2) for value in np.unique(weights[0])}
        # where person is off, cone is off and the machine background counts 0.3
        off = weights[1] == 0
        assert (weights[2][off] == 0).all()
        assert weights[0][off] == pytest.approx(0.3)
        assert (weights[0][~off] == 1).all()
    assert seen == {0.3, 1.0}


def test_a_mark_that_is_cut_away_is_dropped():
    pixels = np.zeros((100, 400, 3), np.uint8)
    marks = np.array([[0, 0, 40, 40, 0], [360, 10, 400, 60, 1]], np.float32)
    generator = np.random.default_rng(0)
    for _ in range(20):
        out, kept = window(pixels, marks, (100, 100), generator)
        assert out.shape == (100, 100, 3)
        assert len(kept) <= 1
        assert ((kept[:, :4] >= 0) & (kept[:, :4] <= 100)).all()


@given(width=st.integers(20, 300), height=st.integers(20, 300), seed=st.integers(0, 50))
def test_a_window_always_has_its_size(width: int, height: int, seed: int):
    marks = np.array([[2, 2, 15, 15, 2]], np.float32)
    out, kept = window(np.zeros((height, width, 3), np.uint8), marks, (96, 80), np.random.default_rng(seed))
    assert out.shape == (80, 96, 3)
    assert (kept[:, 2] <= 96).all()
    assert (kept[:, 3] <= 80).all()


def test_pasting_marks_machines_and_vehicles_as_what_they_are():
    street = Held(np.full((200, 300, 3), 90, np.uint8), np.zeros((0, 5), np.float32), np.ones(4, np.float32))
    solid = np.full((60, 80, 4), 255, np.uint8)
    plan = {"coco": Stream(1.0, 0.9, 1.1, 1.0)}
    for machine, expected in ((True, 0), (False, VEHICLE_CLASS)):
        composer = Composer({"coco": [street]}, plan, [Cutout(solid, machine=machine)], side=256)
        generator = np.random.default_rng(5)
        marks = np.concatenate([composer.sample(generator).marks for _ in range(20)])
        assert set(marks[:, 4].tolist()) == {expected}


def test_a_lesson_marks_unlabelled_vehicles_and_brings_confusing_pictures_back(place: PlaceMaker):
    easy, hard = place("easy.png", Source.KEROU, {"machine_excavator"}), place("hard.png", Source.KEROU, set())
    none = np.zeros((0, 4), np.float32)
    lesson = Lesson(np.array([[1, 2, 30, 40]], np.float32), confusion=0.5)
    held = hold(easy, lesson)
    assert held.marks.tolist() == [[40, 30, 100, 90, 0], [1, 2, 30, 40, VEHICLE_CLASS]]
    assert held.draws == pytest.approx(3.0)
    streams = streams_of([easy, hard], {"easy.png": Lesson(none, 0.0), "hard.png": Lesson(none, 1.0)})
    assert [one.draws for one in streams["kerou"]] == [1.0, 5.0]
    streams["kerou"][0].pixels[:] = 0
    streams["kerou"][1].pixels[:] = 255
    composer = Composer(streams, {"kerou": Stream(1.0, 1.0, 1.2, 0.0)}, [], side=64)
    drawn = [composer.sample(np.random.default_rng(seed)).pixels.max() > 180 for seed in range(60)]
    assert np.mean(drawn) > 0.7
