import json
from pathlib import Path

import numpy as np
import pytest

from pipewarden.lab.blob import read_convolutions, read_tensors


def graph(folder: Path, *, stored: str = "float16") -> tuple[Path, list[np.ndarray], list[np.ndarray]]:
    """A tfjs graph model of two convolutions and their biases; kernels lie as height, width, in, out."""
    generator = np.random.default_rng(0)
    kernels = [generator.normal(size=(3, 3, 3, 4)), generator.normal(size=(1, 1, 4, 2))]
    biases = [generator.normal(size=(1, 1, 1, 4)), generator.normal(size=(1, 1, 1, 2))]
    nodes, weights, parts = [], [], []
    weights.append({"name": "perm", "shape": [4], "dtype": "int32"})
    parts.append(np.arange(4, dtype=np.int32))
    weights.append({"name": "flag", "shape": [], "dtype": "bool"})
    parts.append(np.array(1, np.uint8))
    for number, (kernel, bias) in enumerate(zip(kernels, biases, strict=True)):
        name = "PartitionedCall/convolution" + (f"_{number}" if number else "")
        nodes.append({"name": name, "op": "Conv2D", "input": ["x", f"kernel{number}:0"]})
        nodes.append({"name": f"add{number}", "op": "Add", "input": [name, f"bias{number}"]})
        for label, values in ((f"kernel{number}", kernel), (f"bias{number}", bias)):
            record = {"name": label, "shape": list(values.shape), "dtype": "float32", "quantization": {"dtype": stored}}
            weights.append(record)
            parts.append(values.astype(np.float16))
    document = {
        "modelTopology": {"node": nodes},
        "weightsManifest": [{"paths": ["net.bin"], "weights": weights}],
    }
    (folder / "net.json").write_text(json.dumps(document))
    (folder / "net.bin").write_bytes(b"".join(part.tobytes() for part in parts))
    return folder / "net.json", kernels, biases


def test_kernels_are_turned_to_out_in_height_width(tmp_path: Path):
    path, kernels, biases = graph(tmp_path)
    first, second = read_convolutions(path, 2)
    assert first[0].shape == (4, 3, 3, 3)
    assert second[0].shape == (2, 4, 1, 1)
    assert first[0][2, 1, 0, 2] == pytest.approx(kernels[0][0, 2, 1, 2], abs=2e-3)
    assert second[1] == pytest.approx(biases[1].reshape(-1), abs=2e-3)


def test_plain_integers_keep_the_offsets_of_what_follows(tmp_path: Path):
    path, _, biases = graph(tmp_path)
    nodes, tensors = read_tensors(path)
    assert tensors["perm"].tolist() == [0, 1, 2, 3]
    assert int(tensors["flag"]) == 1
    assert tensors["bias0"] == pytest.approx(biases[0], abs=2e-3)
    assert tensors["bias0"].dtype == np.float32
    assert set(nodes) >= {"PartitionedCall/convolution", "add1"}


def test_another_storage_is_refused(tmp_path: Path):
    path, _, _ = graph(tmp_path, stored="uint8")
    with pytest.raises(ValueError, match="stored as uint8"):
        read_tensors(path)
