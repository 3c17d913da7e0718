"""The registry as use cases of the operator: weights with their card in, the lineage of a model or an alarm out."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pipewarden.inference import service as inference
from pipewarden.judge import service as judge
from pipewarden.kit.errors import InputError
from pipewarden.learn import service as learn
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from uuid import UUID

    from pipewarden.inference.facts import Champion
    from pipewarden.kit.work import Work
    from pipewarden.learn.facts import Lineage, Standing
    from pipewarden.main.home import Home
    from pipewarden.people.facts import Actor


@contextmanager
def _at(home: Home) -> Iterator[tuple[Work, Actor]]:
    with home.work() as work:
        inference.register_shipped(work)  # a rollback must lead to the release, also before any worker ran
        yield work, people.operator(work.tenant_id)


def publish(home: Home, file: Path, card: Path, dataset: str) -> Lineage:
    """Publish a weights file that was trained on a data set; see ``learn.service.publish``.

    Raises:
        InputError: the card is no JSON object, or something stands against the model.
    """
    try:
        told: Any = json.loads(card.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(field=str(card), problem=f"is no JSON ({error})", fix="Give one manifest entry.") from error
    if not isinstance(told, dict):
        raise InputError(field=str(card), problem="is no JSON object", fix="Give one manifest entry.")
    with _at(home) as (work, actor):
        return learn.publish(
            work, actor, home.blobs, file=file.name, weights=file.read_bytes(), card=told, dataset=dataset
        )


def every(home: Home) -> list[Standing]:
    """Return every model of the tenant's registry."""
    with _at(home) as (work, _):
        return learn.models(work)


def lineage(home: Home, label: str) -> tuple[Standing, Lineage]:
    """Return what a model stands for and where it comes from."""
    with _at(home) as (work, _):
        model = learn.model(work, label)
        standing = next(one for one in learn.models(work) if one.model.id == model.id)
        return standing, learn.lineage(work, home.blobs, model)


def behind(home: Home, alarm_id: UUID) -> tuple[list[Lineage], list[str], str | None]:
    """Return the lineage of the models that saw an alarm, labels of unknown ones, and the second judge's model."""
    with _at(home) as (work, actor):
        found, unknown = learn.models_behind(work, alarm_id)
        opinion = judge.verdict(work, actor, alarm_id).opinion
        lines = [learn.lineage(work, home.blobs, one) for one in found]
        return lines, unknown, None if opinion is None else opinion.model


def challenge(home: Home, label: str) -> Champion:
    """Make a model the challenger of its name."""
    with _at(home) as (work, actor):
        return learn.challenge(work, actor, learn.model(work, label).ref)


def promote(home: Home, label: str) -> Champion:
    """Make a model the active one of its name."""
    with _at(home) as (work, actor):
        return learn.promote(work, actor, learn.model(work, label).ref)


def rollback(home: Home, name: str) -> Champion:
    """Take the active model of a name back."""
    with _at(home) as (work, actor):
        return learn.rollback(work, actor, name)
