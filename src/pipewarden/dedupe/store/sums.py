"""What the members of changed alarms come to, counted by the database: a long alarm costs no more to refresh."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on

from pipewarden.dedupe.store.tables import FrameRow, SightingRow, ground_of

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from pipewarden.kit.work import Work
    from pipewarden.locate.facts import GroundPoint

_NEWEST = 200  # sightings that are weighed for the place; the fused error is that of the best one anyway


@dataclass(slots=True)
class Sums:
    """The members of one alarm, counted.

    Attributes:
        frames: observations with a raising member.
        votes: per type the sum of scores.
        places: stream, track and ground of the newest raising members that have ground.
        footprints: of the members at hand, also of supporting ones.
        evidence: picture and box of the best raising member.
    """

    frames: int
    streams: tuple[str, ...]
    first_seen: datetime | None
    last_seen: datetime | None
    first_offset_s: float
    last_offset_s: float
    cls: str = ""
    score: float = 0.0
    evidence: str = ""
    evidence_box: list[float] = field(default_factory=list)
    votes: list[tuple[str | None, float]] = field(default_factory=list)
    places: list[tuple[str, UUID, GroundPoint]] = field(default_factory=list)
    footprints: list[list[list[float]]] = field(default_factory=list)


def sums(work: Work, alarm_ids: Collection[UUID], *, every_footprint: bool) -> dict[UUID, Sums]:
    """Return the counted members of each alarm that has a raising one.

    Args:
        work: the tenant and session.
        alarm_ids: the alarms that changed.
        every_footprint: read the footprints of all members, not of the newest only; needed when members left.
    """
    mine = SightingRow.alarm_id.in_(alarm_ids)
    found = _counted(work, mine)
    for alarm_id, kind, total in work.session.execute(
        select(SightingRow.alarm_id, SightingRow.type, func.sum(SightingRow.score))
        .where(mine, SightingRow.raises)
        .group_by(SightingRow.alarm_id, SightingRow.type)
    ):
        if alarm_id is not None:
            found[alarm_id].votes.append((kind, float(total)))
    _best(work, mine, found)
    _newest(work, mine, found, every_footprint=every_footprint)
    return found


def _counted(work: Work, mine: ColumnElement[bool]) -> dict[UUID, Sums]:
    rows = work.session.execute(
        select(
            SightingRow.alarm_id,
            func.count(SightingRow.observation_id.distinct()),
            func.array_agg(SightingRow.stream.distinct()),
            func.min(FrameRow.at),
            func.max(FrameRow.at),
            func.min(FrameRow.offset_s),
            func.max(FrameRow.offset_s),
        )
        .join(FrameRow, FrameRow.observation_id == SightingRow.observation_id)
        .where(mine, SightingRow.raises)
        .group_by(SightingRow.alarm_id)
    )
    return {
        alarm_id: Sums(
            frames=int(count),
            streams=tuple(sorted(streams)),
            first_seen=first,
            last_seen=last,
            first_offset_s=float(first_offset),
            last_offset_s=float(last_offset),
        )
        for alarm_id, count, streams, first, last, first_offset, last_offset in rows
        if alarm_id is not None
    }


def _best(work: Work, mine: ColumnElement[bool], found: dict[UUID, Sums]) -> None:
    rows = work.session.execute(
        select(SightingRow.alarm_id, SightingRow.cls, SightingRow.score, FrameRow.picture, SightingRow.box)
        .ext(distinct_on(SightingRow.alarm_id))
        .join(FrameRow, FrameRow.observation_id == SightingRow.observation_id)
        .where(mine, SightingRow.raises)
        .order_by(SightingRow.alarm_id, SightingRow.score.desc(), SightingRow.finding_id)
    )
    for alarm_id, cls, score, picture, box in rows:
        if alarm_id is None:
            continue
        one = found[alarm_id]
        one.cls, one.score, one.evidence, one.evidence_box = cls, float(score), picture, list(box)


def _newest(work: Work, mine: ColumnElement[bool], found: dict[UUID, Sums], *, every_footprint: bool) -> None:
    number = func.row_number().over(
        partition_by=(SightingRow.alarm_id, SightingRow.raises),
        order_by=(SightingRow.seen_s.desc(), SightingRow.finding_id.desc()),
    )
    numbered = (
        select(
            SightingRow.alarm_id,
            SightingRow.raises,
            SightingRow.stream,
            SightingRow.track_id,
            SightingRow.lon,
            SightingRow.lat,
            SightingRow.covariance,
            SightingRow.footprint,
            number.label("number"),
        )
        .where(mine, SightingRow.lon.is_not(None))
        .subquery()
    )
    statement = select(numbered) if every_footprint else select(numbered).where(numbered.c.number <= _NEWEST)
    for row in work.session.execute(statement.order_by(numbered.c.alarm_id, numbered.c.number)):
        if (one := found.get(row.alarm_id)) is None:
            continue
        one.footprints.append(row.footprint)
        ground = ground_of(row.lon, row.lat, row.covariance)
        if row.raises and row.track_id is not None and ground is not None and row.number <= _NEWEST:
            one.places.append((row.stream, row.track_id, ground))
