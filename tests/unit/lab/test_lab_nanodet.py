"""The net against its published file format; the long tier, because torch is no dependency of the CI tier."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: the extra `train` brings it")

from pipewarden.lab.nanodet import BINS, STRIDES, NanoDet, load_coco  # noqa: E402 # after the skip

pytestmark = pytest.mark.release

BLOB = os.environ.get("PIPEWARDEN_NANODET_JSON", "")


def as_tfjs(net: NanoDet, folder: Path) -> Path:
    """Write a net in the published format: half precision, kernels as height, width, in, out."""
    nodes, weights, parts = [], [], []
    for number, conv in enumerate(net.convolutions()):
        name = "PartitionedCall/convolution" + (f"_{number}" if number else "")
        nodes.append({"name": name, "op": "Conv2D", "input": ["x", f"k{number}"]})
        nodes.append({"name": f"a{number}", "op": "Add", "input": [name, f"b{number}"]})
        kernel = conv.weight.detach().numpy().transpose(2, 3, 1, 0)
        for label, values in ((f"k{number}", kernel), (f"b{number}", conv.bias.detach().numpy())):
            quantised = {"dtype": "float16"}
            weights.append({"name": label, "shape": list(values.shape), "dtype": "float32", "quantization": quantised})
            parts.append(np.ascontiguousarray(values, np.float16).tobytes())
    document = {"modelTopology": {"node": nodes}, "weightsManifest": [{"paths": ["n.bin"], "weights": weights}]}
    (folder / "n.json").write_text(json.dumps(document))
    (folder / "n.bin").write_bytes(b"".join(parts))
    return folder / "n.json"


def test_a_written_net_is_read_back(tmp_path: Path):
    torch.manual_seed(2)
    net = NanoDet(80)
    again = load_coco(as_tfjs(net, tmp_path))
    x = torch.randn(1, 3, 64, 96)
    with torch.no_grad():
        for ours, theirs in zip(again.eval()(x), net.eval()(x), strict=True):
            assert torch.allclose(ours, theirs, atol=2e-2)


def test_maps_have_a_level_per_stride():
    with torch.no_grad():
        maps = NanoDet(3).eval()(torch.zeros(2, 3, 96, 160))
    assert [tuple(level.shape) for level in maps] == [(2, 3 + 4 * BINS, 96 // s, 160 // s) for s in STRIDES]


def test_it_has_the_size_of_the_published_net():
    assert len(list(NanoDet(80).convolutions())) == 34
    assert sum(p.numel() for p in NanoDet(3).parameters()) == pytest.approx(3.76e6, rel=0.01)


@pytest.mark.skipif(not BLOB, reason="PIPEWARDEN_NANODET_JSON does not name the published nanodet.json")
def test_the_published_weights_see_nothing_in_a_blank_frame():
    net = load_coco(Path(BLOB)).eval()
    with torch.no_grad():
        scores = torch.cat([level[:, :80].flatten(2).sigmoid() for level in net(torch.zeros(1, 3, 384, 640))], 2)
    assert float(scores.max()) < 0.5
