"""Read the published NanoDet weights (a tfjs graph model: JSON plus one binary blob) without TensorFlow.

Only what the 34 folded convolutions need is understood: float tensors stored in half precision, integers, booleans.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_PLAIN = {"float32": np.float32, "int32": np.int32, "bool": np.uint8}
_FIRST = "PartitionedCall/convolution"


def read_tensors(model: Path) -> tuple[dict[str, Any], dict[str, Array]]:
    """Nodes by name and tensors by name of `model` (the .json; its .bin lies beside it).

    ValueError where the blob is stored in a quantisation that no released file of this net uses.
    """
    document = json.loads(model.read_text(encoding="utf-8"))
    manifest = document["weightsManifest"]
    blob = b"".join((model.parent / name).read_bytes() for group in manifest for name in group["paths"])
    tensors: dict[str, Array] = {}
    offset = 0
    for group in manifest:
        for record in group["weights"]:
            stored = record.get("quantization")
            if stored is not None and stored["dtype"] != "float16":
                message = f"tensor {record['name']} is stored as {stored['dtype']}, only float16 is understood"
                raise ValueError(message)
            kind = np.float16 if stored is not None else _PLAIN[record["dtype"]]
            count = int(np.prod(record["shape"])) if record["shape"] else 1
            values = np.frombuffer(blob, kind, count, offset).reshape(record["shape"])
            offset += values.nbytes
            tensors[record["name"]] = values.astype(np.float32) if stored is not None else values.copy()
    nodes = {node["name"]: node for node in document["modelTopology"]["node"]}
    return nodes, tensors


def read_convolutions(model: Path, count: int) -> list[tuple[Array, Array]]:
    """Weights [out,in,kh,kw] and biases [out] of the first `count` convolutions, in file order.

    The graph is split per input in `Split` nodes at run time only, so weights are constants of the convolution itself.
    """
    nodes, tensors = read_tensors(model)
    pairs = []
    for index in range(count):
        name = _FIRST if index == 0 else f"{_FIRST}_{index}"
        kernel = tensors[nodes[name]["input"][1].split(":")[0]]
        addition = next(n for n in nodes.values() if n["op"] == "Add" and name in n["input"])
        bias = tensors[next(source for source in addition["input"] if source != name)]
        pairs.append((np.ascontiguousarray(kernel.transpose(3, 2, 0, 1)), bias.reshape(-1)))
    return pairs
