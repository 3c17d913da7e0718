"""Turn a run's facts into the page: the only place where foreign strings meet HTML, so the only place to escape them.

Strings reach the page in two ways: the title through Jinja's autoescape, everything else inside one JSON block that
holds no ``<``, ``>``, ``&`` and nothing beyond ASCII; the script reads it and writes by ``textContent`` alone.
"""

from __future__ import annotations

import base64
import json
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

if TYPE_CHECKING:
    from pipewarden.main.map_page.page_facts import MapAlarm, MapCamera, MapData, MapPipe, MapStreet, Ring

# Joined in this order inside one function scope.
SCRIPTS = ("geo.js", "paint.js", "marks.js", "cards.js", "map.js", "input.js")
DEGREE_DIGITS = 7  # 1 cm on the ground: finer than any pipe map, and half the bytes
JPEG_START = b"\xff\xd8\xff"


def render(data: MapData) -> str:
    """Return the whole page as one HTML text, the same for the same data.

    Raises ValueError for a number that is not finite, a ``made_at`` without a zone, or a picture that is not a JPEG:
    all three are faults of the caller, not of a user.
    """
    if data.made_at.tzinfo is None:
        raise ValueError("made_at has no zone: the page could not say when it was made")
    words = _words()
    return _template().render(
        title=data.title.encode("utf-8", "replace").decode("utf-8"),
        rendered=data.rendered,
        zh={key: said["zh"] for key, said in words.items()},
        style=Markup(_file("map.css")),  # noqa: S704 - our own file, no foreign text in it
        script=Markup("\n".join(_file(name) for name in SCRIPTS)),  # noqa: S704 - our own files
        data=inert_json(_page(data)),
        words=inert_json(words),
    )


def inert_json(value: object) -> Markup:
    r"""Return JSON that HTML cannot misread: ASCII only, with ``<``, ``>`` and ``&`` as ``\u00xx``.

    U+2028, U+2029 and lone surrogates leave as ``\uxxxx`` too. Raises ValueError for NaN and infinities.
    """
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)  # noqa: S704 - escaped by the two lines above


def _page(data: MapData) -> dict[str, object]:
    return {
        "madeAt": data.made_at.isoformat(timespec="seconds"),
        "pipes": [_pipe(pipe) for pipe in data.pipes],
        "streets": [_street(street) for street in data.streets],
        "cameras": [_camera(camera) for camera in data.cameras],
        "alarms": [_alarm(alarm) for alarm in data.alarms],
    }


def _pipe(pipe: MapPipe) -> dict[str, object]:
    return {
        "id": pipe.id,
        "kind": pipe.kind,
        "cls": pipe.pressure_class,
        "regime": pipe.regime,
        "coords": _ring(pipe.coords),
        "protect": pipe.protect_m,
        "control": pipe.control_m,
        "radius": pipe.radius_m,
        "label": pipe.label,
    }


def _street(street: MapStreet) -> dict[str, object]:
    return {"name": street.name, "coords": _ring(street.coords)}


def _camera(camera: MapCamera) -> dict[str, object]:
    return {
        "key": camera.key,
        "name": camera.name,
        "at": _place(camera.lon, camera.lat),
        "seen": _ring(camera.seen),
        "alarms": camera.alarms,
        "frames": camera.frames,
    }


def _alarm(alarm: MapAlarm) -> dict[str, object]:
    return {
        "id": alarm.id,
        "zone": alarm.zone,
        "cls": alarm.cls,
        "type": alarm.type,
        "score": alarm.score,
        "at": _place(alarm.lon, alarm.lat),
        "covariance": alarm.covariance,
        "distance": alarm.distance_m,
        "pipe": alarm.pipe_id,
        "pipeClass": alarm.pipe_class,
        "clause": alarm.clause,
        "pProtection": alarm.p_protection,
        "pControl": alarm.p_control,
        "first": alarm.first_seen,
        "last": alarm.last_seen,
        "frames": alarm.frames,
        "cameras": alarm.cameras,
        "area": _ring(alarm.work_area),
        "reasons": alarm.reasons,
        "picture": _picture(alarm),
    }


def _picture(alarm: MapAlarm) -> str | None:
    if alarm.picture is None:
        return None
    if not alarm.picture.startswith(JPEG_START):
        raise ValueError(f"picture of alarm {alarm.id!r} is not a JPEG")
    return base64.b64encode(alarm.picture).decode("ascii")


def _place(lon: float | None, lat: float | None) -> list[float] | None:
    if lon is None or lat is None:
        return None
    return [round(lon, DEGREE_DIGITS), round(lat, DEGREE_DIGITS)]


def _ring(ring: Ring) -> list[list[float]]:
    return [[round(lon, DEGREE_DIGITS), round(lat, DEGREE_DIGITS)] for lon, lat in ring]


@cache
def _file(name: str) -> str:
    return resources.files("pipewarden.main.map_page").joinpath(name).read_text(encoding="utf-8")


@cache
def _words() -> dict[str, dict[str, str]]:
    words: dict[str, dict[str, str]] = json.loads(_file("words.json"))
    return words


@cache
def _template() -> Template:
    return Environment(autoescape=True, undefined=StrictUndefined).from_string(_file("template.html.j2"))
