from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.inference.facts import Detections, ModelRef
from pipewarden.kit.work import FactRef
from pipewarden.perceive.jobs import make_drain
from pipewarden.perceive.rules.tiles import FRAME, MOST, Tile, joined, tiles_over
from pipewarden.perceive.service import FULL, detect, screened

FULL_HD = (1920, 1080)


class ScriptedTypes:
    """Calls everything an excavator."""

    ref = ModelRef(name="type", version="3", sha256="c" * 64)

    def classify(self, features: np.ndarray) -> list[tuple[str, float]]:
        return [("excavator", 0.9)] * len(features)


NONE = np.zeros((0, 4), np.float32)


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


def test_without_a_corridor_the_screen_is_asked_once(bench: Any) -> None:
    picture = bench.street(("b", (200, 100, 240, 160), 230), size=FULL_HD)
    once, calls = detect(bench.detector, picture, None)
    assert calls == 1
    more, calls = detect(bench.detector, picture, (0.0, 0.0, 0.5, 0.5))
    assert calls == 1 + len(tiles_over((0.0, 0.0, 0.5, 0.5), FULL_HD))
    assert more.boxes.tolist() == once.boxes.tolist(), "the same machine, once"


def test_a_camera_with_a_corridor_is_decoded_large_and_looked_at_in_tiles(bench: Any) -> None:
    machine = ("b", (1500, 700, 200, 160), 230)
    far, plain = (bench.observe(bench.jpeg(bench.street(machine, size=FULL_HD)), stream=name) for name in ("far", "b"))
    drain = make_drain(
        bench.detector, bench.look, ScriptedTypes(), bench.decoder, bench.blobs,
        corridor=lambda one: (0.6, 0.5, 1.0, 1.0) if one.stream == "far" else None,
    )  # fmt: skip
    drain(bench.work, [FactRef("sense.observed", one.stream, one.tenant_id, one.id) for one in (far, plain)])
    assert bench.detector.shapes[0] == (FULL[1], FULL[0], 3)
    assert bench.detector.shapes[-1] == (540, 960, 3), "the other camera is looked at as before"
    assert len(bench.detector.shapes) == 2 + len(tiles_over((0.6, 0.5, 1.0, 1.0), FULL_HD))
    seen = screened(bench.work, [far.id, plain.id])
    for one in (far, plain):
        (finding,) = seen[one.id].findings
        assert abs(finding.box.x - 1500) < 6
        assert abs(finding.box.w - 200) < 8
