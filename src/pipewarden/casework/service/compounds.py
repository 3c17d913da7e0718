"""Compounds of a tenant: imported whole or not at all, and asked whether works lie inside one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

from pipewarden.casework import store
from pipewarden.casework.facts import Compound, CompoundImport
from pipewarden.casework.rules.compound import read_compounds
from pipewarden.casework.service.files import ask_anew
from pipewarden.casework.service.renewing import renew
from pipewarden.network import service as network
from pipewarden.people import service as people

if TYPE_CHECKING:
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

MANAGE = "area:manage"
_RIM = 0.001  # degrees, some 100 m: the error of a site may reach over an edge


def import_compounds(work: Work, actor: Actor, body: object, *, crs: str | None, name: str) -> CompoundImport:
    """Import a GeoJSON collection of compounds: new ones are added, known ids redrawn; none is ever removed by it.

    Open sites on their ground are matched and weighed anew in the same transaction.

    Args:
        work: the transaction; of the tenant whose compounds they are.
        actor: who imports.
        body: the parsed file; each feature a polygon with an id and perhaps a name.
        crs: the file's reference system as the user declares it; never guessed.
        name: of the file, for the errors.

    Raises:
        ForbiddenError: the actor must not.
        InputError: see ``rules.compound.read_compounds`` and ``network.to_lonlat``; nothing was written.
    """
    people.require(actor, MANAGE)
    read = read_compounds(body, lambda points, own: network.to_lonlat(crs, points, own), name)
    known = store.compounds.all_of(work)
    fresh = [Compound(known[key].id if key in known else work.ids.new(), key, words, area) for key, words, area in read]
    changed = [one for one in fresh if one.key not in known or known[one.key] != one]
    store.compounds.write(work, changed)
    if changed:
        bounds = [shapely.from_wkb(one.area).bounds for one in changed]
        bounds += [shapely.from_wkb(known[one.key].area).bounds for one in changed if one.key in known]
        west, south, east, north = zip(*bounds, strict=True)
        renew(work, ask_anew(work, [(min(west) - _RIM, min(south) - _RIM, max(east) + _RIM, max(north) + _RIM)]))
    done = CompoundImport(
        added=tuple(one.key for one in changed if one.key not in known),
        redrawn=tuple(one.key for one in changed if one.key in known),
        same=len(fresh) - len(changed),
    )
    told = {"file": name, "added": len(done.added), "redrawn": len(done.redrawn), "same": done.same}
    people.record(work, actor, "compounds.imported", ("tenant", work.tenant_id), told)
    return done
