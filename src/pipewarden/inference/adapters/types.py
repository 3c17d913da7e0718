"""The heads behind their ports, machine types and crop verifier: plain numbers in an .npz, read without pickle."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.inference.rules import TypeWeights, chances, classify
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from pipewarden.inference.facts import Floats, ModelCard, ModelRef

_KEYS = ("names", "mean", "scale", "weights", "bias")
_ABSTAIN = "abstain"
_GATE = "gate"
_MACHINE = "machine"


class NpzTypeHead:
    """Softmax of a standardised logistic regression."""

    def __init__(self, card: ModelCard, content: bytes, look: ModelRef, features: int) -> None:
        self.ref = card.ref
        self._head = _fitting(card, _read(card, content, _ABSTAIN), look, features)

    def classify(self, features: Floats) -> list[tuple[str, float]]:
        """Return (type or ``other``, probability) for features (n, D)."""
        return classify(self._head, features) if len(features) else []


class NpzVerifier:
    """Logistic regression on unit features: machine or not."""

    def __init__(self, card: ModelCard, content: bytes, look: ModelRef, features: int) -> None:
        self.ref = card.ref
        self._head = _fitting(card, _read(card, content, _GATE), look, features)
        self.gate = self._head.threshold
        if _MACHINE not in self._head.classes:
            raise _wrong(card, f"knows {', '.join(self._head.classes)}, not {_MACHINE}")
        self._place = self._head.classes.index(_MACHINE)

    def machine(self, looks: Floats) -> list[float]:
        """Return the probability 0-1 of a machine for looks (n, D) at length one."""
        return [float(chance) for chance in chances(self._head, looks)[:, self._place]] if len(looks) else []


def _fitting(card: ModelCard, head: TypeWeights, look: ModelRef, features: int) -> TypeWeights:
    if head.mean.shape != (features,):
        raise _wrong(card, f"wants {head.mean.shape[0]} features, {look.label} gives {features}")
    fitted_on = card.extra.get("look_sha256", look.sha256)
    if fitted_on != look.sha256:
        raise _wrong(card, f"was fitted on the features of {str(fitted_on)[:12]}…, not of {look.label}")
    return head


def _read(card: ModelCard, content: bytes, key: str) -> TypeWeights:
    if key not in card.threshold:
        raise InputError(
            field=f"{card.ref.name}.threshold",
            problem=f"gives no probability to {key} below",
            fix=f'Add {{"{key}": 0.5}} or what the model card says.',
        )
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
    except (ValueError, OSError, zipfile.BadZipFile) as error:
        raise _wrong(card, f"is not an .npz of plain arrays ({error})") from error
    if missing := [key for key in _KEYS if key not in arrays]:
        raise _wrong(card, f"has no {', '.join(missing)}")
    head = TypeWeights(
        classes=tuple(str(name) for name in arrays["names"]),
        mean=arrays["mean"].astype(np.float32),
        scale=arrays["scale"].astype(np.float32),
        weights=arrays["weights"].astype(np.float32),
        bias=arrays["bias"].astype(np.float32),
        threshold=card.threshold[key],
    )
    shape = (len(head.mean), len(head.classes))
    if head.weights.shape != shape or head.bias.shape != shape[1:] or head.scale.shape != head.mean.shape:
        raise _wrong(card, f"weights are {head.weights.shape}, not {shape}")
    if not np.all(np.isfinite(head.weights)) or not np.all(head.scale > 0):
        raise _wrong(card, "holds numbers that are not finite or scales that are not positive")
    return head


def _wrong(card: ModelCard, problem: str) -> InputError:
    return InputError(
        field=f"{card.ref.name}.file",
        problem=f"{card.file}: {problem}",
        fix="Fit the head again with the lab's type command, on the features of the shipped look net.",
    )
