"""Layers as one file, taken out of the house: on record with its hash, and marked inside with who took it and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.exchange.facts.gis import LayerName, Narrow, TakenFile
from pipewarden.exchange.rules.gis import LAYERS
from pipewarden.exchange.service.gis.layers import rows
from pipewarden.kit.errors import InputError
from pipewarden.people import service as people
from pipewarden.people.facts import Viewed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipewarden.exchange.facts.gis import Feature
    from pipewarden.exchange.ports import MapFile
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

MOST_FEATURES = 100_000  # written in some seconds; more is taken out in parts, by a box
_PAGE = 1000


def take_file(
    work: Work, actor: Actor, file: MapFile, names: Sequence[LayerName], narrow: Narrow, *, reason: str | None = None
) -> TakenFile:
    """Write layers as the actor sees them, and put on record who took what, with the file's hash.

    Args:
        work: the transaction; only what is its tenant's, although a regulator sees several: the file names one.
        actor: who takes it out.
        file: where it is written.
        names: which layers; all that the actor may take out when empty.
        narrow: box and time.
        reason: why.

    Raises:
        ForbiddenError: a layer asked for may not be taken out, or none may.
        InputError: there are more than 100,000 features.
    """
    wanted = list(dict.fromkeys(names)) or [one for one, about in LAYERS.items() if actor.grants_for(about.out)]
    if not wanted:
        people.require(actor, LAYERS[LayerName.AREAS].out)
    for name in wanted:
        people.require(actor, LAYERS[name].out)
        people.require(actor, LAYERS[name].read)
    people.viewed(work, actor, Viewed.EXPORT, ("map", work.tenant_id), reason)
    record_id, counts = work.ids.new(), dict.fromkeys((one.value for one in wanted), 0)
    for name in wanted:
        file.begin(name, LAYERS[name])
        for batch in _batches(work, actor, name, narrow):
            counts[name.value] += len(batch)
            _bounded(sum(counts.values()))
            file.add(batch)
    tenant = people.tenant_acted_for(work)
    mark = {
        "record": str(record_id),
        "tenant": str(work.tenant_id) if tenant is None else tenant.name,
        "taken_by": f"{actor.kind}:{actor.id}",
        "name": actor.name,
        "taken_at": work.now().isoformat(),
        "crs": "EPSG:4326 (WGS-84)",
    }
    size, sha256 = file.end(mark)
    asked = {"bbox": narrow.box, "begin": narrow.begin, "end": narrow.end}
    details = {
        "record": str(record_id),
        "layers": counts,
        "asked": {key: str(value) for key, value in asked.items() if value is not None},
        "size": size,
        "sha256": sha256,
    }
    people.record(work, actor, "map.exported", ("map", record_id), details)
    return TakenFile(counts, size, sha256)


def _batches(work: Work, actor: Actor, name: LayerName, narrow: Narrow) -> Iterator[list[Feature]]:
    place: list[object] | None = None
    while True:
        found = rows(work, actor, name, narrow, limit=_PAGE, place=place)
        mine = [one for one in found.features if name is LayerName.AREAS or one.tenant_id == work.tenant_id]
        if mine:
            yield mine
        if found.place is None:
            return
        place = found.place


def _bounded(count: int) -> None:
    if count > MOST_FEATURES:
        raise InputError(
            field="layers",
            problem=f"hold more than {MOST_FEATURES} features",
            fix="Take them out in parts: fewer layers, or a smaller bbox.",
        )
