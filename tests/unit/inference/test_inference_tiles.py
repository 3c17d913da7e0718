from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.inference.facts import Detections
from pipewarden.inference.rules import Tile, joined, tiles_over
from pipewarden.inference.rules.tiles import FRAME, MOST
from pipewarden.inference.service import detect

FULL_HD = (1920, 1080)


def found(*rows: tuple[float, tuple[float, ...], int]) -> Detections:
    return Detections(
        boxes=np.array([box for _, box, _ in rows], np.float32).reshape(-1, 4),
        scores=np.array([score for score, _, _ in rows], np.float32),
        classes=np.array([cls for _, _, cls in rows], np.int64),
    )


def test_a_region_of_the_frames_size_takes_one_tile_around_its_middle() -> None:
    (tile,) = tiles_over((0.4, 0.4, 0.6, 0.6), FULL_HD)
    assert (tile.right - tile.left, tile.bottom - tile.top) == FRAME
    assert abs((tile.left + tile.right) / 2 - 960) <= 1
    assert abs((tile.top + tile.bottom) / 2 - 540) <= 1


def test_a_small_picture_and_an_empty_region_need_no_tile() -> None:
    assert tiles_over((0, 0, 1, 1), (640, 360)) == []
    assert tiles_over((0.5, 0.2, 0.5, 0.9), FULL_HD) == []
    assert tiles_over((1.2, 0.2, 1.9, 0.9), FULL_HD) == []


@given(
    st.floats(0, 0.9), st.floats(0, 0.9), st.floats(0.02, 1), st.floats(0.02, 1),
    st.sampled_from([FULL_HD, (1280, 720), (3840, 2160), (700, 2000)]), st.integers(1, 8),
)  # fmt: skip
def test_tiles_cover_the_region_stay_inside_and_are_few(  # noqa: PLR0917
    left: float, top: float, wide: float, tall: float, size: tuple[int, int], most: int
) -> None:
    region = (left, top, min(1.0, left + wide), min(1.0, top + tall))
    tiles = tiles_over(region, size, most)
    assert len(tiles) <= most
    covered = np.zeros((size[1], size[0]), np.bool_)
    for tile in tiles:
        assert 0 <= tile.left < tile.right <= size[0] + 1
        assert 0 <= tile.top < tile.bottom <= size[1] + 1
        covered[tile.top : tile.bottom, tile.left : tile.right] = True
    x0, y0, x1, y1 = (round(share * side) for share, side in zip(region, (*size, *size), strict=True))
    if tiles:
        assert covered[y0 + 1 : y1 - 1, x0 + 1 : x1 - 1].all()


def test_a_wide_corridor_stays_at_full_resolution_until_the_tiles_run_out() -> None:
    sharp = tiles_over((0, 0.4, 1, 0.7), FULL_HD)
    assert len(sharp) <= MOST
    assert sharp[0].right - sharp[0].left == FRAME[0]
    coarse = tiles_over((0, 0, 1, 1), FULL_HD, most=4)
    assert len(coarse) <= 4
    assert coarse[0].right - coarse[0].left > FRAME[0]


def test_boxes_of_a_tile_land_in_the_picture_and_duplicates_go() -> None:
    tile = Tile(600, 300, 1240, 684)
    whole = found((0.4, (700, 400, 800, 480), 0))
    part = found((0.8, (102, 101, 201, 181), 0), (0.6, (300, 50, 340, 90), 1))
    answer = joined(whole, [(tile, part)], FULL_HD)
    assert answer.scores.tolist() == [pytest.approx(0.8), pytest.approx(0.6)]
    assert answer.boxes.tolist() == [[702, 401, 801, 481], [900, 350, 940, 390]]
    assert answer.classes.tolist() == [0, 1]


def test_a_box_cut_by_an_inner_edge_is_left_to_the_neighbour_but_not_at_the_pictures_border() -> None:
    tile = Tile(0, 300, 640, 684)
    cut = found((0.9, (560, 50, 640, 120), 0))
    border = found((0.9, (0, 50, 60, 120), 0))
    assert len(joined(found(), [(tile, cut)], FULL_HD)) == 0
    assert len(joined(found(), [(tile, border)], FULL_HD)) == 1


def test_a_part_of_a_machine_seen_in_a_tile_is_not_a_second_machine() -> None:
    whole = found((0.9, (100, 100, 500, 400), 0))
    arm = found((0.7, (150, 120, 300, 200), 0))
    person = found((0.7, (150, 120, 300, 200), 1))
    tile = Tile(0, 0, 640, 384)
    assert len(joined(whole, [(tile, arm)], FULL_HD)) == 1
    assert len(joined(whole, [(tile, person)], FULL_HD)) == 2
    both = found((0.9, (100, 100, 500, 400), 0), (0.5, (150, 120, 300, 200), 0))
    assert len(joined(both, [], FULL_HD)) == 2, "what the whole view tells apart stays apart"


class Once:
    """Stands in for the screen: remembers what it was shown and finds the bright rectangle."""

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def detect(self, pixels: np.ndarray) -> Detections:
        self.shapes.append(pixels.shape)
        rows, columns = np.where(pixels[..., 0] > 200)
        if not len(rows):
            return found()
        box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        return found((0.8, box, 0))


def test_without_a_corridor_the_screen_is_asked_once_and_with_one_tile_by_tile() -> None:
    picture = np.zeros((1080, 1920, 3), np.uint8)
    picture[100:260, 200:440] = 230
    screen: Any = Once()
    once, calls = detect(screen, picture)
    assert calls == 1
    more, calls = detect(screen, picture, (0.0, 0.0, 0.5, 0.5))
    assert calls == 1 + len(tiles_over((0.0, 0.0, 0.5, 0.5), FULL_HD))
    assert len(screen.shapes) == 1 + calls
    assert more.boxes.tolist() == once.boxes.tolist(), "the same machine, once"
