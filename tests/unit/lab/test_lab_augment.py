import numpy as np
import pytest

from pipewarden.lab import augment


def picture() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (48, 64, 3)).astype(np.uint8)


CHANGES = (
    augment.exposure,
    augment.tint,
    augment.infrared,
    augment.dusk,
    augment.haze,
    augment.defocus,
    augment.motion,
    augment.coarse,
    augment.grain,
    augment.codec,
)


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_keeps_shape_and_type_and_changes_something(change: augment.Change):
    before = picture()
    after = change(before.copy(), np.random.default_rng(3))
    assert after.shape == before.shape
    assert after.dtype == np.uint8
    assert (after != before).any()


def test_infrared_is_grey_and_dusk_is_darker_and_haze_is_flatter():
    grey = augment.infrared(picture(), np.random.default_rng(0))
    assert (grey[..., 0] == grey[..., 2]).all()
    assert augment.dusk(picture(), np.random.default_rng(0)).mean() < picture().mean()
    assert augment.haze(picture(), np.random.default_rng(0)).std() < picture().std()


def test_photograph_is_repeatable_and_not_always_the_same():
    generator = np.random.default_rng(0)
    many = [augment.photograph(picture(), generator) for _ in range(12)]
    again = augment.photograph(picture(), np.random.default_rng(0))
    assert (many[0] == again).all()
    assert len({item.tobytes() for item in many}) > 6
