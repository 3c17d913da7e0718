"""Any JSON by a field map: what vendors send differs in names, hardly in meaning, so a new one is data and not code.

A map names, for each of our fields, where it stands (``alg.name``, ``values.0.ppm``), and for the kind which words mean
what. Maps are shipped in ``policy/devices`` and may be a tenant's own.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipewarden.sense.rules.devices.said import (
    DeviceKind,
    DeviceSaid,
    Phase,
    moment,
    number,
    place,
    refused,
    rest,
    word,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_FIELDS = frozenset(
    {"originator", "label", "phase", "thread", "at", "score", "lon", "lat", "accuracy_m", "area", "box", "camera",
     "words", "value", "chainage_m", "picture"}
)  # fmt: skip
_WORDS = frozenset({"fields", "kind", "kinds", "phases", "least", "unit"})
_RING = 4
_MOST_CORNERS = 2000


@dataclass(frozen=True, slots=True)
class FieldMap:
    """Where a vendor's JSON says what.

    Attributes:
        name: of the map.
        fields: our field to a dotted path in theirs.
        kind: what every message of this map is; ``kinds`` is asked first.
        kinds: the device's label, folded, to a kind.
        phases: the device's word for the phase, folded, to ours; ONCE without one.
        least: a message whose value is below it says that all is well: the alarm has ended.
        unit: of ``value``.
    """

    name: str
    fields: Mapping[str, str]
    kind: DeviceKind
    kinds: Mapping[str, DeviceKind]
    phases: Mapping[str, Phase]
    least: float | None = None
    unit: str | None = None


def field_map(name: str, told: Mapping[str, Any]) -> FieldMap:
    """Return a map as it is written in YAML.

    Raises:
        InputError: a word is none of a map, a field none of ours, or a kind, phase, least or unit is none.
    """
    if unknown := sorted(str(one) for one in set(told) - _WORDS):
        raise refused(f"{name}.{unknown[0][:40]}", "is no part of a map", f"Choose from {', '.join(sorted(_WORDS))}.")
    fields, kinds, phases = (_block(told, name, part) for part in ("fields", "kinds", "phases"))
    unit = None if told.get("unit") is None else word(told["unit"], f"{name}.unit")
    if unknown := sorted(str(one) for one in set(fields) - _FIELDS):
        raise refused(f"{name}.fields", f"{unknown[0]!r} is none of ours", f"Choose from {', '.join(sorted(_FIELDS))}.")
    if "originator" not in fields:
        raise refused(f"{name}.fields.originator", "is missing", "Say where the device's id stands.")
    for label in (*kinds, *phases):
        if isinstance(label, bool):  # YAML reads on, off, yes and no as truth values
            raise refused(name, f"holds {label} as a word", 'Put on, off, yes and no in quotes: "on".')
    try:
        return FieldMap(
            name=name,
            fields={ours: word(theirs, f"{name}.fields.{ours}") for ours, theirs in fields.items()},
            kind=DeviceKind(told.get("kind", "other")),
            kinds={str(label).casefold(): DeviceKind(kind) for label, kind in kinds.items()},
            phases={str(label).casefold(): Phase(phase) for label, phase in phases.items()},
            least=number(told.get("least"), f"{name}.least", -1e12, 1e12),
            unit=unit,
        )
    except ValueError as error:
        raise refused(name, str(error), f"Kinds are {', '.join(DeviceKind)}; phases are {', '.join(Phase)}.") from error


def _block(told: Mapping[str, Any], name: str, part: str) -> dict[Any, Any]:
    found = told.get(part) or {}
    if not isinstance(found, dict):
        raise refused(f"{name}.{part}", "is no block of named values", "Write it as name: value lines.")
    return found


def read(told: Mapping[str, Any], how: FieldMap) -> list[DeviceSaid]:
    """Return what a message says by a map.

    Raises:
        InputError: a field is missing or wrong, named as the device names it.
    """
    got = {ours: at_path(told, path) for ours, path in how.fields.items()}

    def named(ours: str) -> str:
        return how.fields.get(ours, ours)

    label = str(got.get("label") or how.name)[:200]
    lon, lat = place(got.get("lon"), got.get("lat"))
    value = number(got.get("value"), named("value"), -1e12, 1e12)
    thread, words, camera = got.get("thread"), got.get("words"), got.get("camera")
    return [
        DeviceSaid(
            originator=word(got.get("originator"), named("originator")),
            kind=how.kinds.get(label.casefold(), how.kind),
            label=label,
            phase=_phase(got.get("phase"), value, how),
            thread=None if thread is None else word(thread, named("thread")),
            at=moment(got.get("at"), named("at")),
            score=_score(got.get("score"), named("score")),
            lon=lon,
            lat=lat,
            accuracy_m=number(got.get("accuracy_m"), named("accuracy_m"), 0, 1e6),
            area=_ring(got.get("area"), named("area")),
            box=_box(got.get("box"), named("box")),
            chainage_m=number(got.get("chainage_m"), named("chainage_m"), 0, 1e7),
            picture=_picture(got.get("picture"), named("picture")),
            camera=None if camera is None else word(camera, named("camera")),
            words=None if words is None else str(words)[:2000],
            value=value,
            unit=how.unit,
            extra=rest(
                told, *(path.partition(".")[0] if ours == "picture" else path for ours, path in how.fields.items())
            ),
        )
    ]


def at_path(told: object, path: str) -> object:
    """Return what stands at a dotted path; None where nothing does."""
    found: object = told
    for step in path.split("."):
        if isinstance(found, dict):
            found = found.get(step)
        elif isinstance(found, list) and step.isdecimal() and int(step) < len(found):
            found = found[int(step)]
        else:
            return None
    return found


def _phase(told: object, value: float | None, how: FieldMap) -> Phase:
    if how.least is not None and value is not None and value < how.least:
        return Phase.ENDED
    return how.phases.get(str(told).casefold(), Phase.ONCE)


def _score(told: object, name: str) -> float | None:
    """Return 0-1; vendors send parts of one or of a hundred, and nobody sends a score of under one percent."""
    found = number(told, name, 0, 100)
    return found if found is None or found <= 1 else found / 100


def _picture(told: object, name: str) -> bytes:
    """Return the bytes of base64, with or without the head of a data address."""
    if told is None or told == "":
        return b""
    if not isinstance(told, str):
        raise refused(name, "is no base64 text")
    try:
        return base64.b64decode(told.partition("base64,")[2] or told, validate=True)
    except ValueError as error:
        raise refused(name, "is no base64") from error


def _ring(told: object, name: str) -> tuple[tuple[float, float], ...] | None:
    """Return the outer ring of a GeoJSON Polygon, or of a plain list of [lon, lat]."""
    if told is None:
        return None
    ring = told
    if isinstance(told, dict):
        if told.get("type") != "Polygon" or not told.get("coordinates"):
            raise refused(name, "is no GeoJSON Polygon")
        ring = told["coordinates"][0]
    if not isinstance(ring, list) or not _RING <= len(ring) <= _MOST_CORNERS:
        raise refused(name, f"is no ring of {_RING} to {_MOST_CORNERS} corners")
    corners = []
    for corner in ring:
        if not isinstance(corner, list) or len(corner) < 2:  # noqa: PLR2004  a corner has two numbers
            raise refused(name, "holds a corner that is none")
        lon, lat = place(corner[0], corner[1])
        if lon is None or lat is None:
            raise refused(name, "holds a corner without a place")
        corners.append((lon, lat))
    return tuple(corners)


def _box(told: object, name: str) -> tuple[float, float, float, float] | None:
    if told is None:
        return None
    if not isinstance(told, list) or len(told) != 4:  # noqa: PLR2004  left, top, right, bottom
        raise refused(name, "is no box of four numbers")
    left, top, right, bottom = (number(side, name, 0, 1) or 0.0 for side in told)
    if right <= left or bottom <= top:
        raise refused(name, "is empty: give left, top, right, bottom as parts of the picture")
    return left, top, right - left, bottom - top
