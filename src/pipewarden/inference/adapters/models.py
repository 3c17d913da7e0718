"""All models of the eye, opened together: whoever asks gets checked models or an error, never two of three."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipewarden.inference.adapters.detector import NetDetector
from pipewarden.inference.adapters.files import read_weights
from pipewarden.inference.adapters.look import NetLook
from pipewarden.inference.adapters.runner import Engine, open_runner
from pipewarden.inference.adapters.types import NpzTypeHead, NpzVerifier
from pipewarden.inference.facts import ModelName
from pipewarden.inference.service import WEIGHTS, read_manifest
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pipewarden.inference.facts import ModelCard

_THREADS = 2


@dataclass(frozen=True, slots=True)
class Models:
    """The models that screen a picture, and their cards.

    Attributes:
        verifier: None where the weights folder has none; nothing that raises an alarm depends on it.
    """

    detector: NetDetector
    look: NetLook
    types: NpzTypeHead
    cards: Mapping[str, ModelCard]
    verifier: NpzVerifier | None = None


def open_models(folder: Path = WEIGHTS, *, threads: int = _THREADS, engine: Engine = Engine.ONNXRUNTIME) -> Models:
    """Open screen, look net and type head of a weights folder.

    Args:
        folder: holds ``manifest.json`` and the files it names.
        threads: of one call inside a model.
        engine: what runs the graphs.

    Raises:
        InputError: a file is missing, is not the one described, is not ONNX or takes something else.
    """
    cards = read_manifest(folder)
    screen, look, types = (_card(cards, name) for name in (ModelName.SCREEN, ModelName.LOOK, ModelName.TYPE))
    look_net = NetLook(look, open_runner(read_weights(folder, look), look, threads, engine))
    return Models(
        detector=NetDetector(screen, open_runner(read_weights(folder, screen), screen, threads, engine)),
        look=look_net,
        types=NpzTypeHead(types, read_weights(folder, types), look.ref, look_net.width),
        cards=cards,
        verifier=_verifier(folder, cards, look, look_net),
    )


def _verifier(folder: Path, cards: Mapping[str, ModelCard], look: ModelCard, net: NetLook) -> NpzVerifier | None:
    card = cards.get(ModelName.VERIFIER)
    return None if card is None else NpzVerifier(card, read_weights(folder, card), look.ref, net.width)


def _card(cards: Mapping[str, ModelCard], name: str) -> ModelCard:
    if name not in cards:
        raise InputError(
            field="manifest.json",
            problem=f"has no entry '{name}'",
            fix="Restore src/pipewarden/weights from the release.",
        )
    return cards[name]
