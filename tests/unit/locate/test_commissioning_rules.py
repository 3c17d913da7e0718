"""Where a pasted machine may stand, how large it is there, and whether a box is it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from pipewarden.locate.facts import Band, CutOut
from pipewarden.locate.rules import Calibrated, Spot, is_there, paste, read, solve, spots
from pipewarden.perceive.facts import Box

if TYPE_CHECKING:
    from numpy.typing import NDArray

HERE = (116.7, 39.5)
POSE = {
    "pose": {"lon": HERE[0], "lat": HERE[1], "height_m": 8, "heading_deg": 0, "tilt_deg": 20, "hfov_deg": 60},
    "pixel_sigma": 2.0,
}


@pytest.fixture
def camera() -> Calibrated:
    return solve(read(POSE, (1280, 720), HERE), HERE)


def machine(rows: int = 60, columns: int = 80) -> CutOut:
    """A yellow block without a frame around it, of which a metre has ten pixels."""
    pixels = np.zeros((rows, columns, 4), np.uint8)
    pixels[10:, 5:-5] = (0, 200, 220, 255)
    return CutOut(pixels, 10.0)


def street(grey: int = 110, colour: int = 40) -> NDArray[np.uint8]:
    return np.full((720, 1280, 3), (grey - colour, grey, grey + colour), np.uint8)


def test_places_lie_in_three_bands_of_one_depth_and_shrink_with_distance(camera: Calibrated) -> None:
    found = spots(camera, (1280, 720))
    assert list(found) == [Band.NEAR, Band.MIDDLE, Band.FAR]
    deepest = max(one.away_m for several in found.values() for one in several)
    assert deepest <= 60.0
    for number, several in enumerate(found.values()):
        assert several
        assert all(number * deepest / 3 <= one.away_m + 1e-9 <= (number + 1) * deepest / 3 + 1e-6 for one in several)
    means = [np.mean([one.px_per_m for one in several]) for several in found.values()]
    assert means[0] > means[1] > means[2]


def test_a_metre_has_as_many_pixels_as_the_optics_give_it(camera: Calibrated) -> None:
    """At the picture's middle a pinhole has focal length by distance: 8 m up and 20 degrees down it is 23.4 m away."""
    focal = 1280 / 2 / np.tan(np.radians(30))
    distance = 8 / np.sin(np.radians(20))
    middle = [one for several in spots(camera, (1280, 720)).values() for one in several]
    nearest = min(middle, key=lambda one: np.hypot(one.foot[0] - 640, one.foot[1] - 360))
    assert nearest.px_per_m == pytest.approx(focal / distance, rel=0.08)


def test_a_smaller_picture_of_the_same_camera_has_fewer_pixels_to_a_metre(camera: Calibrated) -> None:
    whole, half = spots(camera, (1280, 720)), spots(camera, (640, 360))
    for band in Band:
        assert len(whole[band]) == len(half[band])
        assert half[band][0].px_per_m == pytest.approx(whole[band][0].px_per_m / 2)
        assert half[band][0].foot == pytest.approx([side / 2 for side in whole[band][0].foot])


def test_it_stands_on_its_foot_as_large_as_a_metre_there_says() -> None:
    pixels = street()
    made = paste(pixels, machine(), Spot((640.0, 500.0), 20.0, 30.0), mirrored=False)
    assert made is not None
    picture, box = made
    assert box == Box(560.0, 380.0, 160.0, 120.0)
    assert np.array_equal(pixels, street()), "the camera's own picture is left as it is"
    changed = np.argwhere((picture != pixels).any(axis=2))
    assert changed.min(axis=0).tolist() >= [380, 560]
    assert changed.max(axis=0).tolist() <= [499, 719]
    assert np.array_equal(picture[390, 562], pixels[390, 562]), "what is not solid lets the street through"


def test_what_would_mostly_lie_outside_or_be_a_speck_is_not_pasted() -> None:
    assert paste(street(), machine(), Spot((5.0, 500.0), 20.0, 30.0), mirrored=False) is None
    assert paste(street(), machine(), Spot((640.0, 300.0), 0.5, 300.0), mirrored=False) is None


def test_at_its_edge_the_picture_cuts_it_and_its_box() -> None:
    made = paste(street(), machine(), Spot((40.0, 500.0), 20.0, 30.0), mirrored=True)
    assert made is not None
    assert made[1] == Box(0.0, 380.0, 120.0, 120.0)


def test_it_is_lit_as_the_picture_is_and_grey_in_infrared() -> None:
    spot = Spot((640.0, 500.0), 20.0, 30.0)
    bright, dark = (paste(street(grey), machine(), spot, mirrored=False) for grey in (200, 60))
    assert bright is not None
    assert dark is not None
    assert bright[0][450, 640].mean() > dark[0][450, 640].mean() + 50
    night = paste(street(80, colour=0), machine(), spot, mirrored=False)
    assert night is not None
    assert len(set(night[0][450, 640].tolist())) == 1


def test_only_a_box_that_is_about_the_same_is_the_machine() -> None:
    box = Box(100, 100, 80, 60)
    assert is_there(box, [Box(0, 0, 10, 10), Box(110, 95, 80, 60)])
    assert not is_there(box, [Box(300, 100, 80, 60), Box(100, 100, 20, 15), Box(0, 0, 1000, 700)])
    assert not is_there(box, [])
