"""Features as GeoJSON (RFC 7946): lon before lat, outer rings counter-clockwise, eight decimals (a millimetre)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipewarden.exchange.facts.gis import Feature

_DECIMALS = 8


def feature_json(feature: Feature, links: Sequence[Mapping[str, str]] = ()) -> str:
    """Return one feature; ``links`` are written beside it where there are any."""
    head = json.dumps({"type": "Feature", "id": feature.id}, ensure_ascii=False)[:-1]
    says = json.dumps({name: _plain(value) for name, value in feature.says.items()}, ensure_ascii=False)
    more = f', "links": {json.dumps(list(links))}' if links else ""
    return f'{head}, "geometry": {_geometry(feature.shape)}, "properties": {says}{more}}}'


def collection_json(features: Sequence[Feature], links: Sequence[Mapping[str, str]], at: datetime) -> str:
    """Return a page of features with its links, as it was at a moment."""
    told = json.dumps(
        {
            "type": "FeatureCollection",
            "timeStamp": _plain(at),
            "numberReturned": len(features),
            "links": list(links),
        }
    )[:-1]
    return f'{told}, "features": [{", ".join(feature_json(one) for one in features)}]}}'


def _geometry(shape: bytes | None) -> str:
    if shape is None:
        return "null"
    flat = shapely.force_2d(shapely.from_wkb(shape))
    rounded = shapely.transform(flat, lambda corners: np.round(corners, _DECIMALS))
    return str(shapely.to_geojson(shapely.orient_polygons(rounded)))


def _plain(value: object) -> object:
    """Return a value as JSON holds it: moments in UTC with a Z, as OGC's clients expect them."""
    if not isinstance(value, datetime):
        return value
    return value.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
