import numpy as np
import pytest
from numpy.typing import NDArray

from pipewarden.inference.facts import Port
from pipewarden.inference.rules import Layout, layout_of


@pytest.fixture
def pixels() -> NDArray[np.uint8]:
    generator = np.random.default_rng(7)
    return generator.integers(0, 256, (1, 6, 10, 3), np.uint8)


def _layout(dtype: str, shape: tuple[int | str, ...], meaning: str = "BGR 0-255") -> Layout:
    return layout_of(Port(name="x", dtype=dtype, shape=shape, meaning=meaning), "screen")


def test_planar_float(pixels: NDArray[np.uint8]) -> None:
    layout = _layout("float32", (1, 3, 6, 10))
    assert (layout.height, layout.width, layout.planar, layout.rgb) == (6, 10, True, False)
    batch = layout.batch(pixels)
    assert batch.dtype == np.float32
    assert np.array_equal(batch, pixels.transpose(0, 3, 1, 2).astype(np.float32))


def test_interleaved_bytes(pixels: NDArray[np.uint8]) -> None:
    layout = _layout("uint8", (1, 6, 10, 3))
    assert (layout.height, layout.width, layout.planar) == (6, 10, False)
    batch = layout.batch(pixels)
    assert batch.dtype == np.uint8
    assert np.array_equal(batch, pixels)


def test_rgb_turns_the_channels(pixels: NDArray[np.uint8]) -> None:
    interleaved = _layout("uint8", ("n", 6, 10, 3), "RGB 0-255").batch(pixels)
    assert np.array_equal(interleaved, pixels[..., ::-1])
    planar = _layout("float32", ("n", 3, 6, 10), "RGB").batch(pixels)
    assert np.array_equal(planar, pixels[..., ::-1].transpose(0, 3, 1, 2))


def test_batches_of_several(pixels: NDArray[np.uint8]) -> None:
    three = np.concatenate([pixels, pixels + 1, pixels + 2])
    assert np.array_equal(_layout("float32", ("n", 3, 6, 10)).batch(three), three.transpose(0, 3, 1, 2))
    assert np.array_equal(_layout("uint8", ("n", 6, 10, 3)).batch(three), three)


@pytest.mark.parametrize("meaning", ["BGR", "RGB"])
@pytest.mark.parametrize("shape", [(1, 3, 6, 10), (1, 6, 10, 3)])
@pytest.mark.parametrize("dtype", ["float32", "uint8"])
def test_every_layout_is_contiguous(
    pixels: NDArray[np.uint8], meaning: str, shape: tuple[int, ...], dtype: str
) -> None:
    batch = _layout(dtype, shape, meaning).batch(pixels)
    assert batch.flags.c_contiguous
    assert batch.shape == shape
    assert batch.dtype == dtype
