"""Frames, sightings and tracks: what is loaded onto the board for a batch, and what is saved from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, Double, Text, and_, bindparam, column, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert

from pipewarden.dedupe.rules import FrameHead, Sighting, Track, box_about
from pipewarden.dedupe.store.tables import FrameRow, SightingRow, TrackRow, sighting_of, sighting_values
from pipewarden.kit import facts_log
from pipewarden.kit.db import insert_rows

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.types import TypeEngine

    from pipewarden.dedupe.rules import Decision
    from pipewarden.kit.work import Work

_HOUR_S = 3600.0
_NEAR: dict[str, TypeEngine[Any]] = {
    "west": Double(), "south": Double(), "east": Double(), "north": Double(),
    "since": Double(), "until": Double(), "stream": Text(), "timed": Boolean(),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class NewFrame:
    """One observation on its way onto the board."""

    head: FrameHead
    stream: str
    sequence: bool
    timed: bool
    at: datetime | None
    offset_s: float
    picture: str
    sightings: tuple[Sighting, ...]
    test: bool = False


def lock(work: Work) -> None:
    """Wait until no other transaction groups this tenant's findings; held to the end of this one.

    Two streams may see the same machine at the same moment; read one after the other, the second finds the first's
    alarm instead of making its twin.
    """
    key = facts_log.lock_key("dedupe.group", str(work.tenant_id))
    work.session.execute(select(func.pg_advisory_xact_lock(key)))


def add_frames(work: Work, frames: Sequence[NewFrame]) -> list[NewFrame]:
    """Insert the frames and their sightings and return those that were not there before, in time order."""
    rows = [
        {
            "observation_id": one.head.observation_id,
            "tenant_id": work.tenant_id,
            "stream": one.stream,
            "sequence": one.sequence,
            "seen_s": one.head.seen_s,
            "timed": one.timed,
            "at": one.at,
            "offset_s": one.offset_s,
            "picture": one.picture,
        }
        for one in frames
    ]
    statement = insert(FrameRow).on_conflict_do_nothing().returning(FrameRow.observation_id)
    new = set(insert_rows(work.session, statement, rows))
    fresh = sorted((one for one in frames if one.head.observation_id in new), key=lambda one: one.head)
    values = [sighting_values(one, work.tenant_id) for frame in fresh for one in frame.sightings]
    insert_rows(work.session, insert(SightingRow).returning(SightingRow.finding_id), values)
    return fresh


def around(
    work: Work, stream: str, span: tuple[float, float], reach: int, without: Collection[UUID]
) -> tuple[list[FrameHead], list[Track], list[Sighting]]:
    """Return the frames of a stream within ``span`` seconds and ``reach`` frames around it, without the new ones.

    With them come the tracks that their raising findings belong to, and their findings that belong to nothing yet.
    """
    known = and_(FrameRow.tenant_id == work.tenant_id, FrameRow.stream == stream, FrameRow.sequence)
    known = and_(known, FrameRow.observation_id.not_in(without))
    columns = (FrameRow.seen_s, FrameRow.observation_id)
    before = select(*columns).where(known, FrameRow.seen_s < span[0]).order_by(FrameRow.seen_s.desc()).limit(reach)
    after = select(*columns).where(known, FrameRow.seen_s > span[1]).order_by(FrameRow.seen_s).limit(reach)
    within = select(*columns).where(known, FrameRow.seen_s.between(*span))
    every = before.subquery().select().union_all(within, after.subquery().select())
    heads = sorted(FrameHead(float(seen), one) for seen, one in work.session.execute(every))
    rows = work.session.scalars(
        select(SightingRow)
        .where(SightingRow.observation_id.in_([head.observation_id for head in heads]))
        .execution_options(populate_existing=True)  # save writes past the session's own copies
    ).all()
    loose = [sighting_of(row) for row in rows if row.alarm_id is None and not row.raises]
    tracks: dict[UUID, Track] = {}
    for row in rows:
        if row.track_id is not None:
            track = tracks.setdefault(row.track_id, Track(row.track_id, stream, row.alarm_id, []))
            track.sightings.append(sighting_of(row))
            track.reasons[row.finding_id] = row.reason or "seen before"
    return heads, list(tracks.values()), loose


def tracks_near(
    work: Work,
    stream: str,
    span: tuple[float, float],
    hours: float,
    bounds: tuple[float, float, float, float] | None,
) -> list[Track]:
    """Return tracks of alarms that may be met, each with its newest sighting.

    Args:
        work: the tenant and session.
        stream: all its alarmed tracks, wherever they stand.
        span: seconds, widened by ``hours`` on both sides.
        hours: how far apart in time the same place may be seen.
        bounds: lon_min, lat_min, lon_max, lat_max in which other streams' tracks are wanted; None for none of them.
            A test's are never among them.
    """
    wanted: list[ColumnElement[bool]] = [TrackRow.stream == stream]
    if bounds is not None:
        west, south, east, north = bounds
        real = and_(TrackRow.timed, TrackRow.test.is_(False))
        wanted.append(and_(real, TrackRow.lat.between(south, north), TrackRow.lon.between(west, east)))
    rows = work.session.execute(
        select(TrackRow, SightingRow)
        .join(SightingRow, SightingRow.finding_id == TrackRow.last_finding_id)
        .where(
            TrackRow.tenant_id == work.tenant_id,
            TrackRow.alarm_id.is_not(None),
            TrackRow.last_s.between(span[0] - hours * _HOUR_S, span[1] + hours * _HOUR_S),
            or_(*wanted),
        )
        .execution_options(populate_existing=True)
    )
    return [Track(track.id, track.stream, track.alarm_id, [sighting_of(last)]) for track, last in rows]


def tracks_beside(work: Work, sightings: Collection[Sighting], reach_m: float, hours: float) -> list[Track]:
    """Return tracks of real alarms within reach of sightings that stand for themselves, each with its newest sighting.

    Args:
        work: the tenant and session.
        sightings: those without ground have nothing beside them.
        reach_m: metres; a little more is returned.
        hours: how far apart in time. Untimed sightings are met by tracks of their own stream only.
    """
    grounded = [(one, one.ground) for one in sightings if one.ground is not None]
    if not grounded:
        return []
    window = hours * _HOUR_S
    values = zip(
        *(
            (*box_about(ground, reach_m), one.seen_s - window, one.seen_s + window, one.stream, one.timed)
            for one, ground in grounded
        ),
        strict=True,
    )
    columns = [bindparam(None, list(each), ARRAY(kind)) for each, kind in zip(values, _NEAR.values(), strict=True)]
    near = func.unnest(*columns).table_valued(*(column(*one) for one in _NEAR.items()), name="near").render_derived()
    found = (
        select(TrackRow.id)
        .join(
            near,
            and_(
                TrackRow.lat.between(near.c.south, near.c.north),
                TrackRow.lon.between(near.c.west, near.c.east),
                TrackRow.last_s.between(near.c.since, near.c.until),
                or_(TrackRow.stream == near.c.stream, and_(TrackRow.timed, near.c.timed)),
            ),
        )
        .where(TrackRow.tenant_id == work.tenant_id, TrackRow.alarm_id.is_not(None), TrackRow.test.is_(False))
        .distinct()
        .subquery()
    )
    rows = work.session.execute(
        select(TrackRow, SightingRow)
        .join(found, found.c.id == TrackRow.id)
        .join(SightingRow, SightingRow.finding_id == TrackRow.last_finding_id)
        .execution_options(populate_existing=True)
    )
    return [Track(track.id, track.stream, track.alarm_id, [sighting_of(last)]) for track, last in rows]


def save(
    work: Work,
    decisions: Mapping[UUID, Decision],
    tracks: Collection[Track],
    gone: Collection[UUID],
    *,
    test: bool = False,
) -> None:
    """Write what was decided about each finding, and the tracks that decisions touched."""
    if decisions:
        work.session.execute(
            update(SightingRow),
            [
                {
                    "finding_id": finding_id,
                    "track_id": one.track_id,
                    "alarm_id": one.alarm_id,
                    "reason": one.reason,
                }
                for finding_id, one in decisions.items()
            ],
        )
    if gone:
        work.session.execute(delete(TrackRow).where(TrackRow.id.in_(gone)))
    statement = insert(TrackRow)
    told = {name: statement.excluded[name] for name in ("alarm_id", "last_finding_id", "last_s", "timed", "lon", "lat")}
    statement = statement.on_conflict_do_update(index_elements=["id"], set_=told)
    values = [_track_values(work.tenant_id, track) | {"test": test} for track in tracks]
    insert_rows(work.session, statement.returning(TrackRow.id), values)


def _track_values(tenant_id: UUID, track: Track) -> dict[str, object]:
    last = track.last
    return {
        "id": track.id,
        "tenant_id": tenant_id,
        "stream": track.stream,
        "alarm_id": track.alarm_id,
        "last_finding_id": last.finding_id,
        "last_s": last.seen_s,
        "timed": last.timed,
        "lon": None if last.ground is None else last.ground.lon,
        "lat": None if last.ground is None else last.ground.lat,
    }


def raising(work: Work, alarm_id: UUID) -> set[UUID]:
    """Return the members that raise the alarm."""
    return set(
        work.session.scalars(
            select(SightingRow.finding_id).where(
                SightingRow.tenant_id == work.tenant_id, SightingRow.alarm_id == alarm_id, SightingRow.raises
            )
        )
    )


def moments(work: Work, alarm_id: UUID, *, limit: int) -> list[tuple[float, str | None]]:
    """Return when an alarm's machines were seen, seconds since 1970, and their types; untimed ones are left out."""
    rows = work.session.execute(
        select(SightingRow.seen_s, SightingRow.type)
        .where(SightingRow.tenant_id == work.tenant_id, SightingRow.alarm_id == alarm_id, SightingRow.timed)
        .order_by(SightingRow.seen_s)
        .limit(limit)
    )
    return [(seen_s, kind) for seen_s, kind in rows]


def move(work: Work, finding_ids: Collection[UUID], alarm_id: UUID) -> None:
    """Let findings belong to another alarm; a track follows its newest finding."""
    work.session.execute(
        update(SightingRow)
        .where(SightingRow.tenant_id == work.tenant_id, SightingRow.finding_id.in_(finding_ids))
        .values(alarm_id=alarm_id)
    )
    work.session.execute(
        update(TrackRow)
        .where(TrackRow.tenant_id == work.tenant_id, TrackRow.last_finding_id.in_(finding_ids))
        .values(alarm_id=alarm_id)
    )
