"""Models that the house itself has trained: published as challengers, promoted by somebody, taken back in one act.

The files are blobs by their hash; what runs is laid out as a weights folder with its own manifest, which is read and
checked like the shipped one, so that there is one way to load a model.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from pipewarden.inference.facts import Alias, ModelName
from pipewarden.inference.rules import parse_manifest, published_card
from pipewarden.inference.service.registry import WEIGHTS, known_model, read_manifest
from pipewarden.inference.store import registry as store
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from uuid import UUID

    from pipewarden.inference.facts import Champion, ModelCard, ModelRef, RegisteredModel
    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.work import Work


def publish(
    work: Work,
    name: str,
    version: str,
    *,
    sha256: str,
    files: Mapping[str, bytes],
    card: Mapping[str, object],
    blobs: BlobStore,
    actor: str,
) -> RegisteredModel:
    """Enter a trained model as the challenger of its name and keep its files; idempotent.

    Args:
        work: the tenant whose model it is.
        name: which model, for instance ``screen``.
        version: new for this name.
        sha256: of the weights file, hex.
        files: contents by name: the weights file, and what should be kept beside it.
        card: its manifest entry; ``file`` names the weights file.
        blobs: where the files are kept.
        actor: who publishes.

    Raises:
        InputError: the files are not what the card says, or the version is already another file.
    """
    made = published_card(name, version, sha256, files, card)
    store.lock(work)
    for model in store.models(work):
        if model.ref.name == name and model.ref.version == version and model.ref.sha256 != sha256:
            raise InputError(
                field="version",
                problem=f"{model.ref.label} is already {model.ref.sha256[:12]}…",
                fix="Give the new file a new version.",
            )
    for content in files.values():
        blobs.put(content)
    store.add_models(work, [made])
    known = next(one for one in store.models(work) if (one.ref.name, one.ref.sha256) == (name, sha256))
    current = challenger(work, name)
    if current is None or current.model.id != known.id:
        store.choose(work, [known], actor, Alias.CHALLENGER)
    return known


def challenger(work: Work, name: str) -> Champion | None:
    """Return the model published last under a name, whoever is active; None before the first."""
    return store.chosen(work, alias=Alias.CHALLENGER).get(name)


def challengers(work: Work) -> set[UUID]:
    """Return the model that stands beside the active one, of every name that has one."""
    return {one.model.id for one in store.chosen(work, alias=Alias.CHALLENGER).values()}


def challenge(work: Work, ref: ModelRef, *, actor: str) -> Champion:
    """Let a known model stand beside the active one of its name.

    Raises:
        InputError: the registry does not know the model.
    """
    store.lock(work)
    store.choose(work, [known_model(work, ref)], actor, Alias.CHALLENGER)
    return store.chosen(work, alias=Alias.CHALLENGER)[ref.name]


def rollback(work: Work, name: str, *, actor: str) -> Champion:
    """Make the model that was active before the present one active again.

    Raises:
        InputError: there was none before.
    """
    store.lock(work)
    past = store.history(work, name)
    before = [one for one in past if one.model.id != past[-1].model.id]
    if not before:
        raise InputError(field="model", problem=f"{name} had no other model before", fix="Promote the one you want.")
    store.choose(work, [before[-1].model], actor)
    return store.chosen(work)[name]


def active_weights(work: Work, blobs: BlobStore, folder: Path, *, shipped: Path = WEIGHTS) -> Path:
    """Return a weights folder that holds the active model of every name: the shipped one while nobody chose another.

    Args:
        work: the tenant whose models count.
        blobs: where published files are kept.
        folder: where a folder may be laid out; one per set of models, kept.
        shipped: the release's weights.

    Raises:
        InputError: a chosen model's file is neither shipped nor kept, or is no longer what was published.
    """
    # these two mask pictures, by the release's own files whatever is published (sense.adapters.masking)
    masks = {ModelName.TEACHER, ModelName.FACES}
    cards = {name: card for name, card in read_manifest(shipped).items() if name not in masks}
    others = {
        name: champion
        for name, champion in store.chosen(work).items()
        if name in cards and champion.model.ref.sha256 != cards[name].ref.sha256
    }
    if not others:
        return shipped
    told = store.entries(work, [champion.model.id for champion in others.values()])
    chosen = {name: _own_file(name, told[champion.model.id]) for name, champion in others.items()}
    wanted = cards | chosen
    digest = hashlib.sha256("".join(wanted[name].ref.sha256 for name in sorted(wanted)).encode()).hexdigest()
    target = folder / digest[:16]
    if not target.exists():
        contents = {
            card.file: blobs.get(card.ref.sha256) if name in chosen else (shipped / card.file).read_bytes()
            for name, card in wanted.items()
        }
        _lay_out(target, wanted, contents)
    return target


def _own_file(name: str, entry: Mapping[str, object]) -> ModelCard:
    """Return the card of a published model under a file name that no other model can have."""
    file = f"{name}-{str(entry['sha256'])[:16]}{PurePosixPath(str(entry['file'])).suffix}"
    return parse_manifest(json.dumps([{**entry, "file": file}]))[name]


def _lay_out(target: Path, cards: Mapping[str, ModelCard], contents: Mapping[str, bytes]) -> None:
    """Write the folder whole or not at all."""
    part = target.with_name(f".{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    for file, content in contents.items():
        (part / file).write_bytes(content)
    (part / "manifest.json").write_text(json.dumps([dict(card.entry) for card in cards.values()]), encoding="utf-8")
    part.rename(target)
