"""COCO JSON out and in: every picture, empty ones too; ids of categories that stay what they were.

Written in pieces over two passes, so that 15,000 pictures never lie in memory at once (label-studio issues 5873, 1134).
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from pipewarden.market.facts.labels import Labelled, Said, Shape, ShapeKind
from pipewarden.market.rules.agreement_boxes import area
from pipewarden.market.rules.formats_reading import Broken, Foreign, bounds, first_problem, json_of, shape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence


class _Image(Foreign):
    id: int
    file_name: str
    width: int
    height: int
    matches: bool | None = None
    hazards: tuple[str, ...] = ()


class _Annotation(Foreign):
    image_id: int
    category_id: int
    bbox: tuple[float, float, float, float]
    segmentation: Any = ()


class _Category(Foreign):
    id: int
    name: str


class _File(Foreign):
    images: tuple[_Image, ...]
    annotations: tuple[_Annotation, ...]
    categories: tuple[_Category, ...]


def write_coco(rows: Callable[[], Iterable[Labelled]], classes: Sequence[str], label: str) -> Iterator[str]:
    """Yield a COCO document in pieces.

    Args:
        rows: gives every picture anew each time, in the same order; those without an answer are left out.
        classes: the categories, whose place in this list is their id from 1 on: append, never reorder.
        label: what the document is of.
    """
    known = {one: n for n, one in enumerate(classes, start=1)}
    info = json.dumps({"description": label}, ensure_ascii=False)
    yield f'{{"info": {info}, "categories": ['
    yield from _joined({"id": n, "name": one, "supercategory": ""} for one, n in known.items())
    yield '], "images": ['
    yield from _joined(_image(n, one) for n, one in enumerate(_answered(rows), start=1))
    yield '], "annotations": ['
    yield from _joined(_annotations(rows, known))
    yield "]}"


def read_coco(text: str, file: str) -> list[Labelled]:
    """Return the pictures of a COCO document, empty ones too, in its order.

    Raises:
        InputError: it is no COCO, names a picture or category that it has not, or a shape lies outside.
    """
    broken = Broken(file)
    try:
        told = _File.model_validate(json_of(text, file))
    except ValidationError as error:
        raise broken.at(*first_problem(error)) from error
    names = {one.id: one.name for one in told.categories}
    images = {one.id: one for one in told.images}
    shapes: dict[int, list[Shape]] = defaultdict(list)
    for n, one in enumerate(told.annotations):
        where = f"annotations[{n}]"
        if one.image_id not in images or one.category_id not in names:
            raise broken.at(where, "names a picture or a category that is not there")
        shapes[one.image_id].append(_shape(one, images[one.image_id], names[one.category_id], where, broken))
    return [_labelled(one, shapes[one.id]) for one in told.images]


def _answered(rows: Callable[[], Iterable[Labelled]]) -> Iterator[Labelled]:
    return (one for one in rows() if one.said is not None)


def _joined(pieces: Iterable[dict[str, Any]]) -> Iterator[str]:
    for n, one in enumerate(pieces):
        yield (", " if n else "") + json.dumps(one, ensure_ascii=False)


def _image(number: int, one: Labelled) -> dict[str, Any]:
    said = one.said or Said(matches=False)
    return {
        "id": number,
        "file_name": one.file,
        "width": one.width,
        "height": one.height,
        "matches": said.matches,
        "hazards": list(said.hazards),
    }


def _annotations(rows: Callable[[], Iterable[Labelled]], known: dict[str, int]) -> Iterator[dict[str, Any]]:
    number = 0
    for image, one in enumerate(_answered(rows), start=1):
        for drawn in one.said.shapes if one.said is not None else ():
            number += 1
            left, top, right, bottom = bounds(drawn)
            outline = [round(side * by, 2) for x, y in drawn.points for side, by in ((x, one.width), (y, one.height))]
            yield {
                "id": number,
                "image_id": image,
                "category_id": known[drawn.label],
                "bbox": _pixels(one, left, top, right - left, bottom - top),
                "area": round(area(drawn) * one.width * one.height, 2),
                "segmentation": [outline] if drawn.kind is ShapeKind.POLYGON else [],
                "iscrowd": 0,
            }


def _pixels(one: Labelled, *sides: float) -> list[float]:
    return [round(side * (one.height if n % 2 else one.width), 2) for n, side in enumerate(sides)]


def _shape(one: _Annotation, image: _Image, label: str, where: str, broken: Broken) -> Shape:
    if image.width <= 0 or image.height <= 0:
        raise broken.at(where, "is of a picture without a size")
    if isinstance(one.segmentation, list) and one.segmentation and isinstance(one.segmentation[0], list):
        flat = one.segmentation[0]
        if len(flat) % 2 or not all(isinstance(side, int | float) for side in flat):
            raise broken.at(where, "has an outline that is no list of pairs")
        points = [(flat[n] / image.width, flat[n + 1] / image.height) for n in range(0, len(flat), 2)]
        return shape(ShapeKind.POLYGON, label, points, where, broken)
    left, top, width, height = one.bbox
    corners = [(left, top), (left + width, top + height)]
    return shape(ShapeKind.BOX, label, [(x / image.width, y / image.height) for x, y in corners], where, broken)


def _labelled(one: _Image, shapes: list[Shape]) -> Labelled:
    name = one.file_name.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    said = Said(matches=one.matches is not False, hazards=one.hazards, shapes=tuple(shapes))
    return Labelled(name, one.file_name, one.width, one.height, said)
