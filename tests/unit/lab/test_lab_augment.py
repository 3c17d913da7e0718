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
    augment.rain,
    augment.night,
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


def test_rain_adds_bright_slanted_streaks_and_night_is_dark_but_for_its_lamp():
    flat = np.full((120, 160, 3), 90, np.uint8)
    wet = augment.rain(flat, np.random.default_rng(2))
    assert (wet.max(axis=2) > 120).mean() < 0.5
    assert wet.max() > 120
    dark = augment.night(flat, np.random.default_rng(2))
    assert dark.mean() < 0.8 * flat.mean()
    warm = dark.mean(axis=(0, 1))
    assert warm[2] > warm[0], "lamps are warm: more red than blue"


def test_photograph_is_repeatable_and_not_always_the_same():
    generator = np.random.default_rng(0)
    many = [augment.photograph(picture(), generator) for _ in range(12)]
    again = augment.photograph(picture(), np.random.default_rng(0))
    assert (many[0] == again).all()
    assert len({item.tobytes() for item in many}) > 6
