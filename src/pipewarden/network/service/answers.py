"""Where points lie: against the active versions of both regimes, each under its own law of the day."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.kit.errors import InputError
from pipewarden.network import store
from pipewarden.network.facts import UNKNOWN, NetworkVersion, Regime, Zone, ZoneAnswer
from pipewarden.network.rules import index, packs, tiles, zones
from pipewarden.network.service.imports import take_file

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date, datetime
    from pathlib import Path
    from uuid import UUID

    from numpy.typing import NDArray

    from pipewarden.kit.work import Work
    from pipewarden.network.facts import ImportReport, Pipe
    from pipewarden.network.ports import NetworkReader
    from pipewarden.network.rules.index import Network
    from pipewarden.network.rules.packs import Ranges
    from pipewarden.network.rules.tiles import Drawing
    from pipewarden.network.rules.zones import Answers, Table

    Floats = NDArray[np.float64]

_MOST_NETWORKS = 8
_MOST_TABLES = 4
_GLOBE = (180.0, 90.0)
_NOT_COVERED = "not covered by this map: more than 5 km outside its extent"


@dataclass(slots=True)
class Held:
    """One network in memory with the tables made of it, and its drawing once a map asked."""

    network: Network
    tables: dict[tuple[str, ...], Table] = field(default_factory=dict)
    drawn: Drawing | None = None

    def drawing(self, load: Callable[[], Sequence[Pipe]]) -> Drawing:
        """Return the network laid out for drawing, made on first use."""
        if self.drawn is None:
            self.drawn = tiles.lay_out(load())
        return self.drawn


@dataclass(slots=True)
class _Cache:
    """The last few networks asked for, by version; versions never change, so nothing here goes stale."""

    held: OrderedDict[UUID, Held] = field(default_factory=OrderedDict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, version_id: UUID, load: Callable[[], Sequence[Pipe]]) -> Held:
        """Return the network of a version, built on first use."""
        with self.lock:
            if version_id not in self.held:
                self.held[version_id] = Held(index.build(load()))
            self.held.move_to_end(version_id)
            while len(self.held) > _MOST_NETWORKS:
                self.held.popitem(last=False)
            return self.held[version_id]


_CACHE = _Cache()
_RULES: dict[tuple[str, Regime, date], Ranges | None] = {}
_MOST_RULES = 256


@dataclass(frozen=True, slots=True)
class FileNetwork:
    """A pipe map asked straight from its file, without a database.

    Attributes:
        report: what was taken of the file.
    """

    report: ImportReport
    _held: Held


def open_file(
    reader: NetworkReader,
    path: Path,
    *,
    crs: str | None,
    jurisdiction: str | None,
    regime: Regime | None = None,
    mapping: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> FileNetwork:
    """Read a pipe map and lay it out for ``answer_file`` and ``zones_csv``; nothing is stored.

    Raises:
        InputError: as ``import_network``.
    """
    taken, report = take_file(
        reader, path, crs=crs, jurisdiction=jurisdiction, regime=regime, mapping=mapping, progress=progress
    )
    return FileNetwork(report, Held(index.build(taken.pipes)))


def held_of(network: FileNetwork) -> Held:
    """Return a file's network in memory."""
    return network._held  # noqa: SLF001  same module


def answer_file(
    network: FileNetwork, lonlat: Floats, *, covariances: Floats | None = None, at: datetime
) -> list[ZoneAnswer]:
    """Answer points of shape (n, 2) against a file's network; as ``answer_many`` otherwise."""
    report = network.report
    asked = [(held_of(network), report.regime, report.jurisdiction, None)]
    return _answer(asked, lonlat, covariances, at)


def answer(
    work: Work, lon: float, lat: float, *, covariance: tuple[float, float, float] | None, at: datetime
) -> ZoneAnswer:
    """Answer one point; see ``answer_many``."""
    covariances = None if covariance is None else np.array([covariance], dtype=np.float64)
    return answer_many(work, np.array([[lon, lat]], dtype=np.float64), covariances=covariances, at=at)[0]


def answer_many(
    work: Work, lonlat: Floats, *, covariances: Floats | None, at: datetime, version_id: UUID | None = None
) -> list[ZoneAnswer]:
    """Answer points against the active version of each regime, or against one version.

    The zone is the highest over all pipes of both regimes; a point that is not finite, a tenant without a network, a
    day on which no rule pack is in force, and a point more than 5 km outside the extent of every network asked (its
    distance stays) answer ``unknown``, which counts as inside.

    Args:
        work: whose network.
        lonlat: (n, 2) lon, lat in degrees WGS-84.
        covariances: (n, 3) east-east, east-north, north-north in square metres, without the map's own error, which is
            added here; None takes plain distances and gives no probabilities.
        at: the event's time, which chooses the rule pack.
        version_id: ask this version instead of the active ones.

    Raises:
        InputError: ``version_id`` is no version of this tenant.
    """
    asked = [(hold(work, v), v.regime, v.jurisdiction, v.id) for v in _versions(work, version_id)]
    return _answer(asked, lonlat, covariances, at)


def hold(work: Work, version: NetworkVersion) -> Held:
    """Return a version of the tenant in memory."""
    return _CACHE.get(version.id, partial(store.pipes_of, work.session, work.tenant_id, version.id))


def _versions(work: Work, version_id: UUID | None) -> list[NetworkVersion]:
    if version_id is None:
        return store.active_versions(work.session, work.tenant_id)
    found = store.version(work.session, work.tenant_id, version_id)
    if found is None:
        raise InputError(
            field="version", problem=f"{version_id} is no version of this tenant", fix="See `network versions`."
        )
    return [found]


def rules_of(jurisdiction: str, regime: Regime, at: datetime) -> Ranges | None:
    """Return the rules of a place on a day; None when none are in force."""
    key = (jurisdiction, regime, packs.day_of(at))
    with suppress(KeyError):  # in one step: another thread may forget them all in between
        return _RULES[key]
    found = packs.resolve(
        store.shipped_packs(), store.shipped_assumptions(), jurisdiction=jurisdiction, regime=regime, at=at
    )
    if len(_RULES) >= _MOST_RULES:  # a day's rules cost a tenth of a millisecond; forgetting all is simplest
        _RULES.clear()
    _RULES[key] = found
    return found


def known_jurisdiction(text: str) -> str:
    """Return a jurisdiction as the packs write it; see ``packs.check_jurisdiction``, InputError included."""
    return packs.check_jurisdiction(store.shipped_packs(), text)


def table_of(held: Held, ranges: Ranges) -> Table:
    """Return the network in memory under the rules of a day."""
    table = held.tables.get(ranges.key)
    if table is None:
        if len(held.tables) >= _MOST_TABLES:
            held.tables.clear()
        table = zones.tabulate(held.network, ranges, store.shipped_assumptions().of(ranges.regime))
        held.tables[ranges.key] = table
    return table


_Asked = tuple[Held, Regime, str, "UUID | None"]


def _answer(asked: Sequence[_Asked], lonlat: Floats, covariances: Floats | None, at: datetime) -> list[ZoneAnswer]:
    points = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
    known = np.isfinite(points).all(axis=1) & (np.abs(points) <= _GLOBE).all(axis=1)
    errors = None if covariances is None else np.asarray(covariances, dtype=np.float64).reshape(-1, 3)
    if errors is not None:
        known &= np.isfinite(errors).all(axis=1)
    out = [UNKNOWN] * points.shape[0]
    places = np.flatnonzero(known).tolist()
    covered = np.zeros(len(places), dtype=np.bool_)
    for held, regime, jurisdiction, version_id in asked:
        ranges = rules_of(jurisdiction, regime, at)
        if ranges is None:
            said = f"no rule pack of {jurisdiction} is in force on {packs.day_of(at)}"
            found = [_without_law(jurisdiction, version_id, said)] * len(places)
        else:
            table = table_of(held, ranges)
            answers = zones.answer(table, points[known], None if errors is None else errors[known])
            found = _spell(table, answers, jurisdiction, version_id)
            covered |= ~zones.beyond(table, points[known], answers.edge)
        for place, new in zip(places, found, strict=True):
            out[place] = new if out[place] is UNKNOWN else _worse(out[place], new)
    for i in np.flatnonzero(~covered).tolist():
        out[places[i]] = _not_covered(out[places[i]])
    return out


def _not_covered(said: ZoneAnswer) -> ZoneAnswer:
    """Return the answer of a map that does not reach the point: whether nothing unmapped is nearer is not known."""
    if said.zone is not Zone.OUTSIDE:
        return said
    told = "; ".join(part for part in (_NOT_COVERED, said.assumed) if part)
    return replace(said, zone=Zone.UNKNOWN, p_protection=None, p_control=None, assumed=told)


def _without_law(jurisdiction: str, version_id: UUID | None, said: str) -> ZoneAnswer:
    return ZoneAnswer(None, None, Zone.UNKNOWN, None, jurisdiction, None, None, None, None, version_id, said)


def _spell(table: Table, answers: Answers, jurisdiction: str, version_id: UUID | None) -> list[ZoneAnswer]:
    """Turn arrays into answers."""
    ids, pack = table.network.ids, table.ranges.pack_id
    chance = None if answers.chance is None else answers.chance.tolist()
    out: list[ZoneAnswer] = []
    columns = (answers.edge.tolist(), answers.near.tolist(), answers.zone.tolist(), answers.giver.tolist())
    for i, (edge, near, zone, giver) in enumerate(zip(*columns, strict=True)):
        by = giver if giver >= 0 else near
        out.append(
            ZoneAnswer(
                pipe_id=ids[near],
                distance_m=edge,
                zone=zones.zone_of(zone),
                zone_pipe_id=ids[giver] if giver >= 0 else None,
                jurisdiction=jurisdiction,
                pack_id=pack,
                clause=zones.clause_of(table, by, zone) if giver >= 0 else None,
                p_protection=None if chance is None else chance[i][0],
                p_control=None if chance is None else chance[i][1],
                network_version_id=version_id,
                assumed=zones.assumptions_of(table, by, with_error=chance is not None),
            )
        )
    return out


_SEVERITY = {Zone.OUTSIDE: 0, Zone.UNKNOWN: 1, Zone.CONTROL: 2, Zone.PROTECTION: 3}  # unknown is never outside


def _worse(a: ZoneAnswer, b: ZoneAnswer) -> ZoneAnswer:
    """Join the answers of two regimes: the higher zone with its law, the nearer pipe, the larger probabilities."""
    law, other = (a, b) if _rank(a) >= _rank(b) else (b, a)
    near = min((law, other), key=lambda x: math.inf if x.distance_m is None else x.distance_m)
    return ZoneAnswer(
        pipe_id=near.pipe_id,
        distance_m=near.distance_m,
        zone=law.zone,
        zone_pipe_id=law.zone_pipe_id,
        jurisdiction=law.jurisdiction,
        pack_id=law.pack_id,
        clause=law.clause,
        p_protection=_larger(a.p_protection, b.p_protection),
        p_control=_larger(a.p_control, b.p_control),
        network_version_id=law.network_version_id,
        assumed=law.assumed,
    )


def _rank(x: ZoneAnswer) -> tuple[int, float]:
    return _SEVERITY[x.zone], -math.inf if x.distance_m is None else -x.distance_m


def _larger(a: float | None, b: float | None) -> float | None:
    known = [p for p in (a, b) if p is not None]
    return max(known, default=None)
