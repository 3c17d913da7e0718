"""The manifest as text: one line a picture, in one order, so that equal data sets have equal hashes and diffs read."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipewarden.kit.errors import InputError
from pipewarden.learn.facts import Label, Member, Sample, Share

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipewarden.learn.facts import Recipe

FORMAT = "pipewarden.dataset/1"


def write(name: str, parent: str | None, recipe: Recipe, members: Sequence[Member]) -> bytes:
    """Return the manifest's bytes: a head, then one member a line in the order of the pictures' hashes."""
    head = {
        "format": FORMAT,
        "name": name,
        "parent": parent,
        "pictures": len(members),
        "recipe": {
            "near": recipe.near,
            "seed": recipe.seed,
            "shippable_only": recipe.shippable_only,
            "test": recipe.test,
            "val": recipe.val,
        },
    }
    rows = sorted(members, key=lambda one: one.sample.picture)
    return ("\n".join([_line(head), *(_line(_row(one)) for one in rows)]) + "\n").encode()


def read(content: bytes, name: str) -> list[Member]:
    """Return the members of a manifest.

    Raises:
        InputError: it is no manifest of this format, or a line of it is damaged.
    """
    try:
        head, *rows = content.decode().splitlines()
        told = json.loads(head)
        members = [_member(json.loads(row)) for row in rows]
    except (ValueError, KeyError, TypeError) as error:
        raise _broken(name, f"cannot be read ({error.__class__.__name__})") from error
    if told.get("format") != FORMAT:
        raise _broken(name, f"is of format {told.get('format')!r}, not {FORMAT}")
    if told.get("pictures") != len(members):
        raise _broken(name, f"holds {len(members)} pictures and says {told.get('pictures')}")
    return members


def _broken(name: str, problem: str) -> InputError:
    return InputError(field=name, problem=problem, fix="Restore the blob from the backup, or make the data set anew.")


def _line(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _row(one: Member) -> dict[str, Any]:
    sample = one.sample
    return {
        "camera": sample.camera,
        "group": one.group,
        "labelled": sorted(sample.labelled),
        "labels": [_label_row(label) for label in sample.labels],
        "licence": sample.licence,
        "likeness": sample.likeness.hex(),
        "may_ship": sample.may_ship,
        "origin": sample.origin,
        "picture": sample.picture,
        "rendered": sample.rendered,
        "scene": sample.scene,
        "share": one.share.value,
        "site": sample.site,
        "size": [sample.width, sample.height],
        "source": sample.source,
        **({"audit": True} if sample.audit else {}),  # a manifest of before verdicts keeps its hash
    }


def _label_row(label: Label) -> dict[str, Any]:
    said = {} if label.code is None or label.at is None else {"at": label.at.isoformat(), "code": label.code}
    spot = {"spot": True} if label.spot else {}  # as with audit: older manifests keep their hash
    return {"box": list(label.box), "by": label.by, "cls": label.cls, **said, **spot}


def _label(row: Mapping[str, Any]) -> Label:
    said = "code" in row
    at = datetime.fromisoformat(row["at"]) if said else None
    return Label(row["cls"], _box(row["box"]), row["by"], row["code"] if said else None, at, row.get("spot", False))


def _member(row: Mapping[str, Any]) -> Member:
    width, height = row["size"]
    sample = Sample(
        picture=row["picture"],
        width=width,
        height=height,
        labels=tuple(_label(one) for one in row["labels"]),
        labelled=frozenset(row["labelled"]),
        source=row["source"],
        licence=row["licence"],
        may_ship=row["may_ship"],
        rendered=row["rendered"],
        camera=row["camera"],
        site=row["site"],
        scene=row["scene"],
        likeness=bytes.fromhex(row["likeness"]),
        origin=row["origin"],
        audit=row.get("audit", False),
    )
    return Member(sample, Share(row["share"]), row["group"])


def _box(sides: Sequence[float]) -> tuple[float, float, float, float]:
    left, top, width, height = sides
    return float(left), float(top), float(width), float(height)
