"""Base maps over HTTP: which ones there are, and the door through which the house fetches squares of online ones.

The door asks outside with no transaction open, as ``outside`` does: a slow map server would else hold the database's
connections. Only who is signed in gets squares, because keys are counted and archives may be licensed.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from pipewarden.kit.addresses import read_opened
from pipewarden.kit.errors import InputError
from pipewarden.kit.web import BusyError, actor_of, router
from pipewarden.main.web.door import actor_of_request
from pipewarden.network.adapters.basemaps import Archive, Online
from pipewarden.network.facts.basemaps import BaseCrs, BaseKind, Basemap, Via
from pipewarden.network.rules.basemaps import FIELD, hosts, read_basemaps, template
from pipewarden.network.rules.tiles import DEEPEST, MEDIA, Square
from pipewarden.people.facts import Actor, NotFoundError

if TYPE_CHECKING:
    from pathlib import Path as FilePath

    from pipewarden.kit.settings import Settings
    from pipewarden.network.ports import Squares

_AT_ONCE = 12  # threads that wait for online maps; a page asks for some twenty squares, by six connections
_AGAIN_S = 1
_LONGEST_KEY = 200
routes = router(tags=["network"])
squares = APIRouter(prefix="/v1", tags=["network"])


@dataclass(slots=True)
class Bases:
    """The configured base maps, opened.

    Attributes:
        sources: where squares of each come from; those that browsers ask themselves have none.
        keys: of the templates, by name; never shown but in the template that a browser fills.
        pictures: names of those whose squares are pictures, no vectors.
    """

    maps: tuple[Basemap, ...] = ()
    sources: dict[str, Squares] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict, repr=False)
    pictures: frozenset[str] = frozenset()
    free: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(_AT_ONCE))

    @property
    def hosts(self) -> tuple[str, ...]:
        """The origins that browsers may ask."""
        return hosts(self.maps)


def open_bases(settings: Settings) -> Bases:
    """Return the base maps of the settings' file; none without one.

    Raises:
        InputError: the file, an archive or a key's file cannot be used.
    """
    if settings.basemaps is None:
        return Bases()
    told = read_basemaps(_read(settings.basemaps, "the file"))
    opened = read_opened(settings.outbound_open, "PIPEWARDEN_OUTBOUND_OPEN").everyone
    keys = {one.name: _key(one) for one in told if one.key_file is not None}
    sources: dict[str, Squares] = {}
    maps, pictures = list[Basemap](), {one.name for one in told if one.kind in {BaseKind.XYZ, BaseKind.WMTS}}
    for one in told:
        if one.file is not None:
            held = sources[one.name] = Archive(one, one.file)
            maps.append(_within(one, held.zooms))
            pictures |= {one.name} if held.pictures else set()
            continue
        maps.append(one)
        if one.via is Via.DOOR:
            sources[one.name] = Online(one, keys.get(one.name, ""), opened)
    return Bases(tuple(maps), sources, keys, frozenset(pictures))


def _within(base: Basemap, zooms: tuple[int, int]) -> Basemap:
    """Return the map with the zooms of its archive: a page draws deeper ones from the last, else it would draw none."""
    lowest = min(max(base.min_zoom, zooms[0]), zooms[1])
    return replace(base, min_zoom=lowest, max_zoom=max(min(base.max_zoom, zooms[1]), lowest))


def _key(base: Basemap) -> str:
    key = "" if base.key_file is None else _read(base.key_file, f"{base.name}: its key_file").strip()
    if not 0 < len(key) <= _LONGEST_KEY or not key.isascii() or not key.isprintable():
        problem = f"{base.name}: its key_file holds no key"
        raise InputError(field=FIELD, problem=problem, fix="Write the key alone into that file, one line.")
    return key


def _read(path: FilePath, what: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        problem = f"{what} cannot be read ({type(error).__name__})"
        raise InputError(field=FIELD, problem=problem, fix="Give a file that this process may read.") from error


class BasemapOut(BaseModel):
    """One base map, as a page draws it."""

    name: str
    title: dict[str, str]
    kind: BaseKind
    pictures: Annotated[bool, Field(description="Its squares are pictures; else vectors.")]
    crs: Annotated[BaseCrs, Field(description="Move what is drawn on GCJ-02 by the shift; the others are WGS-84's.")]
    tiles: Annotated[list[str], Field(description="Templates with {z}, {x} and {y}; our own have no host.")]
    attribution: str
    approval: Annotated[str, Field(description="审图号, to be shown on the map; empty for our own.")]
    min_zoom: int
    max_zoom: int


class BasemapPage(BaseModel):
    """Every base map, in the order of the operator's file."""

    items: list[BasemapOut]


def _bases(request: Request) -> Bases:
    bases: Bases = request.app.state.bases
    return bases


BasesHere = Annotated[Bases, Depends(_bases)]


@routes.get("/basemaps")
def list_basemaps(bases: BasesHere, actor: Annotated[Actor, Depends(actor_of)]) -> BasemapPage:  # noqa: ARG001  somebody known
    """List the base maps that the operator has configured; the map is whole without any."""
    return BasemapPage(
        items=[
            BasemapOut(
                name=one.name,
                title=one.title,
                kind=one.kind,
                pictures=one.name in bases.pictures,
                crs=one.crs,
                tiles=_templates(bases, one),
                attribution=one.attribution,
                approval=one.approval,
                min_zoom=one.min_zoom,
                max_zoom=one.max_zoom,
            )
            for one in bases.maps
        ]
    )


def _templates(bases: Bases, one: Basemap) -> list[str]:
    if one.via is Via.BROWSER:
        return template(one, bases.keys.get(one.name, ""))
    return [f"/v1/basemaps/{one.name}/{{z}}/{{x}}/{{y}}"]


def _square(
    z: Annotated[int, Path(ge=0, le=DEEPEST)], x: Annotated[int, Path(ge=0)], y: Annotated[int, Path(ge=0)]
) -> Square:
    return Square(z, x, y)


_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}}
            for kind in (MEDIA, "application/x-protobuf", "image/png", "image/jpeg", "image/webp")
        }
    },
    204: {"description": "Nothing is there."},
}


@squares.get("/basemaps/{name}/{z}/{x}/{y}", response_class=Response, responses=_ANSWERS)
def get_basemap_tile(
    request: Request,
    bases: BasesHere,
    name: Annotated[str, Path(max_length=31)],
    square: Annotated[Square, Depends(_square)],
) -> Response:
    """Return a square of a base map: of our own archive, or fetched from the online service, whose key stays here."""
    home = request.app.state.home
    with home.factory.sessions() as session, session.begin():
        actor_of_request(session, request, home.factory.clock.now(), request.app.state.door.limits)
    source = bases.sources.get(name)
    base = next((one for one in bases.maps if one.name == name), None)
    if source is None or base is None:
        raise NotFoundError.of("basemap")
    if not base.min_zoom <= square.z <= base.max_zoom:
        return Response(status_code=204)
    if not bases.free.acquire(blocking=False):
        fix = "Ask again in a moment."
        raise BusyError(field="basemap", problem="has many squares on their way", fix=fix, retry_after_s=_AGAIN_S)
    try:
        found = source.get(square.z, square.x, square.y)
    finally:
        bases.free.release()
    headers = {"Cache-Control": "private, max-age=86400", "Vary": "Authorization, Cookie"}
    if found.body is None:
        return Response(status_code=204, headers=headers)
    if found.packed:
        headers["Content-Encoding"] = "gzip"
    return Response(found.body, headers=headers, media_type=found.media)
