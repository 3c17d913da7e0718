"""The tenant's network as map tiles for one reader: only the ground their permission reaches, as `people` says."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from pipewarden.network import store
from pipewarden.network.rules import packs, tiles
from pipewarden.network.service.answers import hold, rules_of, table_of
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from pipewarden.kit.work import Work
    from pipewarden.network.facts import NetworkVersion
    from pipewarden.network.rules.tiles import Square
    from pipewarden.people.facts import Actor

READ = "network:read"
STYLE = 1  # one more whenever the same network is drawn differently, so that no browser keeps the old squares
_MOST_BYTES = 64 << 20
_MOST_SQUARES = 50_000  # empty ones cost their tags


@dataclass(frozen=True, slots=True)
class Tile:
    """One square as one reader gets it.

    Attributes:
        tag: equal tags are equal squares.
        body: encoded; empty when nothing is there, None when the reader has it already.
    """

    tag: str
    body: bytes | None


@dataclass(slots=True)
class _Drawn:
    """The squares asked for last, whoever asked, by their tags; bounded in bytes and number."""

    held: OrderedDict[str, bytes] = field(default_factory=OrderedDict)
    size: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, tag: str) -> bytes | None:
        with self.lock:
            if tag in self.held:
                self.held.move_to_end(tag)
            return self.held.get(tag)

    def put(self, tag: str, body: bytes) -> None:
        with self.lock:
            self.size += len(body) - len(self.held.pop(tag, b""))
            self.held[tag] = body
            while self.size > _MOST_BYTES or len(self.held) > _MOST_SQUARES:
                self.size -= len(self.held.popitem(last=False)[1])


_DRAWN = _Drawn()


def tile(work: Work, actor: Actor, square: Square, *, at: datetime, known: Collection[str] = ()) -> Tile:
    """Return a square of the map with what of the tenant's active network the actor may see; it shows from zoom 9 on.

    Args:
        work: whose network; another tenant's is never drawn.
        actor: who reads.
        square: which one.
        at: the moment whose law draws the ranges.
        known: tags that the reader holds.

    Raises:
        ForbiddenError: the actor reads no network.
    """
    ground = people.ground(work, actor, READ)
    versions = store.active_versions(work.session, work.tenant_id)
    told = [
        str(STYLE),
        str(packs.day_of(at)),
        ground.key,
        f"{square.z}/{square.x}/{square.y}",
        *(str(one.id) for one in versions),
    ]
    tag = hashlib.sha256("\n".join(told).encode()).hexdigest()[:32]
    if tag in known:
        return Tile(tag, None)
    body = _DRAWN.get(tag)
    if body is None:
        plans = [] if square.z < tiles.PIPES_FROM else plans_of(work, versions, at)
        body = tiles.encode(tiles.draw(plans, square, ground.wkb))
        _DRAWN.put(tag, body)
    return Tile(tag, body)


def plans_of(work: Work, versions: Sequence[NetworkVersion], at: datetime) -> list[tiles.Plan]:
    """Return the drawings of versions with the law of the day."""
    made = []
    for version in versions:
        held, ranges = hold(work, version), rules_of(version.jurisdiction, version.regime, at)
        drawing = held.drawing(partial(store.pipes_of, work.session, work.tenant_id, version.id))
        table = None if ranges is None else table_of(held, ranges)
        made.append(
            tiles.Plan(
                drawing=drawing,
                regime=version.regime,
                protect=None if table is None else table.protect,
                control=None if table is None else table.control,
            )
        )
    return made
