"""What a piece of ground crosses: pipes and stations whose ranges it lies in, under the law of a day."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import shapely

from pipewarden.network import store
from pipewarden.network.facts import RANK, Around, Crossed, Near, PressureClass, Regime, Zone
from pipewarden.network.rules import reaching
from pipewarden.network.service.answers import held_of, hold, rules_of, table_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from pipewarden.kit.work import Work
    from pipewarden.network.service.answers import FileNetwork, Held

_CLASSES = tuple(PressureClass)  # the index keeps a class as its place here


def around(work: Work, wkb: bytes, *, at: datetime) -> Around:
    """Return how a piece of ground lies to the active networks of both regimes.

    Args:
        work: whose network.
        wkb: a polygon or multipolygon, WGS-84 lon/lat, at most two degrees wide.
        at: chooses the rule packs of the ranges.
    """
    versions = store.active_versions(work.session, work.tenant_id)
    return _around([(hold(work, one), one.regime, one.jurisdiction) for one in versions], wkb, at)


def near(work: Work, box: tuple[float, float, float, float], *, at: datetime) -> list[Near]:
    """Return the pipes and stations of the active networks whose own box meets ``box``, to be drawn.

    Args:
        work: whose network.
        box: west, south, east, north in degrees WGS-84.
        at: chooses the rule packs of the ranges.
    """
    found = []
    for version in store.active_versions(work.session, work.tenant_id):
        ranges = rules_of(version.jurisdiction, version.regime, at)
        for pipe in store.pipes_of(work.session, work.tenant_id, version.id, box=box):
            mine = None if ranges is None else ranges.table.get((pipe.kind, pipe.pressure_class))
            protect, control = (None, None) if mine is None else (mine.protect, mine.control)
            found.append(
                Near(
                    pipe,
                    version.regime,
                    None if protect is None else protect.value,
                    None if control is None else control.value,
                )
            )
    return found


def around_file(network: FileNetwork, wkb: bytes, *, at: datetime) -> Around:
    """Return the same against a file's network."""
    return _around([(held_of(network), network.report.regime, network.report.jurisdiction)], wkb, at)


def _around(asked: Iterable[tuple[Held, Regime, str]], wkb: bytes, at: datetime) -> Around:
    ground = shapely.from_wkb(wkb)
    zones: dict[Regime, Zone] = {}
    crossed: list[Crossed] = []
    for held, regime, jurisdiction in asked:
        ranges = rules_of(jurisdiction, regime, at)
        if ranges is None:
            zones[regime] = Zone.UNKNOWN
            continue
        table = table_of(held, ranges)
        network = held.network
        summed: defaultdict[tuple[str, PressureClass, bool, Zone], float] = defaultdict(float)
        for (place, zone), metres in reaching.around(table, ground).items():
            station = bool(network.station[place])
            summed[network.ids[place], _CLASSES[network.classes[place]], station, zone] += metres
        crossed += [Crossed(pipe, regime, cls, station, zone, m) for (pipe, cls, station, zone), m in summed.items()]
        gravest = min((zone for *_, zone in summed), key=RANK.__getitem__, default=Zone.OUTSIDE)
        uncovered = gravest is not Zone.PROTECTION and reaching.beyond(table, ground)
        zones[regime] = Zone.UNKNOWN if uncovered else gravest
    crossed.sort(key=lambda one: (RANK[one.zone], -one.metres, one.pipe_id))
    return Around(zones, tuple(crossed))
