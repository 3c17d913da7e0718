"""Running an ONNX graph: ONNX Runtime by default, OpenVINO where it is installed and asked for."""

from __future__ import annotations

import importlib
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import onnxruntime as ort

from pipewarden.inference.facts import Port
from pipewarden.inference.rules import ports_differ
from pipewarden.kit.errors import InputError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipewarden.inference.facts import Floats, ModelCard

_ONNX_TYPES = {"tensor(float)": "float32", "tensor(uint8)": "uint8", "tensor(int64)": "int64"}
_ERRORS_ONLY = 3


class Engine(StrEnum):
    """What runs the graphs."""

    ONNXRUNTIME = "onnxruntime"
    OPENVINO = "openvino"


class Runner(Protocol):
    """A loaded graph with one input."""

    @property
    def inputs(self) -> tuple[Port, ...]:
        """Return the inputs as the file has them."""
        ...

    @property
    def outputs(self) -> tuple[Port, ...]:
        """Return the outputs as the file has them."""
        ...

    def run(self, batch: Any) -> list[Floats]:
        """Return the outputs, in the file's order, for one input array.

        Raises:
            UnavailableError: the graph failed.
        """
        ...


class OnnxRunner:
    """ONNX Runtime on the CPU; threads sleep between calls, because the cores are shared with decoding."""

    def __init__(self, content: bytes, name: str, threads: int) -> None:
        self._name = name
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = _ERRORS_ONLY
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        self.inputs = tuple(_onnx_port(node) for node in self._session.get_inputs())
        self.outputs = tuple(_onnx_port(node) for node in self._session.get_outputs())

    def run(self, batch: Any) -> list[Floats]:
        """Run the graph on one array."""
        try:
            return list(self._session.run(None, {self.inputs[0].name: batch}))
        except Exception as error:  # onnxruntime's errors share no base but Exception
            raise _failed(self._name, error) from error


class OpenVinoRunner:
    """OpenVINO on the CPU, an optional package: quicker than ONNX Runtime on some processors."""

    def __init__(self, content: bytes, name: str, threads: int) -> None:
        self._name = name
        try:
            openvino = importlib.import_module("openvino")
        except ImportError as error:
            raise InputError(
                field="engine",
                problem="openvino is not installed",
                fix="Run: pip install openvino; or leave the engine at onnxruntime.",
            ) from error
        core = openvino.Core()
        config = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"}
        self._model = core.compile_model(core.read_model(content), "CPU", config)
        self.inputs = tuple(_vino_port(node) for node in self._model.inputs)
        self.outputs = tuple(_vino_port(node) for node in self._model.outputs)

    def run(self, batch: Any) -> list[Floats]:
        """Run the graph on one array."""
        try:
            answer = self._model([batch])
            return [np.array(answer[place]) for place in range(len(self.outputs))]
        except Exception as error:  # openvino raises RuntimeError and its own kinds
            raise _failed(self._name, error) from error


def open_runner(content: bytes, card: ModelCard, threads: int, engine: Engine) -> Runner:
    """Load a graph and compare its ports with the manifest's.

    Raises:
        InputError: the bytes are not ONNX, or take or give something else than the manifest says.
    """
    try:
        runner: Runner = (OpenVinoRunner if engine is Engine.OPENVINO else OnnxRunner)(content, card.ref.label, threads)
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            field=f"{card.ref.name}.file",
            problem=f"{card.file} is not an ONNX model that {engine} can load ({_first_line(error)})",
            fix="Name an .onnx file made by the lab's export command, and its SHA-256, in the manifest.",
        ) from error
    for told, real, key in ((card.inputs, runner.inputs, "inputs"), (card.outputs, runner.outputs, "outputs")):
        difference = ports_differ(told, real)
        if difference is None and key == "inputs" and len(real) != len(told):
            difference = f"wants {len(real)} inputs, not {len(told)}"
        if difference is not None:
            raise InputError(
                field=f"{card.ref.name}.{key}",
                problem=f"{card.file}: {difference}",
                fix="Correct the manifest's entry, or export the model again.",
            )
    return runner


def output_order(outputs: Sequence[Port], *names: str) -> list[int]:
    """Return where the named outputs stand in the answer."""
    by_name = {port.name: place for place, port in enumerate(outputs)}
    return [by_name[name] for name in names]


def _onnx_port(node: Any) -> Port:
    shape = tuple(side if isinstance(side, int) else str(side) for side in node.shape)
    return Port(name=node.name, dtype=_ONNX_TYPES.get(node.type, node.type), shape=shape, meaning="")


def _vino_port(node: Any) -> Port:
    shape = tuple("n" if side.is_dynamic else int(side.get_length()) for side in node.get_partial_shape())
    return Port(
        name=node.get_any_name(), dtype=str(np.dtype(node.get_element_type().to_dtype())), shape=shape, meaning=""
    )


def _failed(model: str, error: Exception) -> UnavailableError:
    return UnavailableError(
        field=model,
        problem=f"the model failed ({_first_line(error)})",
        fix="The item waits and is tried again; check memory, and the log for the model's name.",
    )


def _first_line(error: Exception) -> str:
    return f"{error.__class__.__name__}: {str(error).splitlines()[0] if str(error) else ''}"[:200]
