"""What a picture of gas at home is looked at for, what a model is asked, and what its answers and its likes come to."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from pipewarden.kit.errors import InputError
from pipewarden.kit.shares import wilson
from pipewarden.kit.written import checked
from pipewarden.perceive.facts import Grade, Group, Hazard, HazardList, ItemFigure, Near, Says, Scene, Words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from pipewarden.perceive.facts import IndoorExample

ANY = "any"  # whether a picture shows any item at all
_MOST = 40
_TAKEN = {"image_id", "box", "text_in_picture", "reason", ANY}  # the answer's own fields, and the sum of all items
_SHOWN = 3  # examples beside an answer

Text = Annotated[str, Field(min_length=2, max_length=300)]
Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Words(_Strict):
    zh: Text
    en: Text


class _Scene(_Words):
    id: Id


class _Hazard(_Words):
    id: Id
    group: Group
    grade: Grade
    ask: Text
    clause: Text | None
    advice: _Words


class _List(_Strict):
    version: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.@_-]{0,59}$")]
    source: str
    task: Annotated[str, Field(min_length=10, max_length=2000)]
    scene: _Scene
    always: _Words
    hazards: Annotated[list[_Hazard], Field(min_length=1, max_length=_MOST)]


def read_hazards(body: object, source: str) -> HazardList:
    """Return the list in ``body`` (a parsed document).

    Raises:
        InputError: a key is missing, unknown or of a wrong kind, or an id stands twice or is taken.
    """
    given = checked(_List, body, source)
    ids = Counter([given.scene.id, *(one.id for one in given.hazards)])
    if wrong := [one for one, count in ids.items() if count > 1 or one in _TAKEN]:
        raise InputError(field=f"{source}: hazards", problem=f"{wrong[0]} is no free id", fix="Give each its own id.")
    return HazardList(
        version=given.version,
        task=given.task,
        scene=Scene(given.scene.id, _words(given.scene)),
        always=_words(given.always),
        hazards=tuple(
            Hazard(one.id, one.group, one.grade, _words(one), one.ask, one.clause, _words(one.advice))
            for one in given.hazards
        ),
    )


def _words(given: _Words) -> Words:
    return Words(given.zh, given.en)


def hazard_instructions(listed: HazardList) -> str:
    """Return what a model is told: the task, the question about the scene, and one question an item."""
    scene = f"{listed.scene.id}: {listed.scene.words.zh} {listed.scene.words.en}"
    return "\n".join([listed.task, scene, *(f"{one.id}: {one.ask}" for one in listed.hazards)])


def told(listed: HazardList, answers: Mapping[str, str]) -> tuple[Says, tuple[tuple[str, Says], ...]]:
    """Return what the scene is and what each item is, by a model's answers; what was left out is unclear.

    A picture that cannot be judged shows nothing: its noes become unclear, so that nobody reads "none found" from it.
    """
    scene = Says(answers.get(listed.scene.id, Says.UNCLEAR))
    said = [(item, Says(answers.get(item, Says.UNCLEAR))) for item in listed.ids]
    if scene is not Says.YES:
        said = [(item, Says.UNCLEAR if says is Says.NO else says) for item, says in said]
    return scene, tuple(said)


def nearest(features: Sequence[float], examples: Sequence[IndoorExample], *, most: int = _SHOWN) -> tuple[Near, ...]:
    """Return the examples that look most alike, nearest first.

    Args:
        features: unit-length vector of the look net.
        examples: of the same net's version.
        most: how many.
    """
    if not examples:
        return ()
    known = np.array([one.features for one in examples], np.float64)
    distances = 1.0 - known @ np.array(features, np.float64)
    order = np.argsort(distances, kind="stable")[:most]
    return tuple(
        Near(examples[int(at)].check_id, round(float(max(0.0, distances[int(at)])), 4), examples[int(at)].hazards)
        for at in order
    )


def scored(pairs: Iterable[tuple[Collection[str], Collection[str]]], items: Sequence[str]) -> dict[str, ItemFigure]:
    """Return by item how often a yes was right, and ``any`` for whether a picture shows any item.

    Args:
        pairs: of each picture the items that were said, and those that the person saw.
        items: of the list.
    """
    rows = [(set(said), set(seen)) for said, seen in pairs]
    found = {item: _figure([(item in said, item in seen) for said, seen in rows]) for item in items}
    found[ANY] = _figure([(bool(said), bool(seen)) for said, seen in rows])
    return found


def _figure(rows: Sequence[tuple[bool, bool]]) -> ItemFigure:
    hits = sum(said and seen for said, seen in rows)
    return ItemFigure(
        precision=wilson(hits, sum(said for said, _ in rows)), recall=wilson(hits, sum(seen for _, seen in rows))
    )
