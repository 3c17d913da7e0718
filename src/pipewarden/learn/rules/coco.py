"""A data set as COCO JSON, the format that every labelling tool and trainer reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pipewarden.learn.facts import Member, Share


# ids and kinds of the label map that trainers here know; a class of one's own gets an id behind them
LABEL_MAP = (
    ("excavator", "machine"),
    ("loader_dozer", "machine"),
    ("dump_truck", "machine"),
    ("crane", "machine"),
    ("concrete_mixer", "machine"),
    ("machinery_other", "machine"),
    ("person", "person"),
    ("cone", "cone"),
    ("vehicle_other", "vehicle"),
)
_OWN = 100


def categories(classes: Iterable[str]) -> list[dict[str, Any]]:
    """Return the COCO categories: the whole label map, then classes of one's own in the order of the alphabet."""
    known = [{"id": n, "name": name, "supercategory": kind} for n, (name, kind) in enumerate(LABEL_MAP, start=1)]
    own = sorted(set(classes) - {name for name, _ in LABEL_MAP})
    return known + [{"id": n, "name": name, "supercategory": "own"} for n, name in enumerate(own, start=_OWN)]


def coco(members: Sequence[Member], share: Share, *, label: str) -> dict[str, Any]:
    """Return one share as a COCO document; pictures are named by their hash, so a file cannot be mistaken.

    Args:
        members: of the whole data set.
        share: which of them.
        label: the data set's name and number.
    """
    named = categories(one_label.cls for one in members for one_label in one.sample.labels)
    ids = {one["name"]: one["id"] for one in named}
    chosen = sorted((one for one in members if one.share is share), key=lambda one: one.sample.picture)
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number, one in enumerate(chosen, start=1):
        sample = one.sample
        images.append(
            {
                "id": number,
                "file_name": f"{sample.picture}.jpg",
                "width": sample.width,
                "height": sample.height,
                "source": sample.source,
                "license": sample.licence,
                "labelled_supers": sorted(sample.labelled),
                "group": one.group,
                "rendered": sample.rendered,
                "origin": sample.origin,
            }
        )
        annotations += [
            {
                "id": len(annotations) + place,
                "image_id": number,
                "category_id": ids[one_label.cls],
                "bbox": [round(side, 2) for side in one_label.box],
                "area": round(one_label.box[2] * one_label.box[3], 2),
                "iscrowd": 0,
                "by": one_label.by,
                **({"on_the_spot": True} if one_label.spot else {}),
                **({} if one_label.code is None else {"code": one_label.code}),
            }
            for place, one_label in enumerate(sample.labels, start=1)
        ]
    return {
        "info": {"description": f"{label} {share.value}", "version": label},
        "images": images,
        "annotations": annotations,
        "categories": named,
    }
