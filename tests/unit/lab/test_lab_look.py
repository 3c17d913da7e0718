from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest

from pipewarden.lab.boxes import square_crop
from pipewarden.lab.dataset import read_rgb, read_split, shippable

LOOK = Path(__file__).resolve().parents[3] / "src" / "pipewarden" / "weights" / "look-1.onnx"


@pytest.fixture(scope="module")
def session() -> ort.InferenceSession:
    return ort.InferenceSession(str(LOOK), providers=["CPUExecutionProvider"])


def crops(count: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, 128, 128, 3)).astype(np.uint8)


def test_features_do_not_depend_on_the_batch(session: ort.InferenceSession):
    many = session.run(None, {"crop": crops(3)})[0]
    assert many.shape == (3, 432)
    single = session.run(None, {"crop": crops(3)[1:2]})[0]
    assert single[0] == pytest.approx(many[1], abs=1e-3)


def test_a_slightly_darker_crop_still_looks_the_same(session: ort.InferenceSession):
    smooth = np.repeat(np.repeat(crops(2)[:, ::16, ::16], 16, axis=1), 16, axis=2)
    first = session.run(None, {"crop": smooth})[0]
    darker = session.run(None, {"crop": (smooth * 0.95).astype(np.uint8)})[0]
    unit = [rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (first, darker)]
    table = unit[0] @ unit[1].T
    assert table[0, 0] > table[0, 1]
    assert table[1, 1] > table[1, 0]
    assert np.diag(table).min() > 0.8


@pytest.mark.shared
def test_features_are_standardised_over_training_crops(session: ort.InferenceSession, shared_data: Path):
    rows = []
    for picture in shippable(read_split(shared_data, "train"))[::40]:
        pixels = read_rgb(picture.path)
        rows += [square_crop(pixels, box) for box in picture.boxes[:3]]
    features = session.run(None, {"crop": np.stack(rows)})[0]
    assert np.abs(features.mean(axis=0)).mean() < 0.3
    assert 0.7 < features.std(axis=0).mean() < 1.3


@pytest.mark.release
def test_the_export_is_reproducible_and_true_to_torch(shared_data: Path, tmp_path: Path):
    pytest.importorskip("torch", reason="torch is not installed: the extra `train` brings it")
    from pipewarden.lab.ship import ship_look  # noqa: PLC0415 # needs torch

    figures = ship_look(tmp_path / "look-1.onnx", shared_data, seed=7)
    assert figures["cosine_to_torch_min"] > 0.99
    assert figures["duplicate"]["p05"] > figures["different"]["p99"]
    assert (tmp_path / "look-1.onnx").stat().st_size < 8_000_000
