"""Labelled pictures of anybody, as COCO files: what `pipewarden eval perceive` measures the product on.

Read by category name and supercategory, never by number, so that a customer's own export can be used. The extra keys of
our data set (`source`, `group`, `labelled_supers`, `negative`) are understood and none of them is needed.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipewarden.kit.errors import InputError
from pipewarden.lab.boxes import Floats

SUPERS = ("machine", "person", "cone")
MACHINE_NAMES = frozenset(
    ("machine", "machinery", "excavator", "loader_dozer", "dump_truck", "crane", "concrete_mixer", "machinery_other")
)
_FIX = "Give a COCO detection file: images, annotations with bbox [x, y, w, h] and categories."


@dataclass(frozen=True, slots=True)
class Labelled:
    """One picture and its objects: `boxes` [n,4] xyxy pixels of the picture, `kinds` and `supers` [n] their names.

    Attributes:
        group: pictures of one group are no independent evidence (a clip, the crops of one photo).
        complete: the supers of which every object is labelled.
    """

    path: Path
    source: str
    group: str
    width: float
    height: float
    complete: frozenset[str]
    boxes: Floats
    kinds: tuple[str, ...]
    supers: tuple[str, ...]

    def of_super(self, name: str) -> Floats:
        """Boxes [k,4] of one super."""
        return self.boxes[np.array([one == name for one in self.supers], np.bool_)]

    def of_kind(self, name: str) -> tuple[Floats, Floats]:
        """Machines of one kind [k,4], and all others [m,4]."""
        kind = np.array([one == name for one in self.kinds], np.bool_)
        machine = np.array([one == "machine" for one in self.supers], np.bool_)
        return self.boxes[machine & kind], self.boxes[machine & ~kind]

    @property
    def quiet(self) -> bool:
        """Whether the picture is known to hold no machine."""
        return "machine" in self.complete and "machine" not in self.supers


def read_coco(path: Path, images: Path) -> list[Labelled]:
    """Read a COCO file and find its pictures.

    Raises:
        InputError: it cannot be read, lacks what COCO promises, or names a picture that is not there.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(field="--coco", problem=f"{path} cannot be read as JSON ({error})", fix=_FIX) from error
    try:
        names = {int(c["id"]): _named(c) for c in document["categories"]}
        by_picture: dict[Any, list[Mapping[str, Any]]] = {}
        for annotation in document["annotations"]:
            by_picture.setdefault(annotation["image_id"], []).append(annotation)
        found = [_labelled(record, by_picture.get(record["id"], []), names, images) for record in document["images"]]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        problem = f"{path} is not a COCO detection file ({error.__class__.__name__}: {error})"
        raise InputError(field="--coco", problem=problem, fix=_FIX) from error
    if not found:
        raise InputError(field="--coco", problem=f"{path} lists no picture", fix=_FIX)
    if missing := [one.path.name for one in found if not one.path.is_file()]:
        raise InputError(
            field="--images",
            problem=f"{len(missing)} of {len(found)} pictures are not in {images}, for instance {missing[0]}",
            fix="Name the folder that the file_name of the COCO file starts from.",
        )
    return found


def _named(category: Mapping[str, Any]) -> tuple[str, str]:
    """Name and super of a category; a super that is none of ours stays what it is and is measured by nobody."""
    name, told = str(category["name"]).lower(), str(category.get("supercategory") or "").lower()
    if told in SUPERS:
        return name, told
    return name, "machine" if name in MACHINE_NAMES else name


def _labelled(
    record: Mapping[str, Any],
    annotations: Sequence[Mapping[str, Any]],
    names: Mapping[int, tuple[str, str]],
    images: Path,
) -> Labelled:
    sides = np.array([a["bbox"] for a in annotations], np.float32).reshape(-1, 4)
    labels = [names[int(a["category_id"])] for a in annotations]
    source = str(record.get("source") or "unknown")
    told = record.get("labelled_supers")
    return Labelled(
        path=images / str(record["file_name"]),
        source=source,
        group=f"{source}:{record.get('group') or str(record['file_name']).split('.rf.')[0]}",
        width=float(record["width"]),
        height=float(record["height"]),
        complete=frozenset(SUPERS if told is None else told),
        boxes=np.concatenate([sides[:, :2], sides[:, :2] + sides[:, 2:]], axis=1),
        kinds=tuple(kind for kind, _ in labels),
        supers=tuple(group for _, group in labels),
    )
