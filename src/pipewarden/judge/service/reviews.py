"""Reviews: the queue of alarms that people look at, and what they decide."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pipewarden.dedupe import service as dedupe
from pipewarden.dedupe.facts import Policy
from pipewarden.judge import store
from pipewarden.judge.facts import (
    TRUE_CODES,
    Case,
    Code,
    Decided,
    JudgePolicy,
    Reason,
    Released,
    Remembered,
    ReviewCode,
    ReviewItem,
    Source,
    Taken,
    Yard,
)
from pipewarden.judge.service.bench import Docketed
from pipewarden.judge.service.gathering import gather
from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.network.facts import INSIDE, RANK, Zone
from pipewarden.people import service as people
from pipewarden.people.facts import NotFoundError
from pipewarden.perceive.facts import FindingClass

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from pipewarden.dedupe.facts import Alarm
    from pipewarden.judge.facts import JudgeEvent
    from pipewarden.judge.service.gathering import Seen
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor
    from pipewarden.perceive.facts import Box

EPOCH = datetime.fromtimestamp(0, UTC)
READ, DECIDE, EVIDENCE = "review:read", "review:decide", "evidence:read"
_UNJUDGED_AFTER = timedelta(seconds=60)
_UNJUDGED_MOST = 50
_DEEPEST = 100
_YARD_M = Policy().site_m
_SCENERY = frozenset({ReviewCode.NOT_A_MACHINE, ReviewCode.WEATHER, ReviewCode.FAR_SIDE})
_COUNTS = 3  # a reviewer's word weighs as much as three pictures of an empty scene
_LONGEST = 2000


def reviews(
    work: Work, actor: Actor, *, limit: int, after: tuple[int, datetime, UUID] | None = None
) -> list[ReviewItem]:
    """Return what waits for a person within the actor's reach: protection range first, oldest first.

    The first page also holds alarms that nobody has judged for a minute: where the judge itself is down, people look.

    Raises:
        ForbiddenError: the actor reads no reviews.
    """
    scope = people.scope_filter(actor, READ, store.CASES)
    found = [item(row, case) for row, case in store.cases.queue(work, scope, work.now(), limit=limit, after=after)]
    if after is not None or not actor.grants_for(dedupe.READ):
        return found
    newest = dedupe.seen_alarms(work, actor, dedupe.Wanted(), limit=_UNJUDGED_MOST)
    late = unjudged(work, {one.id: one for one in newest})
    return sorted([*late, *found], key=lambda one: (one.rank, one.case.due_at, one.case.alarm_id))[:limit]


def unjudged(work: Work, alarms: Mapping[UUID, Alarm]) -> list[ReviewItem]:
    """Return those of ``alarms`` that have no case although they have stood for a minute: people look at them."""
    known = store.cases.known(work, alarms)
    before = work.now() - _UNJUDGED_AFTER
    return [_bare(one) for one in alarms.values() if one.id not in known and _made_at(one) <= before]


def _made_at(alarm: Alarm) -> datetime:
    """Return when an alarm was made, as its id tells (RFC 9562: milliseconds since 1970 in the first 48 bits)."""
    return EPOCH + timedelta(milliseconds=alarm.id.int >> 80)


def _bare(alarm: Alarm) -> ReviewItem:
    at = _made_at(alarm)
    late = Reason(Code.LATE, Source.HOUSE, "nobody has judged it yet")
    told = Reason(Code.WORDS, Source.HOUSE, "somebody reported it")
    case = Case(
        alarm_id=alarm.id,
        tenant_id=alarm.tenant_id,
        reasons=(late, told) if alarm.cls == FindingClass.REPORT else (late,),
        since=at,
        due_at=at,
    )
    return ReviewItem(
        case=case,
        rank=RANK[alarm.answer.zone],
        made_at=at,
        camera_id=None,
        lon=None if alarm.ground is None else alarm.ground.lon,
        lat=None if alarm.ground is None else alarm.ground.lat,
        zone=alarm.answer.zone,
        score=alarm.score,
        frames=alarm.frames,
    )


def review(work: Work, actor: Actor, alarm_id: UUID, permission: str = READ) -> ReviewItem:
    """Return the review of an alarm, or of the one it was merged into, whether or not it still waits.

    Raises:
        ForbiddenError: the actor holds the permission nowhere.
        NotFoundError: there is none in reach.
    """
    scope = people.scope_filter(actor, permission, store.CASES)
    for _ in range(_DEEPEST):
        found = store.cases.one(work, scope, alarm_id)
        if found is None:
            return _bare(_nobodys(work, actor, alarm_id, permission))
        row, case = found
        if case.merged_into is None:
            return item(row, case)
        alarm_id = case.merged_into
    raise RuntimeError("merged alarms must not lead in a ring")


def _nobodys(work: Work, actor: Actor, alarm_id: UUID, permission: str) -> Alarm:
    """Return an alarm in reach that has no case yet."""
    try:
        alarm = dedupe.seen_alarm(work, actor, alarm_id, permission)
    except NotFoundError as error:
        raise NotFoundError.of("review") from error
    if store.cases.known(work, [alarm.id]):
        raise NotFoundError.of("review")
    return alarm


def evidence(work: Work, actor: Actor, alarm_id: UUID) -> tuple[str, Box]:
    """Return the picture (SHA-256) and the box that a review is about.

    Raises:
        ForbiddenError: the actor sees no evidence, or no reviews.
        NotFoundError: there is none in reach, or it has no picture.
    """
    people.require(actor, EVIDENCE)
    item = review(work, actor, alarm_id)
    review(work, actor, alarm_id, EVIDENCE)
    alarm = dedupe.alarm(replace(work, tenant_id=item.case.tenant_id), item.case.alarm_id)
    if not alarm.evidence:
        raise NotFoundError.of("evidence")
    return alarm.evidence, alarm.evidence_box


def history(work: Work, item: ReviewItem) -> list[JudgeEvent]:
    """Return what happened to a review's alarm before the judge, oldest first."""
    return store.cases.events(replace(work, tenant_id=item.case.tenant_id), item.case.alarm_id)


def verdict(work: Work, actor: Actor, alarm_id: UUID) -> Case:
    """Return the verdict on an alarm that the actor may see; one that nobody has judged needs a person.

    Raises:
        ForbiddenError, NotFoundError: as for the alarm itself.
    """
    alarm = dedupe.seen_alarm(work, actor, alarm_id)
    there = replace(work, tenant_id=alarm.tenant_id)
    return store.cases.read(there, [alarm.id]).get(alarm.id) or _bare(alarm).case


def take(work: Work, actor: Actor, alarm_id: UUID, policy: JudgePolicy) -> ReviewItem:
    """Take a review: for a quarter of an hour nobody else decides it.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none in reach.
        RefusedError: somebody else has it, or nobody needs to look at it any more.
    """
    docketed = _own(work, actor, alarm_id)
    _free(docketed.case, actor, work.now(), policy)
    if not docketed.case.open:
        raise RefusedError(field="review", problem="waits for nobody any more", fix="Take the next one.")
    if docketed.case.taken_by != actor.id or docketed.case.taken_at != work.now():
        docketed.add(Taken(actor.id), _name(actor))
    docketed.close()
    return review(work, actor, docketed.case.alarm_id)


def release(work: Work, actor: Actor, alarm_id: UUID) -> ReviewItem:
    """Give a review back; one that the actor has not taken stays as it is.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none in reach.
    """
    docketed = _own(work, actor, alarm_id)
    if docketed.case.taken_by == actor.id:
        docketed.add(Released(), _name(actor))
    docketed.close()
    return review(work, actor, docketed.case.alarm_id)


def decide(
    work: Work,
    actor: Actor,
    alarm_id: UUID,
    *,
    code: ReviewCode,
    words: str,
    silence: timedelta | None,
    policy: JudgePolicy,
) -> ReviewItem:
    """Decide what an alarm was; a false one is silent for a time, at the longest as the policy lets a person.

    Where:
        silence: of a false one, how long; a day when None. Nothing for a true one.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none in reach.
        RefusedError: somebody else has taken it.
        InputError: the silence is no time, longer than the policy allows there, or given for a true one.
    """
    docketed = _own(work, actor, alarm_id)
    now = work.now()
    _free(docketed.case, actor, now, policy)
    alarm = dedupe.alarm(work, docketed.case.alarm_id)
    seen = gather(work, alarm, docketed.case)
    until = _until(code, silence, seen.basis.zone, now, policy)
    if docketed.case.ask_id is not None:
        store.asks.drop(work, docketed.case.ask_id)
    docketed.add(Decided(code in TRUE_CODES, code, words[:_LONGEST], until, seen.basis), _name(actor))
    _learn(work, docketed.case, seen, code, until)
    docketed.close()
    details = {"code": code.value, "until": None if until is None else until.isoformat(), "words": words}
    people.record(work, actor, "review.decided", ("alarm", alarm.id), details)
    return review(work, actor, alarm.id, DECIDE)


def _until(
    code: ReviewCode, silence: timedelta | None, zone: Zone, now: datetime, policy: JudgePolicy
) -> datetime | None:
    if code in TRUE_CODES:
        if silence is not None:
            raise InputError(field="silence_h", problem="is given for works that are there", fix="Leave it out.")
        return None
    longest = policy.longest_inside if zone in INSIDE else policy.longest
    wanted = policy.silence if silence is None else silence
    if not timedelta() < wanted <= longest:
        raise InputError(
            field="silence_h",
            problem=f"is not within 0 to {longest.days * 24} hours, the longest in zone {zone}",
            fix="Give fewer hours; it can be silenced again.",
        )
    return now + wanted


def _learn(work: Work, case: Case, seen: Seen, code: ReviewCode, until: datetime | None) -> None:
    """Let the scene rules know what a reviewer has seen there; an earlier word about the same alarm counts no more."""
    store.places.forget_alarm(work, case.alarm_id)
    if code in _SCENERY:
        for view in seen.views:
            if view.camera_id is not None:
                last = view.sights[-1]
                kept = Remembered(last.box, last.features, max(_COUNTS, len(view.sights)))
                store.places.remember(work, view.camera_id, [kept], alarm_id=case.alarm_id)
    elif code is ReviewCode.YARD and until is not None and seen.views:
        view, ground = seen.views[0], seen.alarm.ground
        yard = Yard(
            alarm_id=case.alarm_id,
            stream=view.stream,
            box=view.sights[-1].box,
            lon=None if ground is None else ground.lon,
            lat=None if ground is None else ground.lat,
            radius_m=_YARD_M if ground is None else max(_YARD_M, 2 * ground.sigma_m),
            until=until,
        )
        store.places.add_yard(work, yard)


def _own(work: Work, actor: Actor, alarm_id: UUID) -> Docketed:
    """Return the locked case of an alarm of the tenant worked for; one that nobody has judged yet is made."""
    found = review(work, actor, alarm_id, DECIDE).case
    if found.tenant_id != work.tenant_id:
        raise NotFoundError.of("review")
    case = store.cases.lock(work, [found.alarm_id])[found.alarm_id]
    if case.since is None:
        store.cases.write_head(work, case.alarm_id, gather(work, dedupe.alarm(work, case.alarm_id), case).head)
    if case.merged_into is not None:
        raise RefusedError(field="review", problem="was merged into another just now", fix="Ask again.")
    return Docketed(work, case)


def _free(case: Case, actor: Actor, now: datetime, policy: JudgePolicy) -> None:
    held = case.taken_at is not None and now < case.taken_at + policy.hold
    if held and case.taken_by != actor.id:
        raise RefusedError(field="review", problem="was taken by somebody else", fix="Take another, or wait.")


def item(row: store.CaseRow, case: Case) -> ReviewItem:
    """Return a case beside what its row repeats of its alarm."""
    return ReviewItem(
        case=case,
        rank=row.rank,
        made_at=row.made_at,
        camera_id=row.camera_id,
        lon=row.lon,
        lat=row.lat,
        zone=Zone(row.zone),
        score=row.score,
        frames=row.frames,
    )


def _name(actor: Actor) -> str:
    return f"{actor.kind}:{actor.id}"
