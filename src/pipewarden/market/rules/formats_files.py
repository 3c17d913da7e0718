"""YOLO and Pascal VOC out and in: a small file for each picture, an empty one where nothing was marked.

YOLO's text is Ultralytics': class and centre, width, height, or class and outline, as shares. VOC knows boxes alone, in
pixels: a polygon becomes the box around it, and reading gives that box.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from pipewarden.market.facts.labels import Labelled, Said, Shape, ShapeKind
from pipewarden.market.rules.formats_reading import Broken, bounds, shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_BOX_NUMBERS = 4


def write_yolo(rows: Iterable[Labelled], classes: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield names and texts: ``data.yaml`` with the classes in order, then ``labels/NAME.txt`` of each picture."""
    known = {one: n for n, one in enumerate(classes)}
    named = "".join(f"  {n}: {json.dumps(one, ensure_ascii=False)}\n" for one, n in known.items())
    yield "data.yaml", f"path: .\ntrain: images\nval: images\nnames:\n{named}"
    for one in rows:
        if one.said is not None:
            yield f"labels/{one.name}.txt", "".join(_line(shape, known[shape.label]) for shape in one.said.shapes)


def read_yolo(text: str, name: str, classes: Sequence[str]) -> Said:
    """Return what a label file says; an empty one says that nothing is there.

    Raises:
        InputError: a line is no label, names no class of the list, or lies outside.
    """
    broken, shapes = Broken(name), []
    for n, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        where = f"line {n}"
        try:
            number, *sides = line.split()
            label, found = classes[int(number)] if int(number) >= 0 else "", [float(side) for side in sides]
        except (ValueError, IndexError) as error:
            raise broken.at(where, "is no class of the list and numbers behind it") from error
        shapes.append(_yolo_shape(label, found, where, broken))
    return Said(matches=True, shapes=tuple(shapes))


def write_voc(rows: Iterable[Labelled]) -> Iterator[tuple[str, str]]:
    """Yield ``Annotations/NAME.xml`` and its text for each picture that was answered."""
    for one in rows:
        if one.said is not None:
            yield f"Annotations/{one.name}.xml", _voc(one, one.said)


def read_voc(text: str, name: str) -> Labelled:
    """Return what an annotation file says.

    Raises:
        InputError: it is no VOC XML, carries a document type, or a box lies outside.
    """
    broken = Broken(name)
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise broken.at("the whole", "carries a document type, which no annotation needs")
    try:
        root = ET.fromstring(text)  # noqa: S314  without a document type there are no entities to blow up
    except ET.ParseError as error:
        raise broken.at("the whole", "is no XML") from error
    width, height = (int(_number(root, f"size/{side}", broken)) for side in ("width", "height"))
    if width <= 0 or height <= 0:
        raise broken.at("size", "is none")
    shapes = [_voc_shape(one, (width, height), f"object[{n}]", broken) for n, one in enumerate(root.iter("object"))]
    file = root.findtext("filename") or name
    stem = file.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    return Labelled(stem, file, width, height, Said(matches=True, shapes=tuple(shapes)))


def _line(one: Shape, number: int) -> str:
    left, top, right, bottom = bounds(one)
    sides = [(left + right) / 2, (top + bottom) / 2, right - left, bottom - top]
    if one.kind is ShapeKind.POLYGON:
        sides = [side for point in one.points for side in point]
    return " ".join([str(number), *(f"{side:.8f}" for side in sides)]) + "\n"


def _yolo_shape(label: str, sides: list[float], where: str, broken: Broken) -> Shape:
    if not label:
        raise broken.at(where, "names no class of the list")
    if len(sides) == _BOX_NUMBERS:
        x, y, width, height = sides
        corners = [(x - width / 2, y - height / 2), (x + width / 2, y + height / 2)]
        return shape(ShapeKind.BOX, label, corners, where, broken)
    if len(sides) % 2:
        raise broken.at(where, "has an odd number of sides")
    return shape(ShapeKind.POLYGON, label, list(zip(sides[::2], sides[1::2], strict=True)), where, broken)


def _voc(one: Labelled, said: Said) -> str:
    root = ET.Element("annotation")
    ET.SubElement(root, "filename").text = one.file
    size = ET.SubElement(root, "size")
    for name, value in (("width", one.width), ("height", one.height), ("depth", 3)):
        ET.SubElement(size, name).text = str(value)
    ET.SubElement(root, "segmented").text = "0"
    for drawn in said.shapes:
        thing = ET.SubElement(root, "object")
        ET.SubElement(thing, "name").text = drawn.label
        for name in ("truncated", "difficult"):
            ET.SubElement(thing, name).text = "0"
        box = ET.SubElement(thing, "bndbox")
        for n, (name, side) in enumerate(zip(("xmin", "ymin", "xmax", "ymax"), bounds(drawn), strict=True)):
            ET.SubElement(box, name).text = f"{side * (one.height if n % 2 else one.width):.2f}"
    return ET.tostring(root, encoding="unicode") + "\n"


def _voc_shape(one: ET.Element, size: tuple[int, int], where: str, broken: Broken) -> Shape:
    label = (one.findtext("name") or "").strip()
    if not label:
        raise broken.at(where, "has no name")
    left, top, right, bottom = (_number(one, f"bndbox/{side}", broken) for side in ("xmin", "ymin", "xmax", "ymax"))
    corners = [(left / size[0], top / size[1]), (right / size[0], bottom / size[1])]
    return shape(ShapeKind.BOX, label, corners, where, broken)


def _number(of: ET.Element, path: str, broken: Broken) -> float:
    try:
        return float(of.findtext(path) or "")
    except ValueError as error:
        raise broken.at(path, "is no number") from error
