"""One layer at a time, as one reader may see it: every layer through the scoped query that its JSON list goes through.

A look is kept on record: pipe geometry as an export each time, the other layers as lists are (the same page within ten
minutes is one look).
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import shapely

from pipewarden.exchange.facts.gis import Feature, FeaturePage, LayerName, Narrow
from pipewarden.exchange.rules.gis import LAYERS
from pipewarden.exchange.service.gis import ground, works
from pipewarden.people import service as people
from pipewarden.people.facts import NotFoundError, Viewed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

    Paged = Callable[[Work, Actor, Narrow, int, list[object] | None], FeaturePage]
    Single = Callable[[Work, Actor, str], Feature | None]

_PIPE_LAYERS = frozenset({LayerName.PIPES, LayerName.FACILITIES})
_PAGES: Mapping[LayerName, Paged] = {
    LayerName.PIPES: ground.pipes,
    LayerName.FACILITIES: ground.facilities,
    LayerName.CAMERAS: ground.cameras,
    LayerName.AREAS: ground.areas,
    LayerName.SITES: works.sites,
    LayerName.ALARMS: works.alarms,
    LayerName.FILINGS: works.filings,
}
_SINGLE: Mapping[LayerName, Single] = {
    LayerName.PIPES: ground.pipe,
    LayerName.FACILITIES: ground.facility,
    LayerName.CAMERAS: ground.camera,
    LayerName.AREAS: ground.area,
    LayerName.SITES: works.site,
    LayerName.ALARMS: works.alarm,
    LayerName.FILINGS: works.filing,
}


def readable(actor: Actor) -> list[LayerName]:
    """Return the layers that the actor reads somewhere."""
    return [name for name, about in LAYERS.items() if actor.grants_for(about.read)]


def page(
    work: Work, actor: Actor, name: LayerName, narrow: Narrow, *, limit: int, place: list[object] | None = None
) -> FeaturePage:
    """Return up to ``limit`` features of a layer within the actor's reach, and put the look on record.

    A feature whose shape does not meet the box is left out after the page was read, so a page may hold fewer.

    Raises:
        ForbiddenError: the actor reads the layer nowhere.
    """
    people.require(actor, LAYERS[name].read)
    found = rows(work, actor, name, narrow, limit=limit, place=place)
    asked = {"bbox": narrow.box, "begin": narrow.begin, "end": narrow.end}
    if name in _PIPE_LAYERS:
        people.viewed(work, actor, Viewed.EXPORT, ("layer", name.value), None)
    else:
        shown = [(one.tenant_id, f"layer:{name}") for one in found.features]
        people.listed(work, actor, f"ogc/{name}", asked, shown)
    return found


def rows(
    work: Work, actor: Actor, name: LayerName, narrow: Narrow, *, limit: int, place: list[object] | None
) -> FeaturePage:
    """Return a page that leaves no look on record: the caller's file does."""
    found = _PAGES[name](work, actor, narrow, limit, place)
    if narrow.box is None:
        return found
    return FeaturePage(tuple(one for one in found.features if _meets(one, narrow.box)), found.place)


def feature(work: Work, actor: Actor, name: LayerName, feature_id: str) -> Feature:
    """Return one feature, and put the look on record as ``page`` does.

    Raises:
        ForbiddenError: the actor reads the layer nowhere.
        NotFoundError: there is none in reach.
    """
    people.require(actor, LAYERS[name].read)
    found = None if name not in _PIPE_LAYERS and not _is_id(feature_id) else _SINGLE[name](work, actor, feature_id)
    if found is None:
        raise NotFoundError.of("feature")
    if name in _PIPE_LAYERS:
        people.viewed(work, actor, Viewed.EXPORT, ("layer", name.value), None)
    else:
        people.listed(work, actor, f"ogc/{name}", {"id": found.id}, [(found.tenant_id, f"layer:{name}")])
    return found


def _is_id(word: str) -> bool:
    try:
        return str(UUID(word)) == word.lower()
    except ValueError:
        return False


def _meets(one: Feature, box: tuple[float, float, float, float]) -> bool:
    return one.shape is not None and bool(shapely.intersects(shapely.from_wkb(one.shape), shapely.box(*box)))
