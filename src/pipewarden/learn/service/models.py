"""Models and where they come from: published with their data set, challenged, promoted, taken back, traced."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pipewarden.dedupe import service as dedupe
from pipewarden.inference import service as inference
from pipewarden.kit.errors import InputError
from pipewarden.learn.facts import Family, Lineage, Standing, Version
from pipewarden.learn.rules import check_release, told_of
from pipewarden.learn.service.datasets import manifest, members
from pipewarden.learn.store import manifests as manifest_store
from pipewarden.learn.store import models as store
from pipewarden.people import service as people
from pipewarden.people.facts import ScopedRow
from pipewarden.perceive import service as perceive

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from pipewarden.inference.facts import Champion, ModelRef, RegisteredModel
    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.work import Work
    from pipewarden.learn.facts import Manifest
    from pipewarden.people.facts import Actor

READ, EDIT = "policy:read", "policy:edit"


def publish(
    work: Work,
    actor: Actor,
    blobs: BlobStore,
    *,
    file: str,
    weights: bytes,
    card: Mapping[str, object],
    dataset: str,
) -> Lineage:
    """Enter a model that was trained on one of the tenant's data sets into the registry, as challenger; on record.

    Done twice it is done once.

    Args:
        work: the tenant whose model it is.
        actor: who publishes.
        blobs: holds the data set, keeps the file.
        file: name of the weights file.
        weights: its bytes.
        card: its manifest entry with ``name``, ``version`` and the ``sha256`` that training wrote; see
            ``rules.check_release`` for ``dataset`` and ``accuracy``.
        dataset: ``name``, ``name-number`` or ``name@number``.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or not here.
        InputError: the file is not what was trained, the data set is not known, has leaks or tests on rendered
            pictures, the card counts some, or the model is already published from another data set.
    """
    _check(work, actor)
    trained_on = manifest(work, dataset)
    sha256 = hashlib.sha256(weights).hexdigest()
    check_release(card, sha256, trained_on, members(blobs, trained_on))
    made = inference.publish(
        work,
        str(card.get("name", "")),
        str(card.get("version", "")),
        sha256=sha256,
        files={file: weights},
        card={**card, "file": file},
        blobs=blobs,
        actor=_name(actor),
    )
    known = store.every(work).get(made.id)
    if known is None:
        store.add(work, made.id, trained_on.id, card, _name(actor))
        details = {
            "model": made.ref.label,
            "sha256": sha256,
            "dataset": trained_on.label,
            "manifest": trained_on.sha256,
        }
        people.record(work, actor, "model.published", ("model", made.id), details)
    elif known.manifest_id != trained_on.id:
        raise InputError(
            field="dataset",
            problem=f"is {trained_on.label}; {made.ref.label} was published from another",
            fix="Train it anew and give it a version of its own.",
        )
    return lineage(work, blobs, made)


def lineage(work: Work, blobs: BlobStore, model: RegisteredModel) -> Lineage:
    """Return where a model of the tenant comes from, read from what the hashes name.

    Raises:
        InputError: the data set's blob is gone or damaged.
    """
    known = store.every(work).get(model.id)
    trained_on = None if known is None else manifest_store.by_id(work, known.manifest_id)
    if known is None or trained_on is None:
        return Lineage(model, (), (), {}, vouched=False, actor=None, at=None)
    return Lineage(
        model=model,
        manifests=tuple(_ancestors(work, trained_on)),
        members=tuple(members(blobs, trained_on)),
        card=known.card,
        vouched=known.card.get("dataset") == trained_on.sha256,
        actor=known.actor,
        at=known.at,
    )


def _ancestors(work: Work, newest: Manifest) -> list[Manifest]:
    found, parent = [newest], newest.parent
    while parent is not None and (one := manifest_store.by_hash(work, parent)) is not None:
        found.append(one)
        parent = one.parent
    return found


def models_behind(work: Work, alarm_id: UUID) -> tuple[list[RegisteredModel], list[str]]:
    """Return the registered models that saw an alarm's machines, and the labels of those the registry does not know.

    Raises:
        InputError: the tenant has no such alarm.
    """
    labels = perceive.models_of(work, [one.finding_id for one in dedupe.alarm(work, alarm_id).members])
    found = [one for one in inference.models(work) if one.ref.label in labels]
    return found, sorted(labels - {one.ref.label for one in found})


def models(work: Work) -> list[Standing]:
    """Return every model of the tenant's registry, oldest first, and what it stands for."""
    published = store.every(work)
    labels = {one: made.label for one in {row.manifest_id for row in published.values()}
              if (made := manifest_store.by_id(work, one)) is not None}  # fmt: skip
    champions, challengers = inference.champions(work), inference.challengers(work)
    return [
        Standing(
            model=one,
            champion=one.id in champions,
            challenger=one.id in challengers,
            trained_on=labels.get(published[one.id].manifest_id) if one.id in published else None,
        )
        for one in inference.models(work)
    ]


def registry(work: Work, actor: Actor) -> list[Family]:
    """Return every model of the tenant by name: its versions, what is known of each, and which looked since when.

    Raises:
        ForbiddenError: the actor reads no policies; which model looks is one.
    """
    people.require(actor, READ)
    entries, shipped, published = inference.entries(work), inference.shipped_cards(), store.every(work)
    versions: dict[str, list[Version]] = {}
    for one in reversed(models(work)):
        told = published.get(one.model.id)
        card = shipped.get(one.model.ref.sha256, {}) if told is None else told_of(told.card)
        versions.setdefault(one.model.ref.name, []).append(Version(one, entries[one.model.id], card))
    return [
        Family(name, tuple(found), tuple(reversed(inference.history(work, name))))
        for name, found in sorted(versions.items())
    ]


def model(work: Work, label: str) -> RegisteredModel:
    """Return a model by ``name@version`` or ``name-version``, or by ``name`` the one that is active.

    Raises:
        InputError: the registry has none.
    """
    known = inference.models(work)
    found = [one for one in known if label in {one.ref.label, f"{one.ref.name}@{one.ref.version}"}]
    if not found and (champion := inference.active(work, label)) is not None:
        found = [champion.model]
    if not found:
        raise InputError(
            field="model",
            problem=f"{label!r} is not registered here",
            fix=f"Choose one of: {', '.join(f'{one.ref.name}@{one.ref.version}' for one in known) or 'none yet'}.",
        )
    return found[-1]


def challenge(work: Work, actor: Actor, ref: ModelRef) -> Champion:
    """Let a registered model stand beside the active one of its name; nothing looks with it yet. On record.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or not here.
        InputError: the registry does not know it.
    """
    _check(work, actor)
    made = inference.challenge(work, ref, actor=_name(actor))
    return _recorded(work, actor, "model.challenged", made)


def promote(work: Work, actor: Actor, ref: ModelRef) -> Champion:
    """Let a registered model be the one that looks; workers take it up when they start next. On record.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or not here.
        InputError: the registry does not know it.
    """
    _check(work, actor)
    return _recorded(work, actor, "model.promoted", inference.promote(work, ref, actor=_name(actor)))


def rollback(work: Work, actor: Actor, name: str) -> Champion:
    """Let the model that looked before the present one look again. On record.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or not here.
        InputError: there was none before.
    """
    _check(work, actor)
    return _recorded(work, actor, "model.rolled_back", inference.rollback(work, name, actor=_name(actor)))


def _recorded(work: Work, actor: Actor, act: str, made: Champion) -> Champion:
    ref = made.model.ref
    people.record(work, actor, act, ("model", made.model.id), {"model": ref.label, "sha256": ref.sha256})
    return made


def _check(work: Work, actor: Actor) -> None:
    people.require_row(actor, EDIT, ScopedRow(tenant_id=work.tenant_id), "model")


def _name(actor: Actor) -> str:
    return f"{actor.kind}:{actor.id}"
