"""Patrols: begin one, send its points in any order and as late as it may be, end it, see it.

Nothing that a phone sent is refused for being late, doubled, out of order or unbelievable; only without the person's
consent no way is recorded. A patrol closes nothing by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from pipewarden.field.facts.patrols import Patrol, PatrolSource
from pipewarden.field.service import patrol_reckoning as reckoning
from pipewarden.field.store import patrols as store
from pipewarden.field.store.patrol_policy import patrol_policy
from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.people import service as people
from pipewarden.people.facts import ActorKind, ForbiddenError, ScopedRow
from pipewarden.people.facts.privacy import DataClass, Kept, Purpose

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from pipewarden.field.facts.patrols import Pass, PatrolPoint
    from pipewarden.field.store.patrols import PatrolRow
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

WALK, READ = "patrol:walk", "patrol:read"
MOST_POINTS = 50_000  # of one patrol: 13 hours at one a second
_MOST_CLOCKS = 2000
_DEVICE = "install"


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of points: how many are new, how many there are now."""

    new: int
    points: int


def begin(
    work: Work,
    actor: Actor,
    draft: UUID,
    began: datetime,
    phone: Mapping[str, object],
    *,
    sent: datetime | None = None,
    source: PatrolSource = PatrolSource.PHONE,
) -> tuple[Patrol, bool]:
    """Begin a patrol of the actor's own; return it, and whether it is new.

    Args:
        work: the tenant that the actor patrols for.
        actor: the patroller.
        draft: made by the phone; the same again is the same patrol.
        began: by the phone.
        phone: what the phone says of itself; ``install`` names it.
        sent: the phone's time now, which tells by how much its clock is off.
        source: by which way the points will come.

    Raises:
        ForbiddenError: the actor is no patroller.
        RefusedError: they did not agree that their way is recorded.
        InputError: the draft began another patrol before.
    """
    _check_walker(work, actor)
    made = Patrol(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        person_id=actor.id,
        draft=draft,
        source=source,
        device=str(phone.get(_DEVICE, ""))[:200],
        began_said=began,
        began_at=work.now(),
    )
    if store.add(work, made, dict(phone)):
        _note_clock(_own(work, actor, made.id), sent, work.now())
        return made, True
    found, said = store.by_draft(work, actor.id, draft)
    if found.began_said != began or said != dict(phone):
        raise _other_draft()
    return found, False


def add_points(
    work: Work, actor: Actor, patrol_id: UUID, points: Sequence[PatrolPoint], *, sent: datetime | None = None
) -> Taken:
    """Keep points of one's own patrol; a number that is there keeps its first point, a patrol that ended takes more.

    Raises:
        ForbiddenError, NotFoundError: the actor is no patroller, or has no such patrol.
        RefusedError: they no longer agree that their way is recorded.
        InputError: a patrol has more points than anybody can walk.
    """
    _check_walker(work, actor)
    row = _own(work, actor, patrol_id)
    _note_clock(row, sent, work.now())
    return _take(work, row, points)


def end(work: Work, actor: Actor, patrol_id: UUID, draft: UUID, ended: datetime) -> Patrol:
    """End one's own patrol and work it out; the same draft again is answered the same.

    Raises:
        ForbiddenError, NotFoundError: as for ``add_points``.
        InputError: the draft ended it at another time before.
        RefusedError: another draft ended it.
    """
    people.require(actor, WALK)
    row = _own(work, actor, patrol_id)
    if row.ended_at is None:
        row.ended_at, row.ended_said, row.end_draft = work.now(), ended, draft
        reckoning.reckon(work, row)
    elif row.end_draft == draft and row.ended_said != ended:
        raise _other_draft()
    elif row.end_draft not in {draft, None}:
        raise RefusedError(field="draft", problem="is not the one that ended this patrol", fix="Begin a new patrol.")
    work.session.flush()
    return store.patrol_of(row)


def end_silent(work: Work) -> int:
    """End the tenant's patrols that sent nothing for hours, as apps do that know no end; return how many."""
    rows = store.silent(work, work.now() - patrol_policy().silent, limit=100)
    for row in rows:
        _close(work, row)
    return len(rows)


def patrols(work: Work, actor: Actor, *, limit: int, before: UUID | None = None) -> list[Patrol]:
    """Return the newest patrols in reach: a patroller's own, a dispatcher's area's, a manager's tenant's.

    Raises:
        ForbiddenError: the actor reads no patrols.
    """
    return store.page(work, people.scope_filter(actor, READ, store.PATROLS), limit=limit, before=before)


def patrol(work: Work, actor: Actor, patrol_id: UUID) -> Patrol:
    """Return one patrol in reach.

    Raises:
        ForbiddenError, NotFoundError: the actor reads none, or not this one.
    """
    reach = people.scope_filter(actor, READ, store.PATROLS)
    found = store.page(work, reach, store.PatrolRow.id == patrol_id, limit=1)
    return people.visible(next(iter(found), None), "patrol")


def passes(work: Work, found: Patrol) -> list[Pass]:
    """Return when a patrol that the caller may see came by which pipe; nothing once its track is gone."""
    points = store.points(work, found.id) if found.tenant_id == work.tenant_id else []
    if not points:
        return []
    track, legs = reckoning.legs_of(points, [(0.0, found.skew_s or 0.0)])
    return reckoning.saw(work, track, legs)[1]


def bind_phone(work: Work, actor: Actor, text: str) -> UUID:
    """Let a device key bring the actor's points by the OsmAnd protocol: whoever shows the key may bind it.

    Raises:
        ForbiddenError: the actor is no patroller.
        RefusedError: they did not agree that their way is recorded.
        InputError: the text is no living key of the tenant that may bring points.
    """
    _check_walker(work, actor)
    device = people.actor_by_key(work.session, text, work.now())
    if device is None or device.tenant_id != work.tenant_id or WALK not in device.permissions():
        fix = f"Ask your administrator for a device key with {WALK}."
        raise InputError(field="key", problem="is no key that may bring points", fix=fix)
    store.bind_phone(work, device.id, actor.id)
    people.record(work, actor, "patrol.phone_bound", ("api_key", device.id), {"person": str(actor.id)})
    return device.id


def from_phone(work: Work, device: Actor, point: PatrolPoint) -> Taken:
    """Keep a point that a bound phone sent: in its person's open patrol, or in a new one.

    Raises:
        ForbiddenError: the key may bring no points.
        InputError: nobody has bound it.
        RefusedError: its person does not agree, or patrols no longer.
    """
    people.require(device, WALK)
    person_id = store.holder(work, device.id)
    if person_id is None:
        raise InputError(field="id", problem="is bound to nobody", fix="Bind it: POST /v1/patrol-phones, signed in.")
    walker = people.actor_of(work, person_id)
    if walker is None:
        raise RefusedError(field="id", problem="belongs to somebody who has left", fix="Bind it to somebody else.")
    _check_walker(work, walker)
    row = store.open_of(work, person_id, str(device.id))
    if row is not None and work.now() - row.heard_at > patrol_policy().silent:
        _close(work, row)
        row = None
    if row is None:
        told, _ = begin(work, walker, work.ids.new(), point.at, {_DEVICE: str(device.id)}, source=PatrolSource.OSMAND)
        row = _own(work, walker, told.id)
    return _take(work, row, [point])


def _take(work: Work, row: PatrolRow, points: Sequence[PatrolPoint]) -> Taken:
    forgotten = row.verified is not None and row.shape is None  # its days are over: the sums stay as they were
    new = store.add_points(work, row.id, points)
    if row.points + new > MOST_POINTS:
        raise InputError(
            field="points", problem=f"are more than {MOST_POINTS:,}", fix="End this patrol, begin another."
        )
    if new and not row.area_path:
        area = people.area_at(work, points[0].lon, points[0].lat)
        row.area_path = "" if area is None else area.path
    row.points, row.heard_at = row.points + new, work.now()
    work.session.flush()
    if new and row.ended_at is not None and not forgotten:
        reckoning.reckon(work, row)
    return Taken(new, row.points)


def _close(work: Work, row: PatrolRow) -> None:
    row.ended_at = work.now()
    reckoning.reckon(work, row)


def _check_walker(work: Work, actor: Actor) -> None:
    """Refuse who is no patroller, and who did not agree (PIPL art. 28, 29: whereabouts are sensitive)."""
    people.require_row(actor, WALK, ScopedRow(work.tenant_id, owner_id=actor.id), "patrol")
    if actor.kind is not ActorKind.PERSON:
        raise ForbiddenError(field="actor", problem="is no person", fix="Bind the key to a person who patrols.")
    if not people.consented(work, actor.id, Purpose.LOCATION):
        raise RefusedError(
            field="consent",
            problem="to record where you go while you patrol is not given",
            fix="Read it and agree: POST /v1/me/consents with the purpose location.",
        )


def _own(work: Work, actor: Actor, patrol_id: UUID) -> PatrolRow:
    return people.visible(store.lock(work, actor.id, patrol_id), "patrol")


def _note_clock(row: PatrolRow, sent: datetime | None, now: datetime) -> None:
    if sent is not None and len(row.clocks) < _MOST_CLOCKS:
        row.clocks = [*row.clocks, [sent.timestamp(), now.timestamp()]]


def _other_draft() -> InputError:
    fix = "Make a new draft for what is new."
    return InputError(field="draft", problem="was sent before with other contents", fix=fix)


class PatrolKeeper:
    """Tracks of patrols: sensitive data by PIPL art. 28. Implements ``people.ports.Keeper``, one piece a patrol."""

    cls = DataClass.TRACKS

    def older(self, work: Work, before: datetime, after: tuple[datetime, str] | None, limit: int) -> list[Kept]:
        """Return tracks that were over at a moment."""
        past = None if after is None else (after[0], UUID(after[1]))
        return [_kept(*one) for one in store.kept(work, store.older_than(before), after=past, limit=limit)]

    def needed(self, work: Work, items: Collection[Kept]) -> set[str]:  # noqa: ARG002  the port's names
        """Return nothing: what a patrol saw is kept without the way."""
        return set()

    def delete(self, work: Work, items: Collection[Kept]) -> set[str]:
        """Delete the points and what was drawn from them to compare."""
        store.forget(work, [UUID(one.id) for one in items])
        return {one.id for one in items}

    def of_person(self, work: Work, person_id: UUID, limit: int) -> list[Kept]:
        """Return where a person went."""
        return [_kept(*one) for one in store.kept(work, store.of_person(person_id), limit=limit)]


def _kept(patrol_id: UUID, person_id: UUID, since: datetime) -> Kept:
    name = str(patrol_id)
    subjects = frozenset({f"patrol:{patrol_id}", f"person:{person_id}"})
    return Kept(DataClass.TRACKS, name, people.digest_of(name), since, subjects)
