"""Which pictures and labels a ZIP of another tool holds, and what each picture's label says.

A label belongs to the picture of the same name without folder and ending, as every one of these tools has it. What
cannot be read is named with its reason beside what can: a hundred good pictures do not wait for one bad label.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import yaml

from pipewarden.kit.errors import InputError
from pipewarden.market.facts.labels import Labelled, Said
from pipewarden.market.rules import deliveries
from pipewarden.market.rules.formats_coco import read_coco
from pipewarden.market.rules.formats_files import read_voc, read_yolo
from pipewarden.market.rules.formats_label_studio import read_label_studio

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Iterator, Mapping, Sequence

MOST_PICTURES = 100
MOST_LABELS = 8 << 20  # bytes of one file of labels
MOST_ALL_LABELS = 32 << 20  # bytes of all of them, which are read into memory together
MOST_PICTURE = 25 << 20
_MOST_YAML = 1 << 20  # bytes of a list of classes: YAML is read slowly
_PICTURES = {".jpg", ".jpeg", ".png", ".webp", ".heic"}
_ENDINGS = {"coco": ".json", "label_studio": ".json", "yolo": ".txt", "voc": ".xml"}
_LISTS = {"classes.txt", "obj.names", "train.txt", "val.txt"}  # of YOLO's tools: no labels of a picture
_MOST_CLASSES = 1000
_MOST_BITS = 64  # of a number that names a class: one of thousands of digits cannot be written as a word
_PREFIXED = re.compile(r"^[0-9a-f]{8}-(?P<name>.+)$")  # Label Studio puts this before the name of an uploaded file


class ImportFormat(StrEnum):
    """What the labels of a ZIP are written as; ``pictures`` has none."""

    PICTURES = "pictures"
    COCO = "coco"
    LABEL_STUDIO = "label_studio"
    YOLO = "yolo"
    VOC = "voc"


@dataclass(frozen=True, slots=True)
class Left:
    """A file, or a label of one, that was not taken, and why."""

    name: str
    problem: str
    fix: str


@dataclass(slots=True)
class Packed:
    """What a ZIP holds.

    Attributes:
        pictures: where each lies, by name without folder and ending.
        labels: what is said of each, by the same name.
        left: what was not understood.
    """

    pictures: dict[str, zipfile.ZipInfo]
    labels: dict[str, Labelled] = field(default_factory=dict)
    left: list[Left] = field(default_factory=list)


def unpacked(
    archive: zipfile.ZipFile, files: Sequence[zipfile.ZipInfo], how: ImportFormat, classes: Mapping[str, str]
) -> Packed:
    """Return the pictures of a ZIP and their labels, read as ``how`` says.

    Args:
        archive: opened.
        files: in it, those that count.
        how: the format of its labels.
        classes: by another tool's word for a class, ours; a word that is not in it stays, written as ours are.

    Raises:
        InputError: it holds no picture, or too many, or too many labels, or says not which classes they are.
    """
    pictures, left = _pictures(files)
    if not pictures:
        raise InputError(field="file", problem="holds no picture", fix="Put JPEG, PNG, WebP or HEIC files into it.")
    if len(pictures) > MOST_PICTURES:
        fix = "Send them in parts; the same one twice is one item."
        raise InputError(field="file", problem=f"holds more than {MOST_PICTURES} pictures", fix=fix)
    packed = Packed(pictures, left=left)
    if how is ImportFormat.PICTURES:
        return packed
    names: Sequence[str] = ()
    if how is ImportFormat.YOLO:
        names = _yolo_classes(archive, files)
    labels, strays = [one for one in files if _is_label(one, how)], dict[str, str]()
    if sum(one.file_size for one in labels) > MOST_ALL_LABELS:
        fix = "Send them in parts, each with the labels of its own pictures."
        raise InputError(field="file", problem=f"holds more than {MOST_ALL_LABELS >> 20} MiB of labels", fix=fix)
    for one in labels:
        try:
            for found in _labels(archive, one, how, names):
                name = _named(found.name, pictures)
                if name in pictures:
                    packed.labels[name] = _ours(found, classes)
                else:
                    strays[name] = found.file
        except InputError as error:
            packed.left.append(left_for(one.filename, error))
    fix = "Put its picture beside it, of the same name."
    packed.left += [Left(file, "has a label, and is not in the ZIP", fix) for _, file in sorted(strays.items())]
    return packed


def left_for(name: str, error: InputError) -> Left:
    """Return what is told of a file that was refused."""
    return Left(name, f"{error.field} {error.problem}", error.fix)


def with_hazards(said: Said, hazards: Sequence[str]) -> Said:
    """Return what was said with the hazards that its marks name, in the list's order: most tools know marks alone."""
    marked = {one.label for one in said.shapes} | set(said.hazards)
    known = tuple(one for one in hazards if one in marked)
    return replace(said, hazards=known + tuple(one for one in said.hazards if one not in known))


def _pictures(files: Sequence[zipfile.ZipInfo]) -> tuple[dict[str, zipfile.ZipInfo], list[Left]]:
    found: dict[str, list[zipfile.ZipInfo]] = defaultdict(list)
    for one in files:
        path = _path(one)
        if path.suffix.lower() in _PICTURES:
            found[path.stem].append(one)
    fix = "Give each picture a name of its own: labels name pictures without their folder."
    left = [
        Left(one.filename, "has the name of another picture", fix)
        for same in found.values()
        if len(same) > 1
        for one in same
    ]
    return {name: same[0] for name, same in found.items() if len(same) == 1}, left


def _path(one: zipfile.ZipInfo) -> PurePosixPath:
    return PurePosixPath(one.filename.replace("\\", "/"))


def _named(name: str, pictures: Mapping[str, zipfile.ZipInfo]) -> str:
    bare = _PREFIXED.match(name)
    return bare["name"] if bare and name not in pictures else name


def _is_label(one: zipfile.ZipInfo, how: ImportFormat) -> bool:
    path = _path(one)
    return path.suffix.lower() == _ENDINGS[how.value] and path.name not in _LISTS


def _labels(
    archive: zipfile.ZipFile, one: zipfile.ZipInfo, how: ImportFormat, classes: Sequence[str]
) -> Iterator[Labelled]:
    text = _text(archive, one)
    if how is ImportFormat.COCO:
        yield from read_coco(text, one.filename)
    elif how is ImportFormat.LABEL_STUDIO:
        yield from read_label_studio(text, one.filename)
    elif how is ImportFormat.VOC:
        yield read_voc(text, one.filename)
    else:
        yield Labelled(_path(one).stem, one.filename, 0, 0, read_yolo(text, one.filename, classes))


def _yolo_classes(archive: zipfile.ZipFile, files: Sequence[zipfile.ZipInfo]) -> list[str]:
    """Return the classes of a YOLO data set in order: of ``data.yaml``, or a name a line of ``classes.txt``.

    Raises:
        InputError: there is neither, or it is none.
    """
    for one in files:
        name = _path(one).name
        if name in {"data.yaml", "data.yml", "dataset.yaml"}:
            return _yaml_classes(_text(archive, one, _MOST_YAML), one.filename)
        if name in {"classes.txt", "obj.names"}:
            return [line.strip() for line in _text(archive, one).splitlines() if line.strip()][:_MOST_CLASSES]
    fix = "Add data.yaml with names, or classes.txt with a class a line."
    raise InputError(field="file", problem="says not which classes the numbers are", fix=fix)


def _yaml_classes(text: str, file: str) -> list[str]:
    try:
        told = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: a day or a number that is none
        raise InputError(field=file, problem="is no YAML", fix="Export it again.") from error
    names = told.get("names") if isinstance(told, dict) else None
    if isinstance(names, dict):
        count = len(names)
        names = [names[n] for n in range(count)] if set(names) == set(range(count)) else None
    if not isinstance(names, list) or not 0 < len(names) <= _MOST_CLASSES or not all(map(_is_word, names)):
        raise InputError(field=file, problem="has no names in order from 0", fix="Write names: [first, second].")
    return [str(one) for one in names]


def _is_word(one: object) -> bool:
    return isinstance(one, str) or (isinstance(one, int) and one.bit_length() < _MOST_BITS)


def _text(archive: zipfile.ZipFile, one: zipfile.ZipInfo, most: int = MOST_LABELS) -> str:
    try:
        return deliveries.content(archive, one, most).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(field=one.filename, problem="is not UTF-8", fix="Export it as UTF-8.") from error


def _ours(found: Labelled, classes: Mapping[str, str]) -> Labelled:
    """Return a label with classes written as ours: a hazard's words become its id, spaces and capitals go."""
    guess = found.guess
    return replace(
        found,
        said=None if found.said is None else _renamed(found.said, classes),
        guess=None if guess is None else replace(guess, said=_renamed(guess.said, classes)),
    )


def _renamed(said: Said, classes: Mapping[str, str]) -> Said:
    shapes = tuple(replace(one, label=_label(one.label, classes)) for one in said.shapes)
    return replace(said, shapes=shapes, hazards=tuple(_label(one, classes) for one in said.hazards))


def _label(word: str, classes: Mapping[str, str]) -> str:
    plain = " ".join(word.split()).lower()
    return classes.get(plain) or re.sub(r"[ \-.]+", "_", plain)
