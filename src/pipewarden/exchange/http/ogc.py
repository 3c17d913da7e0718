"""OGC API - Features Part 1: Core 1.0.1 (OGC 17-069r4) for QGIS, GDAL and whoever speaks it; GeoPackage for the rest.

The caller's own session or key decides what is there, as everywhere; coordinates are CRS84 (WGS-84, lon before lat).
What cannot be understood is answered with 400, as the specification wants it, in this house's shape of an error.
"""

from __future__ import annotations

import shutil
import tempfile
from base64 import b64encode
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, Field

from pipewarden.exchange.facts.gis import GEOPACKAGE, LayerName, Narrow
from pipewarden.exchange.rules.gis import LAYERS, box_asked, collection_json, feature_json, moment_asked
from pipewarden.exchange.service import gis
from pipewarden.kit.errors import InputError
from pipewarden.kit.web import (
    Asked,
    Clean,
    CursorsHere,
    InOneTransaction,
    QueryError,
    ReasonHere,
    WorkHere,
    actor_of,
)
from pipewarden.people import service as people
from pipewarden.people.facts import Actor, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Mapping

    from pipewarden.exchange.ports import MapFile

ROOT = "/v1/ogc"
GEOJSON, JSON = "application/geo+json", "application/json"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
CONFORMS = tuple(f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{one}" for one in ("core", "geojson"))
HIGHEST, USUAL = 1000, 100
_BLOCK = 1 << 16
ActorHere = Annotated[Actor, Depends(actor_of)]


class Ogc(InOneTransaction):
    """A route that answers what it cannot understand with 400, and a collection that is none with 404."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler with those two answers."""
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await inner(request)
            except RequestValidationError as error:
                first = error.errors()[0]
                where, word = str(first["loc"][0]), str(first["loc"][-1])
                if where == "path":
                    raise NotFoundError.of(word) from error
                fix = "Correct or leave it out; the OpenAPI document names what there is."
                raise QueryError(field=word, problem=str(first["msg"]), fix=fix) from error
            except QueryError:
                raise
            except InputError as error:
                raise QueryError(field=error.field, problem=error.problem, fix=error.fix) from error

        return handle


routes = APIRouter(prefix=ROOT, tags=["gis"], route_class=Ogc)


class OgcLinkOut(BaseModel):
    """A link (RFC 8288)."""

    href: str
    rel: str
    type: str
    title: str


class LandingOut(BaseModel):
    """The landing page."""

    title: str
    description: str
    links: list[OgcLinkOut]


class ConformanceOut(BaseModel):
    """The conformance classes."""

    conformsTo: list[str]  # noqa: N815  the specification's word


class CollectionOut(BaseModel):
    """One layer."""

    id: str
    title: str
    description: str
    itemType: str  # noqa: N815  the specification's word
    crs: list[str]
    links: list[OgcLinkOut]


class CollectionsOut(BaseModel):
    """The layers that you read."""

    links: list[OgcLinkOut]
    collections: list[CollectionOut]


class NoQuery(Asked):
    """A word that is not known is an error (requirement 8)."""


class NarrowQuery(Asked):
    """What features are narrowed to."""

    bbox: Annotated[
        str | None,
        Field(
            max_length=200, description="west,south,east,north in degrees WGS-84.", examples=["116.6,39.4,116.9,39.7"]
        ),
        Clean,
    ] = None
    datetime: Annotated[
        str | None,
        Field(
            max_length=100,
            description="RFC 3339 instant or interval (`a/b`, `../b`, `a/..`); of sites, alarms and filings.",
            examples=["2026-11-01T00:00:00Z/.."],
        ),
        Clean,
    ] = None

    def narrow(self) -> Narrow:
        """Return the box and the time.

        Raises:
            InputError: one of them cannot be.
        """
        begin, end = moment_asked(self.datetime)
        return Narrow(box_asked(self.bbox), begin, end)


class ItemsQuery(NarrowQuery):
    """How features are asked for."""

    limit: Annotated[int, Field(ge=1, description="Features of one page; 1000 at the most, and more is 1000.")] = USUAL
    cursor: Annotated[str | None, Field(max_length=1000, description="In the link `next` of the page before.")] = None


class FileQuery(NarrowQuery):
    """What is taken out as a file."""

    layers: Annotated[
        str | None,
        Field(max_length=200, description="Names with commas between them; all that you may take out when left out."),
        Clean,
    ] = None


@routes.get("")
def get_landing(request: Request, actor: ActorHere, _asked: Annotated[NoQuery, Query()]) -> LandingOut:
    """Return the landing page: where layers, conformance and the description of this interface are."""
    base = _base(request)
    links = [
        _link(base, "self", JSON, "This page"),
        _link(
            f"{base.removesuffix(ROOT)}/openapi.json",
            "service-desc",
            "application/vnd.oai.openapi+json;version=3.1",
            "OpenAPI",
        ),
        _link(f"{base}/conformance", "conformance", JSON, "Conformance"),
        _link(f"{base}/collections", "data", JSON, "Layers"),
        _link(f"{base}/map.gpkg", "enclosure", GEOPACKAGE, "Layers as one GeoPackage"),
    ]
    words = f"Layers as {actor.name} sees them, in WGS-84 longitude and latitude."
    return LandingOut(title="Pipewarden 管卫", description=words, links=links)


@routes.get("/conformance")
def get_conformance(actor: ActorHere, _asked: Annotated[NoQuery, Query()]) -> ConformanceOut:  # noqa: ARG001  somebody known
    """Return which conformance classes hold: core and GeoJSON."""
    return ConformanceOut(conformsTo=list(CONFORMS))


@routes.get("/collections")
def list_collections(request: Request, actor: ActorHere, _asked: Annotated[NoQuery, Query()]) -> CollectionsOut:
    """List the layers that you read somewhere."""
    base = _base(request)
    links = [_link(f"{base}/collections", "self", JSON, "Layers")]
    return CollectionsOut(links=links, collections=[_collection(base, one) for one in gis.readable(actor)])


Layer = Annotated[LayerName, Path(alias="layer", description="A layer's id.")]


@routes.get("/collections/{layer}")
def get_collection(
    request: Request, actor: ActorHere, layer: Layer, _asked: Annotated[NoQuery, Query()]
) -> CollectionOut:
    """Describe one layer."""
    people.require(actor, LAYERS[layer].read)
    return _collection(_base(request), layer)


_POINT: dict[str, Any] = {"type": ["object", "null"], "description": "A geometry of RFC 7946."}
_FEATURE: dict[str, Any] = {
    "type": "object",
    "required": ["type", "id", "geometry", "properties"],
    "properties": {
        "type": {"const": "Feature"},
        "id": {"type": "string"},
        "geometry": _POINT,
        "properties": {"type": "object"},
    },
}
_FEATURES: dict[str, Any] = {
    "type": "object",
    "required": ["type", "features", "links", "numberReturned", "timeStamp"],
    "properties": {
        "type": {"const": "FeatureCollection"},
        "features": {"type": "array", "items": _FEATURE},
        "links": {"type": "array", "items": {"type": "object", "required": ["href", "rel", "type", "title"]}},
        "numberReturned": {"type": "integer"},
        "timeStamp": {"type": "string", "format": "date-time"},
    },
}


def _geojson(schema: Mapping[str, Any]) -> dict[int | str, dict[str, Any]]:
    return {200: {"description": "GeoJSON (RFC 7946) in CRS84.", "content": {GEOJSON: {"schema": dict(schema)}}}}


@routes.get("/collections/{layer}/items", response_class=Response, responses=_geojson(_FEATURES))
def list_features(
    request: Request,
    work: WorkHere,
    actor: ActorHere,
    cursors: CursorsHere,
    layer: Layer,
    *,
    asked: Annotated[ItemsQuery, Query()],
) -> Response:
    """Return features of a layer as far as your role and area reach; `next` among the links leads to the next page.

    A page may hold fewer than `limit` and be followed by another. Pipe geometry needs `network:export`.
    """
    kind = f"ogc-{layer}"
    limit = min(asked.limit, HIGHEST)
    found = gis.page(work, actor, layer, asked.narrow(), limit=limit, place=cursors.read(kind, asked.cursor))
    here = f"{_base(request)}/collections/{layer.value}/items"
    said = {name: value for name, value in asked.model_dump(exclude={"limit"}).items() if value is not None}
    said["limit"] = str(limit)
    links = [_link(f"{here}?{urlencode(said)}", "self", GEOJSON, "This page")]
    links.append(_link(f"{_base(request)}/collections/{layer.value}", "collection", JSON, LAYERS[layer].title))
    if found.place is not None:
        onward = said | {"cursor": cursors.write(kind, found.place)}
        links.append(_link(f"{here}?{urlencode(onward)}", "next", GEOJSON, "Next page"))
    body = collection_json(found.features, [one.model_dump() for one in links], work.now())
    return Response(body, media_type=GEOJSON)


@routes.get("/collections/{layer}/items/{feature_id}", response_class=Response, responses=_geojson(_FEATURE))
def get_feature(
    request: Request,
    work: WorkHere,
    actor: ActorHere,
    layer: Layer,
    feature_id: Annotated[str, Path(max_length=100)],
    *,
    _asked: Annotated[NoQuery, Query()],
) -> Response:
    """Return one feature."""
    found = gis.feature(work, actor, layer, feature_id)
    base = f"{_base(request)}/collections/{layer.value}"
    links = [
        _link(f"{base}/items/{found.id}", "self", GEOJSON, "This feature"),
        _link(base, "collection", JSON, LAYERS[layer].title),
    ]
    return Response(feature_json(found, [one.model_dump() for one in links]), media_type=GEOJSON)


_FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {GEOPACKAGE: {"schema": {"type": "string", "format": "binary"}}}}
}


@routes.get("/map.gpkg", response_class=StreamingResponse, responses=_FILE)
def get_geopackage(
    request: Request, work: WorkHere, actor: ActorHere, why: ReasonHere, *, asked: Annotated[FileQuery, Query()]
) -> StreamingResponse:
    """Take layers out as one GeoPackage (OGC 12-128r19), at most 100,000 features; it is on record who took what.

    The table `pipewarden_export` inside names who took it, when, and the number of the record. Alarms need
    `alarm:export`, pipes and facilities `network:export`.
    """
    names = _names(asked.layers)
    open_file: Callable[[FilePath], MapFile] = request.app.state.map_file
    folder = FilePath(tempfile.mkdtemp(prefix="pipewarden-map-"))
    try:
        path = folder / "map.gpkg"
        taken = gis.take_file(work, actor, open_file(path), names, asked.narrow(), reason=why)
        file = path.open("rb")
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # an open file stays until it is closed, whatever becomes of us

    def blocks() -> Iterator[bytes]:
        with file:
            while block := file.read(_BLOCK):
                yield block

    headers = {
        "Content-Disposition": f'attachment; filename="pipewarden-{work.now():%Y%m%d}.gpkg"',
        "Content-Length": str(taken.size),
        "Repr-Digest": f"sha-256=:{b64encode(bytes.fromhex(taken.sha256)).decode()}:",  # RFC 9530
    }
    return StreamingResponse(blocks(), media_type=GEOPACKAGE, headers=headers)


def _names(layers: str | None) -> list[LayerName]:
    found = []
    for word in (layers or "").split(",") if layers else []:
        try:
            found.append(LayerName(word.strip()))
        except ValueError as error:
            fix = f"Choose from {', '.join(LayerName)}."
            raise InputError(field="layers", problem=f"{word[:40]!r} is no layer", fix=fix) from error
    return found


def _collection(base: str, name: LayerName) -> CollectionOut:
    about, here = LAYERS[name], f"{base}/collections/{name.value}"
    links = [
        _link(here, "self", JSON, about.title),
        _link(f"{here}/items", "items", GEOJSON, about.title),
    ]
    return CollectionOut(
        id=name.value, title=about.title, description=about.words, itemType="feature", crs=[CRS84], links=links
    )


def _base(request: Request) -> str:
    """Return the address that readers use: the one that the house is known by, else the one that was asked."""
    public: str = request.app.state.post.public_url
    return (public or str(request.base_url)).rstrip("/") + ROOT


def _link(href: str, rel: str, media: str, title: str) -> OgcLinkOut:
    return OgcLinkOut(href=href, rel=rel, type=media, title=title)
