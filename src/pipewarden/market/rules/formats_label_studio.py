"""Label Studio's JSON out and in: tasks with annotations and predictions, their score kept (its issue 1470).

Places are percent there. The controls are named ``scene``, ``hazards``, ``box``, ``polygon``, ``price``, ``choice`` and
``comment``, the picture ``image``: the labelling configuration in docs/labelling.md has them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from pipewarden.market.facts.labels import Choice, Guess, Labelled, Said, Shape, ShapeKind
from pipewarden.market.rules.formats_reading import Broken, Foreign, bounds, first_problem, json_of, shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MATCHES, _NOT = "匹配", "不匹配"


class _Region(Foreign):
    from_name: str = ""
    type: str
    original_width: int = 0
    original_height: int = 0
    value: dict[str, Any]


class _Work(Foreign):
    result: tuple[_Region, ...] = ()
    completed_by: Any = ""
    was_cancelled: bool = False
    model_version: str | None = None
    score: float | None = None


class _Task(Foreign):
    data: dict[str, Any]
    annotations: tuple[_Work, ...] = ()
    predictions: tuple[_Work, ...] = ()


def write_label_studio(rows: Iterable[Labelled]) -> Iterator[str]:
    """Yield a list of tasks in pieces; those without an answer carry none."""
    yield "["
    for n, one in enumerate(rows):
        yield (", " if n else "") + json.dumps(_task(n + 1, one), ensure_ascii=False)
    yield "]"


def read_label_studio(text: str, file: str) -> list[Labelled]:
    """Return the tasks of an export, each with its newest annotation that was not skipped.

    Raises:
        InputError: it is no such list, a task has no picture, or a shape lies outside.
    """
    broken, found = Broken(file), json_of(text, file)
    if not isinstance(found, list):
        raise broken.at("the whole", "is no list of tasks")
    return [_labelled(one, f"[{n}]", broken) for n, one in enumerate(found)]


def _task(number: int, one: Labelled) -> dict[str, Any]:
    task: dict[str, Any] = {"id": number, "data": {"image": one.file}, "annotations": [], "predictions": []}
    if one.said is not None:
        task["annotations"].append({"completed_by": one.by, "result": _result(one, one.said)})
    if one.guess is not None:
        result = _result(one, one.guess.said)
        task["predictions"].append({"model_version": one.guess.model, "score": one.guess.score, "result": result})
    return task


def _result(one: Labelled, said: Said) -> list[dict[str, Any]]:
    size = {"original_width": one.width, "original_height": one.height}
    regions = [_region("scene", "choices", {"choices": [_MATCHES if said.matches else _NOT]})]
    if said.hazards:
        regions.append(_region("hazards", "choices", {"choices": list(said.hazards)}))
    if said.choice is not None:
        regions.append(_region("choice", "choices", {"choices": [said.choice.value]}))
    if said.price is not None:
        regions.append(_region("price", "number", {"number": said.price}))
    if said.comment:
        regions.append(_region("comment", "textarea", {"text": [said.comment]}))
    return [{"id": f"r{n}", **region, **size} for n, region in enumerate([*regions, *map(_drawn, said.shapes)])]


def _region(name: str, kind: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"from_name": name, "to_name": "image", "type": kind, "value": value}


def _drawn(one: Shape) -> dict[str, Any]:
    if one.kind is ShapeKind.POLYGON:
        points = [[100 * x, 100 * y] for x, y in one.points]
        return _region("polygon", "polygonlabels", {"points": points, "polygonlabels": [one.label], "closed": True})
    left, top, right, bottom = (100 * side for side in bounds(one))
    sides = {"x": left, "y": top, "width": right - left, "height": bottom - top, "rotation": 0}
    return _region("box", "rectanglelabels", {**sides, "rectanglelabels": [one.label]})


def _labelled(told: Any, where: str, broken: Broken) -> Labelled:
    try:
        task = _Task.model_validate(told)
    except ValidationError as error:
        place, problem = first_problem(error)
        raise broken.at(f"{where}.{place}", problem) from error
    picture = task.data.get("image")
    if not isinstance(picture, str) or not picture:
        raise broken.at(f"{where}.data.image", "names no picture")
    done = [one for one in task.annotations if not one.was_cancelled]
    regions = [one for work in (*done, *task.predictions) for one in work.result]
    sized = next((one for one in regions if one.original_width > 0), None)
    guessed = task.predictions[-1] if task.predictions else None
    return Labelled(
        name=picture.rsplit("/", 1)[-1].rsplit(".", 1)[0],
        file=picture,
        width=0 if sized is None else sized.original_width,
        height=0 if sized is None else sized.original_height,
        said=_said(done[-1], f"{where}.annotations", broken) if done else None,
        guess=None if guessed is None else _guess(guessed, f"{where}.predictions", broken),
        by=str(done[-1].completed_by) if done else "",
    )


def _guess(work: _Work, where: str, broken: Broken) -> Guess:
    return Guess(_said(work, where, broken), work.model_version or "", work.score or 0.0)


def _said(work: _Work, where: str, broken: Broken) -> Said:
    shapes: list[Shape] = []
    told: dict[str, Any] = {}
    for n, one in enumerate(work.result):
        place = f"{where}.result[{n}]"
        try:
            _take(one, told, shapes, place, broken)
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise broken.at(place, "is no region of this kind") from error
    return Said(shapes=tuple(shapes), **({"matches": True} | told))


def _take(one: _Region, told: dict[str, Any], shapes: list[Shape], place: str, broken: Broken) -> None:
    value = one.value
    if one.type == "rectanglelabels":
        left, top = float(value["x"]) / 100, float(value["y"]) / 100
        corner = (left + float(value["width"]) / 100, top + float(value["height"]) / 100)
        if float(value.get("rotation") or 0):
            raise broken.at(place, "is a turned box, which has no place here")
        shapes.append(shape(ShapeKind.BOX, str(value["rectanglelabels"][0]), [(left, top), corner], place, broken))
    elif one.type == "polygonlabels":
        points = [(float(x) / 100, float(y) / 100) for x, y in value["points"]]
        shapes.append(shape(ShapeKind.POLYGON, str(value["polygonlabels"][0]), points, place, broken))
    elif one.from_name == "scene":
        told["matches"] = value["choices"][0] != _NOT
    elif one.from_name == "hazards":
        told["hazards"] = tuple(str(named) for named in value["choices"])
    elif one.from_name == "choice":
        told["choice"] = Choice(value["choices"][0])
    elif one.from_name == "price":
        told["price"] = int(value["number"])
    elif one.from_name == "comment":
        told["comment"] = " ".join(str(words) for words in value["text"])
