"""Grouping: join what was placed to alarms, tell them, let a person merge and split with a reason."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from pipewarden.dedupe import store
from pipewarden.dedupe.facts import ALARM_CHANGED, Alarm, AlarmEvent, EventKind
from pipewarden.dedupe.rules import Board, FrameHead, Sighting, box_about
from pipewarden.dedupe.service.refreshing import refresh
from pipewarden.kit.errors import InputError
from pipewarden.locate import service as locate
from pipewarden.perceive import service as perceive
from pipewarden.sense import service as sense
from pipewarden.sense.facts import ObservationKind

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from pipewarden.dedupe.facts import Policy
    from pipewarden.dedupe.store import NewFrame
    from pipewarden.kit.work import Work
    from pipewarden.locate.facts import Placement
    from pipewarden.perceive.facts import Screened
    from pipewarden.sense.facts import Observation

_HIGHEST_PAGE = 500
_GAP_S = 3600.0


def join(work: Work, policy: Policy, observation_ids: Sequence[UUID]) -> list[UUID]:
    """Take placed observations onto the board and return the alarms they changed; emits ALARM_CHANGED for each.

    Observations taken before change nothing. One tenant is grouped by one transaction at a time.

    Raises:
        RuntimeError: an observation was not placed.
    """
    frames = _frames(work, list(dict.fromkeys(observation_ids)))
    store.lock(work)
    joined: dict[UUID, list[tuple[UUID, str]]] = defaultdict(list)
    made: set[UUID] = set()
    tested: set[UUID] = set()
    for group in _groups(store.add_frames(work, frames)):
        test = group[0].test
        board = _board(work, policy, group) if group[0].sequence else _singles(work, policy, group)
        for frame in group:
            board.take(frame.stream, frame.head, frame.sightings, sequence=frame.sequence)
        touched = {decision.track_id for decision in board.decisions.values()}
        tracks = [track for track in board.tracks.values() if track.id in touched]
        store.save(work, board.decisions, tracks, board.gone, test=test)
        made |= set(board.made)
        for finding_id, decision in board.decisions.items():
            if decision.alarm_id is not None:
                joined[decision.alarm_id].append((finding_id, decision.reason))
                tested |= {decision.alarm_id} if test else set()
    changed = sorted(joined)
    refresh(work, changed, members_left=False)
    if tested:
        store.hide(work, tested)
    store.add_event(
        work,
        [
            AlarmEvent(
                alarm_id=alarm_id,
                kind=EventKind.MADE if alarm_id in made else EventKind.JOINED,
                at=work.now(),
                actor=None,
                reason=max(joined[alarm_id])[1],
                other_id=None,
                findings=tuple(sorted({finding_id for finding_id, _ in joined[alarm_id]})),
            )
            for alarm_id in changed
        ],
    )
    return changed


def alarms(work: Work, *, limit: int, after: UUID | None = None) -> list[Alarm]:
    """Return alarms that stand for themselves, oldest first, past the one named ``after``; at most 500."""
    ids = store.page(work, limit=max(1, min(limit, _HIGHEST_PAGE)), after=after)
    found = store.read(work, ids)
    return [found[one] for one in ids]


def alarm(work: Work, alarm_id: UUID) -> Alarm:
    """Return the alarm, or the one it was merged into.

    Raises:
        InputError: the tenant has no such alarm.
    """
    kept = store.resolve(work, alarm_id)
    if kept is None:
        raise InputError(field="alarm", problem=f"{alarm_id} does not exist", fix="List the alarms for their ids.")
    return store.read(work, [kept])[kept]


def of_stream(work: Work, stream: str) -> list[UUID]:
    """Return the alarms that a stream has seen, test alarms among them: whoever sent a test asks what became of it."""
    return store.of_stream(work, stream)


def known(work: Work, alarm_ids: Collection[UUID]) -> dict[UUID, Alarm]:
    """Return the tenant's alarms among ``alarm_ids``, without their members; a merged one stands for itself."""
    return store.read(work, alarm_ids, with_members=False)


def tests(work: Work, alarm_ids: Collection[UUID]) -> set[UUID]:
    """Return those of the tenant's alarms among ``alarm_ids`` that are tests, also where one cannot be read whole."""
    return store.tests(work, alarm_ids)


def newest(work: Work, *, limit: int, before: UUID | None = None) -> dict[UUID, Alarm]:
    """Return the newest alarms that stand for themselves (older than ``before``), bare; tests are left out."""
    row = store.AlarmRow
    mine = [row.tenant_id == work.tenant_id, row.merged_into.is_(None), row.test.is_(False)]
    older = [] if before is None else [row.id < before]
    heads = store.heads(work, *mine, *older, limit=limit)
    return known(work, [one.id for one in heads])


def why(work: Work, alarm_id: UUID) -> list[AlarmEvent]:
    """Return everything that happened to the alarm, oldest first; each member's own reason stands in the alarm.

    Raises:
        InputError: the tenant has no such alarm.
    """
    if store.resolve(work, alarm_id) is None:
        raise InputError(field="alarm", problem=f"{alarm_id} does not exist", fix="List the alarms for their ids.")
    return store.events(work, alarm_id)


def merge(work: Work, a: UUID, b: UUID, reason: str, *, actor: str | None = None) -> Alarm:
    """Move the members of ``b`` to ``a`` and return ``a``; ``b`` then leads to ``a``. Undone by ``split``.

    Raises:
        InputError: an alarm does not exist, both are one already, or the reason is empty.
    """
    store.lock(work)
    kept, other = alarm(work, a), alarm(work, b)
    if kept.id == other.id:
        raise InputError(field="alarm", problem=f"{a} and {b} are one already", fix="Name two different alarms.")
    _say_why(reason)
    moved = tuple(member.finding_id for member in other.members)
    store.move(work, moved, kept.id)
    store.set_merged(work, other.id, kept.id)
    told = AlarmEvent(kept.id, EventKind.MERGED, work.now(), actor, reason, other.id, moved)
    store.add_event(work, [told, replace(told, alarm_id=other.id, other_id=kept.id, findings=())])
    refresh(work, [kept.id], members_left=True)
    work.emit(ALARM_CHANGED, other.id, partition=str(work.tenant_id))
    return alarm(work, kept.id)


def split(work: Work, alarm_id: UUID, finding_ids: Collection[UUID], reason: str, *, actor: str | None = None) -> Alarm:
    """Move members to an alarm of their own and return it; what a merge brought, as a whole, gets its old id back.

    Raises:
        InputError: no such alarm, a finding is not its member, none or all raising members are named, no reason.
    """
    store.lock(work)
    whole = alarm(work, alarm_id)
    moved = set(finding_ids)
    strange = moved - {member.finding_id for member in whole.members}
    if strange or not moved:
        problem = f"{min(strange)} is no member of {whole.id}" if strange else "no finding is named"
        raise InputError(field="findings", problem=problem, fix="Name members of this alarm.")
    raising = store.raising(work, whole.id)
    if not (raising & moved and raising - moved):
        raise InputError(
            field="findings",
            problem="one side would be left without a machine",
            fix="Leave at least one machine on each side.",
        )
    _say_why(reason)
    brought = store.merge_findings(work, whole.id)
    old = next((other for other, findings in brought.items() if findings == moved), None)
    made = old or work.ids.new()
    store.move(work, moved, made)
    if old is not None:
        store.set_merged(work, old, None)
    told = AlarmEvent(whole.id, EventKind.SPLIT, work.now(), actor, reason, made, tuple(sorted(moved)))
    store.add_event(work, [told, replace(told, alarm_id=made, other_id=whole.id)])
    refresh(work, [whole.id, made], members_left=True)
    return alarm(work, made)


def acknowledge(work: Work, alarm_id: UUID, reason: str, *, actor: str | None = None) -> Alarm:
    """Say that a person has taken the alarm; who else takes it is one more line of its history.

    Raises:
        InputError: no such alarm, or no reason.
    """
    taken = alarm(work, alarm_id)
    _say_why(reason)
    store.add_event(work, [AlarmEvent(taken.id, EventKind.ACKNOWLEDGED, work.now(), actor, reason, None, ())])
    work.emit(ALARM_CHANGED, taken.id, partition=str(work.tenant_id))
    return taken


def _say_why(reason: str) -> None:
    if not reason.strip():
        raise InputError(field="reason", problem="is empty", fix="Say in a few words why.")


def _frames(work: Work, ids: Sequence[UUID]) -> list[NewFrame]:
    observations = sense.observations(work, ids)
    seen = perceive.screened(work, ids)
    placed = locate.placements(work, ids)
    if missing := [str(one) for one in ids if one not in observations or one not in seen or one not in placed]:
        raise RuntimeError(f"told as placed but not in the database: {', '.join(missing)}")
    cameras = sense.cameras(work, [one.camera_id for one in observations.values() if one.camera_id is not None])
    moving = {one.id for one in cameras.values() if one.moves}
    return [
        _frame(observations[one], seen[one], placed[one], moves=observations[one].camera_id in moving) for one in ids
    ]


def _frame(observation: Observation, screened: Screened, placed: Sequence[Placement], *, moves: bool) -> NewFrame:
    where = {placement.finding_id: placement for placement in placed}
    timed = observation.at is not None
    seen_s = observation.offset_s if observation.at is None else observation.at.timestamp()
    sightings = tuple(
        Sighting(
            finding_id=finding.id,
            observation_id=observation.id,
            stream=observation.stream,
            seen_s=seen_s,
            timed=timed,
            cls=str(finding.cls),
            type=finding.type,
            score=finding.score,
            raises=finding.raises,
            box=finding.box,
            size=(screened.width or 1, screened.height or 1),
            ground=where[finding.id].ground,
            own=where[finding.id].own_covariance,
            footprint=where[finding.id].footprint,
            look=finding.look,
            moves=moves,
        )
        for finding in screened.findings
    )
    return store.NewFrame(
        head=FrameHead(seen_s, observation.id),
        stream=observation.stream,
        sequence=observation.kind is ObservationKind.FRAME,
        timed=timed,
        at=observation.at,
        offset_s=observation.offset_s,
        picture=observation.picture,
        sightings=sightings,
        test=observation.test,
    )


def _groups(fresh: Sequence[NewFrame]) -> list[list[NewFrame]]:
    """Return what goes onto one board each: frames per stream in time order, then all that stands alone in time order.

    Frames are parted where an hour lies between two: one that comes hours late is judged among its own neighbours, and
    what is loaded for a group stays bounded. Reports and single pictures have no neighbours in their stream, only
    places, and thousands of people send one each: they are judged together. What the house sends itself to test the
    chain shares no group with what is real.
    """
    groups: list[list[NewFrame]] = []
    for frame in sorted((one for one in fresh if one.sequence), key=lambda one: (one.stream, one.head)):
        last = groups[-1][-1] if groups else None
        near = last is not None and last.stream == frame.stream and frame.head.seen_s - last.head.seen_s <= _GAP_S
        if near and last is not None and last.timed == frame.timed:
            groups[-1].append(frame)
        else:
            groups.append([frame])
    singles = [[one for one in fresh if not one.sequence and one.test is test] for test in (False, True)]
    return [*groups, *(group for group in singles if group)]


def _board(work: Work, policy: Policy, group: Sequence[NewFrame]) -> Board:
    board = Board(policy, work.ids.new)
    stream, span = group[0].stream, (group[0].head.seen_s, group[-1].head.seen_s)
    new = [frame.head.observation_id for frame in group]
    for track in store.tracks_near(work, stream, span, policy.hours, _bounds(policy, group)):
        board.tracks[track.id] = track
    heads, tracks, loose = store.around(work, stream, span, policy.window - 1, new)
    board.frames[stream] = heads
    board.loose = {one.finding_id: one for one in loose}
    for track in tracks:
        known = board.tracks.setdefault(track.id, track)
        if known is not track:
            known.sightings += [one for one in track.sightings if one not in known.sightings]
            known.reasons |= track.reasons
    _set_places(work, board)
    return board


def _singles(work: Work, policy: Policy, group: Sequence[NewFrame]) -> Board:
    """Return a board with every alarmed track that a sighting of the group may stand beside."""
    board = Board(policy, work.ids.new)
    sightings = [one for frame in group for one in frame.sightings if one.raises and not frame.test]
    beside = store.tracks_beside(work, sightings, policy.farthest_m, policy.hours)
    board.tracks = {track.id: track for track in beside}
    _set_places(work, board)
    return board


def _set_places(work: Work, board: Board) -> None:
    wanted = {track.alarm_id for track in board.tracks.values() if track.alarm_id is not None}
    known = store.read(work, wanted, with_members=False) if wanted else {}
    board.places = {alarm_id: alarm.ground for alarm_id, alarm in known.items()}


def _bounds(policy: Policy, group: Sequence[NewFrame]) -> tuple[float, float, float, float] | None:
    """Return where other streams' tracks may be met; a test meets none, or it would be one alarm with the last one."""
    grounds = [
        one.ground
        for frame in group
        if frame.timed and not frame.test
        for one in frame.sightings
        if one.ground is not None
    ]
    if not grounds:
        return None
    west, south, east, north = zip(*(box_about(one, policy.farthest_m) for one in grounds), strict=True)
    return min(west), min(south), max(east), max(north)
