"""The crop verifier behind the door: optional, checked like every other file."""

from typing import Any

import numpy as np
import pytest

from pipewarden.inference.adapters import open_models
from pipewarden.kit.errors import InputError

WIDE = {"mean": np.zeros(4), "scale": np.ones(4), "weights": np.ones((4, 2))}


def with_verifier(toy: Any, **changes: Any) -> None:
    """Add a verifier of mean colours: blue is a machine."""
    head = {
        "names": ["other", "machine"], "mean": np.zeros(3), "scale": np.ones(3),
        "weights": np.array([[0, -2.0], [0, -2.0], [0, 6.0]]), "bias": np.zeros(2),
    } | changes.pop("arrays", {})  # fmt: skip
    toy.add("verifier", "npz", toy.npz(**head), **({"threshold": {"gate": 0.1}} | changes))


def test_without_an_entry_there_is_no_verifier_and_everything_else_works(toy: Any) -> None:
    assert open_models(toy.folder).verifier is None


def test_looks_at_length_one_give_the_chance_of_a_machine(toy: Any) -> None:
    with_verifier(toy)
    verifier = open_models(toy.folder).verifier
    assert verifier is not None
    assert verifier.ref.label == "verifier-1"
    assert verifier.gate == 0.1
    blue, red = verifier.machine(np.array([[0, 0, 1], [1, 0, 0]], np.float32))
    assert blue == pytest.approx(1 / (1 + np.exp(-6)), rel=1e-4)
    assert red == pytest.approx(1 / (1 + np.exp(2)), rel=1e-4)
    assert verifier.machine(np.zeros((0, 3), np.float32)) == []


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"threshold": None}, "verifier.threshold", "gate"),
        ({"arrays": {"names": ["a", "b"]}}, "verifier.file", "knows a, b, not machine"),
        ({"extra": {"look_sha256": "f" * 64}}, "verifier.file", "fitted on the features of ffffffffffff"),
        (
            {"arrays": {"mean": np.zeros(4), "scale": np.ones(4), "weights": np.zeros((4, 2))}},
            "verifier.file",
            "wants 4",
        ),
    ],
)
def test_a_verifier_that_does_not_fit_is_refused(toy: Any, changes: dict[str, Any], field: str, words: str) -> None:
    with_verifier(toy, **changes)
    with pytest.raises(InputError, match=words) as caught:
        open_models(toy.folder)
    assert caught.value.field == field
