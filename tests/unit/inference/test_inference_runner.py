import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pipewarden.inference.adapters.files import read_weights
from pipewarden.inference.adapters.runner import Engine, OnnxRunner, OpenVinoRunner, open_runner, output_order
from pipewarden.inference.facts import Port
from pipewarden.inference.service import read_manifest
from pipewarden.kit.errors import InputError, UnavailableError


@pytest.fixture
def look(toy: Any) -> tuple[Any, bytes]:
    """Return card and bytes of the toy look net."""
    card = read_manifest(toy.folder)["look"]
    return card, read_weights(toy.folder, card)


def test_the_ports_are_read_from_the_file(look: tuple[Any, bytes]) -> None:
    runner = OnnxRunner(look[1], "look-1", 1)
    assert runner.inputs == (Port(name="crop", dtype="uint8", shape=("n", 16, 16, 3), meaning=""),)
    assert runner.outputs == (Port(name="features", dtype="float32", shape=("n", 3), meaning=""),)


def test_a_runner_runs(look: tuple[Any, bytes]) -> None:
    (features,) = open_runner(look[1], look[0], 1, Engine.ONNXRUNTIME).run(np.full((2, 16, 16, 3), 7, np.uint8))
    assert np.allclose(features, 7)
    assert features.shape == (2, 3)


@pytest.mark.parametrize("batch", [np.zeros((1, 16, 16, 3), np.float32), np.zeros((1, 16, 16), np.uint8), "text"])
def test_what_the_graph_cannot_take_is_a_fault_of_the_model_door(look: tuple[Any, bytes], batch: Any) -> None:
    with pytest.raises(UnavailableError) as caught:
        OnnxRunner(look[1], "look-1", 1).run(batch)
    assert caught.value.field == "look-1"
    assert caught.value.exit_code == 3


def test_outputs_are_found_by_name() -> None:
    ports = [Port(name=name, dtype="float32", shape=(1,), meaning="") for name in ("boxes", "more", "scores")]
    assert output_order(ports, "scores", "boxes") == [2, 0]
    with pytest.raises(KeyError):
        output_order(ports, "logits")


class _Node:
    """One port as OpenVINO describes it."""

    def __init__(self, name: str, dtype: str, shape: tuple[int | None, ...]) -> None:
        self._name, self._dtype, self._shape = name, dtype, shape

    def get_any_name(self) -> str:
        return self._name

    def get_element_type(self) -> Any:
        return SimpleNamespace(to_dtype=lambda: np.dtype(self._dtype))

    def get_partial_shape(self) -> list[Any]:
        return [SimpleNamespace(is_dynamic=side is None, get_length=lambda s=side: s) for side in self._shape]


class _Compiled:
    """A compiled model that answers the mean of each channel, like the toy look net."""

    def __init__(self, *, broken: bool) -> None:
        self.inputs = [_Node("crop", "uint8", (None, 16, 16, 3))]
        self.outputs = [_Node("features", "float32", (None, 3))]
        self._broken = broken

    def __call__(self, arrays: list[Any]) -> dict[int, Any]:
        if self._broken:
            raise RuntimeError("out of memory\nlong trace")
        return {0: arrays[0].astype(np.float32).mean(axis=(1, 2))}


def _openvino(monkeypatch: pytest.MonkeyPatch, *, broken: bool = False) -> list[Any]:
    """Put a scripted OpenVINO in place of the package, which is optional and not in the lock."""
    asked: list[Any] = []

    class Core:
        def read_model(self, content: bytes) -> bytes:
            if not content.startswith(b"\x08"):
                raise RuntimeError("Unable to read the model")
            return content

        def compile_model(self, _model: bytes, device: str, config: dict[str, object]) -> _Compiled:
            asked.append((device, config))
            return _Compiled(broken=broken)

    module = ModuleType("openvino")
    module.Core = Core  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "openvino", module)
    return asked


def test_openvino_answers_like_onnx_runtime(look: tuple[Any, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    asked = _openvino(monkeypatch)
    crops = np.random.default_rng(2).integers(0, 256, (3, 16, 16, 3), np.uint8)
    mine = open_runner(look[1], look[0], 1, Engine.ONNXRUNTIME).run(crops)
    theirs = open_runner(look[1], look[0], 1, Engine.OPENVINO).run(crops)
    assert np.allclose(mine[0], theirs[0], atol=1e-3)
    assert asked == [("CPU", {"INFERENCE_NUM_THREADS": 1, "PERFORMANCE_HINT": "LATENCY"})]


def test_openvino_that_fails_is_said_in_one_line(look: tuple[Any, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    _openvino(monkeypatch, broken=True)
    with pytest.raises(UnavailableError, match="RuntimeError: out of memory") as caught:
        OpenVinoRunner(look[1], "look-1", 1).run(np.zeros((1, 16, 16, 3), np.uint8))
    assert "trace" not in caught.value.problem


def test_openvino_refuses_what_is_not_onnx(look: tuple[Any, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    _openvino(monkeypatch)
    with pytest.raises(InputError) as caught:
        open_runner(b"not a model", look[0], 1, Engine.OPENVINO)
    assert caught.value.field == "look.file"
    assert "look-1.onnx is not an ONNX model that openvino can load" in caught.value.problem
