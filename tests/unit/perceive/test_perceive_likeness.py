from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipewarden.perceive.rules import dhash, distance, unit

Pixels = NDArray[np.uint8]


def _scene(seed: int, side: int = 128) -> Pixels:
    """Return a smooth random picture, the way objects look rather than noise."""
    coarse = np.random.default_rng(seed).integers(40, 200, (9, 9, 3), np.uint8)
    return np.asarray(cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC), np.uint8)


def test_a_hash_has_256_bits() -> None:
    assert len(dhash(_scene(1))) == 32


def test_a_ramp_to_the_right_sets_every_bit_and_its_mirror_none() -> None:
    ramp = np.repeat(np.linspace(0, 255, 170, dtype=np.uint8)[None, :, None], 160, axis=0).repeat(3, axis=2)
    assert dhash(ramp) == b"\xff" * 32
    assert dhash(ramp[:, ::-1]) == b"\x00" * 32
    assert distance(dhash(ramp), dhash(ramp[:, ::-1])) == 256


def test_a_flat_picture_sets_no_bit() -> None:
    assert dhash(np.full((50, 50, 3), 77, np.uint8)) == bytes(32)


def test_bits_run_from_the_top_left() -> None:
    picture = np.zeros((160, 170, 3), np.uint8)
    picture[:10, 10:] = 200  # one step upward in the first row, between the first and the second cell
    assert dhash(picture) == b"\x80" + bytes(31)


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(-30, 30))
def test_light_changes_few_bits(seed: int, more: int) -> None:
    scene = _scene(seed)
    lit = np.clip(scene.astype(np.int16) + more, 0, 255).astype(np.uint8)
    assert distance(dhash(scene), dhash(lit)) <= 24


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.floats(0.6, 1.2))
def test_contrast_changes_few_bits(seed: int, gain: float) -> None:
    scene = _scene(seed)
    changed = np.clip(scene.astype(np.float32) * gain, 0, 255).astype(np.uint8)
    assert distance(dhash(scene), dhash(changed)) <= 24


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.sampled_from([40, 64, 96, 200]))
def test_size_changes_few_bits(seed: int, side: int) -> None:
    scene = _scene(seed)
    resized = np.asarray(cv2.resize(scene, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
    assert distance(dhash(scene), dhash(resized)) <= 32


def test_jpeg_changes_few_bits() -> None:
    for seed in range(20):
        scene = _scene(seed)
        _, coded = cv2.imencode(".jpg", scene, [cv2.IMWRITE_JPEG_QUALITY, 40])
        assert distance(dhash(scene), dhash(cv2.imdecode(coded, cv2.IMREAD_COLOR))) <= 40


def test_other_content_changes_about_half_of_the_bits() -> None:
    hashes = [dhash(_scene(seed)) for seed in range(60)]
    apart = [distance(a, b) for a, b in pairwise(hashes)]
    assert min(apart) > 70
    assert 100 < float(np.mean(apart)) < 156


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_distance_is_a_metric(a: bytes, b: bytes, c: bytes) -> None:
    assert distance(a, a) == 0
    assert distance(a, b) == distance(b, a)
    assert (distance(a, b) == 0) == (a == b)
    assert distance(a, c) <= distance(a, b) + distance(b, c)
    assert 0 <= distance(a, b) <= 256


def test_features_get_length_one() -> None:
    rows = unit(np.array([[3, 4], [0, 0], [0, -2]], np.float32))
    assert np.allclose(rows, [[0.6, 0.8], [0, 0], [0, -1]])
    assert rows.dtype == np.float32


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_length_one_whatever_the_scale(scale: float) -> None:
    rows = unit(np.random.default_rng(3).normal(size=(5, 432)).astype(np.float32) * np.float32(scale))
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
