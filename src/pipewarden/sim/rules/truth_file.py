"""truth.json to facts: read strictly, so that a demo whose truth was edited by hand fails where it is wrong."""

from __future__ import annotations

import json
from typing import Any

from pipewarden.kit.errors import InputError
from pipewarden.sim.facts import (
    CameraPose,
    LookAlikeKind,
    Telling,
    TrueCamera,
    TrueFrame,
    TrueLookAlike,
    TrueObject,
    TrueReport,
    TrueSite,
    TrueWork,
    Truth,
    WorkClass,
)


def parse_truth(text: str, source: str) -> Truth:
    """Return the truth in ``text``.

    Args:
        text: content of a truth.json.
        source: how people know the file.

    Raises:
        InputError: no JSON, or a key is missing or of the wrong kind.
    """
    try:
        told = json.loads(text)
        return Truth(
            rendered=bool(told["rendered"]),
            seed=int(told["seed"]),
            sites=tuple(_site(site) for site in told["sites"]),
            cameras=tuple(_camera(camera) for camera in told["cameras"]),
            works=tuple(_work(work) for work in told["works"]),
            look_alikes=tuple(_look_alike(thing) for thing in told["look_alikes"]),
            reports=tuple(
                TrueReport(**{**report, "telling": Telling(report["telling"])}) for report in told["reports"]
            ),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            field=source,
            problem=f"is no truth file of the demo ({type(error).__name__}: {error})",
            fix="Restore it from the package, or make it anew with render/demo.py.",
        ) from error


def _site(told: dict[str, Any]) -> TrueSite:
    return TrueSite(**{**told, "cameras": tuple(told["cameras"])})


def _work(told: dict[str, Any]) -> TrueWork:
    lists = {name: tuple(told[name]) for name in ("cameras", "told_by")}
    return TrueWork(**{**told, "cls": WorkClass(told["cls"]), **lists})


def _look_alike(told: dict[str, Any]) -> TrueLookAlike:
    return TrueLookAlike(**{**told, "kind": LookAlikeKind(told["kind"]), "frames": tuple(told["frames"])})


def _camera(told: dict[str, Any]) -> TrueCamera:
    pose = told["pose"]
    width, height = pose["image_size"]
    return TrueCamera(
        key=told["key"],
        pose=CameraPose(**{**pose, "image_size": (int(width), int(height))}),
        light=told["light"],
        story=told["story"],
        expected_alarms=tuple(told["expected_alarms"]),
        frames=tuple(
            TrueFrame(file=f["file"], t=float(f["t"]), objects=tuple(_object(o) for o in f["objects"]))
            for f in told["frames"]
        ),
    )


def _object(told: dict[str, Any]) -> TrueObject:
    seen = told["visible_box"]
    return TrueObject(
        key=told["key"],
        cls=told["cls"],
        type=told["type"],
        lon=float(told["lon"]),
        lat=float(told["lat"]),
        footprint=tuple((float(lon), float(lat)) for lon, lat in told["footprint"]),
        box=_box(told["box"]),
        visible_box=None if seen is None else _box(seen),
        visible_fraction=float(told["visible_fraction"]),
        site=told["site"],
    )


def _box(told: list[float]) -> tuple[float, float, float, float]:
    x, y, w, h = told
    return float(x), float(y), float(w), float(h)
