import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.perceive.rules import draw, square_crop


def _corners(*values: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.array(values, np.float32)


def test_the_crop_is_a_square_of_1_4_times_the_long_side() -> None:
    picture = np.zeros((400, 600, 3), np.uint8)
    picture[130:270, 180:320] = 255  # 140 = 1.4 x 100, centred on the box
    crop = square_crop(picture, _corners(200, 180, 300, 220), 64)
    assert crop.shape == (64, 64, 3)
    assert crop.min() == 255
    wider = square_crop(picture, _corners(198, 180, 302, 220), 64)
    assert wider.min() < 255


def test_beyond_the_border_the_edge_is_repeated() -> None:
    picture = np.zeros((100, 100, 3), np.uint8)
    picture[:, :5] = (10, 20, 30)
    crop = square_crop(picture, _corners(0, 30, 20, 70), 56)  # reaches 18 pixels past the left border
    assert (crop[:, :15] == (10, 20, 30)).all()
    assert (crop[:, 30:] == 0).all()


def test_a_box_outside_the_picture_gives_grey() -> None:
    crop = square_crop(np.zeros((50, 50, 3), np.uint8), _corners(200, 200, 220, 220), 16)
    assert (crop == 114).all()


@given(
    st.floats(-50, 250, width=32),
    st.floats(-50, 150, width=32),
    st.floats(0, 300, width=32),
    st.floats(0, 300, width=32),
    st.sampled_from([16, 128]),
)
def test_any_box_gives_a_square_of_the_side(x: float, y: float, w: float, h: float, side: int) -> None:
    picture = np.full((100, 200, 3), 9, np.uint8)
    crop = square_crop(picture, _corners(x, y, x + w, y + h), side)
    assert crop.shape == (side, side, 3)
    assert crop.dtype == np.uint8
    assert set(np.unique(crop)) <= {9, 114}


@given(st.integers(20, 60), st.integers(20, 60), st.integers(4, 40), st.integers(4, 40))
def test_the_box_centre_is_the_crop_centre(x: int, y: int, w: int, h: int) -> None:
    picture = np.zeros((160, 160, 3), np.uint8)
    picture[y : y + h, x : x + w] = 255
    crop = square_crop(picture, _corners(x, y, x + w, y + h), 128)
    rows, columns = np.nonzero(crop[..., 0] > 127)
    reach = 128 / (1.4 * max(w, h)) * 1.5  # a pixel of the picture and half a one of rounding
    assert abs(rows.mean() - 63.5) <= reach
    assert abs(columns.mean() - 63.5) <= reach


def test_evidence_draws_a_light_line_in_a_dark_casing_and_leaves_the_rest() -> None:
    picture = np.full((300, 400, 3), 128, np.uint8)
    drawn = draw(picture, (100, 100, 250, 200), "excavator 0.71")
    assert (picture == 128).all()  # the given pixels stay as they are
    row = drawn[150]  # a cut through the middle of the box
    light = np.flatnonzero(row[:, 2] > 240)
    dark = np.flatnonzero(row.max(axis=1) < 40)
    assert {100, 250} & set(light.tolist())
    assert len(light) in {4, 5, 6}  # two lines of two pixels, as OpenCV places even widths
    assert dark.min() < light.min()
    assert dark.max() > light.max()
    assert (row[110:240] == 128).all()
    assert (drawn[220:, :] == 128).all()


def test_the_label_stands_above_the_box_or_inside_at_the_top() -> None:
    picture = np.full((300, 400, 3), 128, np.uint8)
    above = draw(picture, (100, 100, 250, 200), "machine 0.50")
    assert (above[85:95, 105:180] != 128).any()
    inside = draw(picture, (100, 2, 250, 200), "machine 0.50")
    assert (inside[6:18, 105:180] != 128).any()


def test_a_label_at_the_right_border_stays_in_the_picture() -> None:
    picture = np.full((100, 200, 3), 128, np.uint8)
    drawn = draw(picture, (180, 50, 199, 90), "loader_dozer 0.44")
    changed = np.flatnonzero((drawn[30:40] != 128).any(axis=(0, 2)))
    assert changed.min() < 100


@given(st.tuples(*[st.integers(-500, 900)] * 4), st.text(max_size=30))
def test_any_box_and_any_words_can_be_drawn(corners: tuple[int, int, int, int], label: str) -> None:
    picture = np.full((60, 80, 3), 128, np.uint8)
    assert draw(picture, corners, label).shape == picture.shape
