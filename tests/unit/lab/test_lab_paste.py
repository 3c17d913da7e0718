import numpy as np
import pytest

from pipewarden.lab.cutouts import Cutout
from pipewarden.lab.paste import paste_some

NO_MARKS = np.zeros((0, 5), np.float32)


def solid(*, machine: bool = True) -> Cutout:
    return Cutout(np.full((60, 80, 4), 255, np.uint8), machine=machine)


def street() -> np.ndarray:
    return np.full((300, 400, 3), 30, np.uint8)


@pytest.mark.parametrize("seed", range(8))
def test_a_pasted_machine_is_inside_its_mark(seed: int):
    picture, marks = paste_some(street(), NO_MARKS, [solid()], np.random.default_rng(seed))
    bright = picture[..., 0] > 45  # 30 is street, shadows are darker
    rows, columns = np.where(bright)
    if not len(marks):
        assert not len(rows)
        return
    assert columns.min() >= marks[:, 0].min() - 2
    assert rows.min() >= marks[:, 1].min() - 2
    assert columns.max() <= marks[:, 2].max() + 2
    assert rows.max() <= marks[:, 3].max() + 2
    assert set(marks[:, 4].tolist()) == {0.0}


def test_the_original_picture_is_left_alone():
    before = street()
    paste_some(before, NO_MARKS, [solid()], np.random.default_rng(1))
    assert (before == 30).all()


def test_feet_stand_in_the_lower_part_of_the_street():
    feet = []
    for seed in range(40):
        _, marks = paste_some(street(), NO_MARKS, [solid()], np.random.default_rng(seed))
        feet += marks[:, 3].tolist()
    assert len(feet) > 30
    assert np.median(feet) > 300 * 0.45
    assert max(feet) <= 300


def test_nothing_is_pasted_over_what_is_already_there():
    whole = np.array([[0, 0, 400, 300, 1]], np.float32)
    for seed in range(10):
        _, marks = paste_some(street(), whole, [solid()], np.random.default_rng(seed))
        assert len(marks) == 1


def test_vehicles_are_pasted_as_vehicles_and_never_as_machines():
    kinds = []
    for seed in range(20):
        _, marks = paste_some(street(), NO_MARKS, [solid(), solid(machine=False)], np.random.default_rng(seed))
        kinds += marks[:, 4].tolist()
    assert set(kinds) == {0.0, 3.0}
    _, marks = paste_some(street(), NO_MARKS, [solid(machine=False)], np.random.default_rng(1))
    assert set(marks[:, 4].tolist()) <= {3.0}
    assert paste_some(street(), NO_MARKS, [], np.random.default_rng(0))[1] is NO_MARKS
