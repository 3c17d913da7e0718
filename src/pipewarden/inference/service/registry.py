"""The registry's use cases: what is shipped, what is active, what a call cost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from pipewarden.inference.facts import Outcome
from pipewarden.inference.rules import joined, parse_manifest, tiles_over
from pipewarden.inference.store import registry as store
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from pipewarden.inference.facts import Champion, Detections, ModelCard, ModelRef, Pixels, RegisteredModel
    from pipewarden.inference.ports import Detector
    from pipewarden.kit.work import Work

WEIGHTS = Path(__file__).resolve().parents[2] / "weights"
_SHIPPED = "shipped"  # the actor of a release: a person's own choice is never overruled by an upgrade


def read_manifest(folder: Path = WEIGHTS) -> dict[str, ModelCard]:
    """Return the cards of a weights folder by model name.

    Raises:
        InputError: there is no readable ``manifest.json``, or an entry of it is wrong.
    """
    path = folder / "manifest.json"
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            field="manifest.json",
            problem=f"{path} cannot be read ({error.__class__.__name__})",
            fix="Restore src/pipewarden/weights from the release.",
        ) from error
    return parse_manifest(text)


def register_shipped(work: Work, folder: Path = WEIGHTS) -> list[RegisteredModel]:
    """Enter the shipped models and make them active, unless a person chose others; idempotent.

    Raises:
        InputError: the manifest is wrong.
    """
    cards = read_manifest(folder)
    if not cards:
        return []
    store.lock(work)
    store.add_models(work, list(cards.values()))
    known = {(model.ref.name, model.ref.sha256): model for model in store.models(work)}
    shipped = [known[card.ref.name, card.ref.sha256] for card in cards.values()]
    current = store.chosen(work)
    store.choose(work, [model for model in shipped if _takes_over(model, current)], _SHIPPED)
    return shipped


def _takes_over(model: RegisteredModel, current: dict[str, Champion]) -> bool:
    champion = current.get(model.ref.name)
    return champion is None or (champion.actor == _SHIPPED and champion.model.id != model.id)


def promote(work: Work, ref: ModelRef, *, actor: str) -> Champion:
    """Make a known model the active one of its name.

    Raises:
        InputError: the registry does not know the model.
    """
    store.lock(work)
    store.choose(work, [known_model(work, ref)], actor)
    return store.chosen(work)[ref.name]


def known_model(work: Work, ref: ModelRef) -> RegisteredModel:
    """Return the registered model with this name and hash.

    Raises:
        InputError: the registry does not know it.
    """
    known = {model.ref.sha256: model for model in store.models(work) if model.ref.name == ref.name}
    if ref.sha256 not in known:
        raise InputError(
            field="model",
            problem=f"{ref.label} ({ref.sha256[:12]}…) is not registered",
            fix=f"Choose one of: {', '.join(sorted(model.ref.label for model in known.values())) or 'none yet'}.",
        )
    return known[ref.sha256]


def models(work: Work) -> list[RegisteredModel]:
    """Return every model that the tenant's registry knows, oldest first."""
    return store.models(work)


def entries(work: Work) -> dict[UUID, dict[str, object]]:
    """Return the manifest entry of every model of the tenant's registry, by model."""
    return store.entries(work, [one.id for one in store.models(work)])


def shipped_cards(folder: Path = WEIGHTS) -> dict[str, dict[str, object]]:
    """Return by SHA-256 what is known of the release's models: data, scores with their set, what they cannot see.

    Figures are those of docs/models/figures.json, which the release's model cards are written from.

    Raises:
        InputError: ``cards.json`` cannot be read.
    """
    path = folder / "cards.json"
    try:
        told: list[dict[str, object]] = json.loads(path.read_text(encoding="utf-8"))
        return {str(one["sha256"]): one for one in told}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            field="cards.json",
            problem=f"{path} cannot be read ({error.__class__.__name__})",
            fix="Restore src/pipewarden/weights from the release.",
        ) from error


def champions(work: Work) -> set[UUID]:
    """Return the active model of every name."""
    return {one.model.id for one in store.chosen(work).values()}


def active(work: Work, name: str, *, at: datetime | None = None) -> Champion | None:
    """Return the active model called ``name``, now or as of ``at``; None before the first choice."""
    return store.chosen(work, at).get(name)


def history(work: Work, name: str) -> list[Champion]:
    """Return who made which model active when, oldest first."""
    return store.history(work, name)


def detect(
    detector: Detector, pixels: Pixels, corridor: tuple[float, float, float, float] | None = None
) -> tuple[Detections, int]:
    """Return what is seen in BGR pixels (rows, columns, 3), and how many calls of the detector that took.

    Args:
        detector: the screen.
        pixels: of one picture.
        corridor: left, top, right, bottom as shares 0-1 of the picture: looked at in full resolution, tile by tile, as
            well as with the whole; None for the whole only.

    Raises:
        UnavailableError: the model failed.
    """
    whole = detector.detect(pixels)
    if corridor is None:
        return whole, 1
    size = (pixels.shape[1], pixels.shape[0])
    tiles = tiles_over(corridor, size)
    return joined(whole, [(tile, detector.detect(tile.cut(pixels))) for tile in tiles], size), 1 + len(tiles)


def record_call(work: Work, ref: ModelRef, *, items: int, ms: float, outcome: Outcome = Outcome.OK) -> None:
    """Record one batch through a model: how many items it took and how many milliseconds they cost."""
    store.add_call(work, ref, items, ms, outcome)
