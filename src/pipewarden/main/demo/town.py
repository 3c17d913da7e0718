"""A demo town in a home: a tenant of its own for each run, with areas, pipes and cameras; other data is left alone.

The areas are the tenant's own and not the shared tree: a shared area would lend its jurisdiction to the ground of every
other tenant of the home.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import shapely

from pipewarden.casework import service as casework
from pipewarden.casework.facts import MACHINES, Answered, Method
from pipewarden.kit.clock import SetClock
from pipewarden.main import scan
from pipewarden.people import service as people
from pipewarden.people.facts import NewArea
from pipewarden.sense import service as sense
from pipewarden.sim import service as sim

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from uuid import UUID

    from pipewarden.main.home import Home
    from pipewarden.sense.facts import Camera
    from pipewarden.sim.facts import TrueWork

_FILED_BEFORE = timedelta(days=7)  # more than the five whole days that 河北 asks for
_METHODS = {"drilling": Method.DRILLING, "piling": Method.PILING, "excavation": Method.EXCAVATION}


def fresh(home: Home) -> Home:
    """Return ``home`` acting for a new tenant: every run starts from an empty city."""
    with home.factory.sessions() as session, session.begin():
        clock, ids = home.factory.clock, home.factory.ids
        key = f"demo-{clock.now():%Y%m%d-%H%M%S}-{ids.new().hex[-6:]}"
        tenant = people.ensure_tenant(session, clock, ids, key)
    return replace(home, tenant_id=tenant.id)


def draw_areas(home: Home) -> dict[str, UUID]:
    """Draw the city, its districts and their beats, and return them by key."""
    made: dict[str, UUID] = {}
    root = people.operator(home.tenant_id)
    with home.work() as work:
        for one in sim.city_areas():
            parent = None if one.parent is None else made[one.parent]
            outline = bytes(shapely.to_wkb(shapely.Polygon(one.polygon)))
            made[one.key] = people.add_area(
                work, root, NewArea(one.key, one.name, parent, outline, one.jurisdiction)
            ).id
    return made


def lay_pipes(home: Home) -> None:
    """Import the city's networks, each under the law of its regime."""
    for one in sim.demo_network():
        scan.load_network(home, scan.NetworkFile(path=one.path, crs=one.crs, jurisdiction=one.jurisdiction))


def hang_cameras(home: Home) -> dict[str, Camera]:
    """Register the city's cameras and return them by key; tests solve their calibrations, so that no start need."""
    with home.work() as work:
        return {
            one.key: sense.register_camera(work, sense.load_camera_file(one.camera_file).camera)
            for one in sim.demo_cameras()
        }


def file_works(home: Home) -> None:
    """File the works of the day that their owners filed (备案), in time and answered, for the day that is played."""
    root = people.operator(home.tenant_id)
    truth = {one.key: one for one in sim.demo_truth().works}
    with home.work() as now:
        work = replace(now, clock=SetClock(now.now() - _FILED_BEFORE))
        today = now.now().astimezone(casework.filing_zone(sim.JURISDICTION, now.now())).date()
        for one in sim.permitted():
            area = {"type": "Polygon", "coordinates": [one.ring]}
            works = casework.works_here(work, area, _said(truth[one.key], today), sim.JURISDICTION)
            made = casework.file_works(work, root, works).filing
            casework.act_on_filing(work, root, made.id, made.version, Answered("管位已告知，按保护方案施工 (虚构)"))


def _said(work: TrueWork, today: date) -> Mapping[str, object]:
    return {
        "method": _METHODS.get(work.cls.value, Method.OTHER).value,
        "machines": [work.machine] if work.machine in MACHINES else [],
        "valid_from": today.isoformat(),
        "valid_until": (today + timedelta(days=1)).isoformat(),  # a demo may be played past midnight
        "parties": [
            {"role": "owner", "name": "示范建设投资公司 (虚构)"},
            {"role": "contractor", "name": "示范市政工程有限公司 (虚构)"},
        ],
        "words": "rendered day (渲染画面) of the demo city",
    }
