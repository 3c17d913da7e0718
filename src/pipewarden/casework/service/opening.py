"""Following alarms: whatever needs a person gets a site at once, and the site follows what its alarm does.

Every change of an alarm or of its verdict comes here, as often as it likes: each is compared with the site as it
stands, so that the same fact twice changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pipewarden.casework import store
from pipewarden.casework.facts import (
    Discovered,
    Ended,
    InCompound,
    MergedInto,
    Parted,
    Proof,
    Reopened,
    SiteState,
    StopOrdered,
    StopRefused,
    Struck,
    ViolationOpened,
)
from pipewarden.casework.rules import LEVEL, allowed, comes_back, replaced
from pipewarden.casework.service.files import append, open_site
from pipewarden.casework.service.machines import machine_of, works_there
from pipewarden.casework.service.matching import UNKNOWN_OFF_M, ground_at
from pipewarden.casework.service.patrols import hand_on, looked_for
from pipewarden.casework.service.records import contractor_of
from pipewarden.casework.service.supervising import broken
from pipewarden.dedupe import service as dedupe
from pipewarden.judge import service as judge
from pipewarden.judge.facts import Code, Source, Verdict
from pipewarden.network.facts import Zone

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from uuid import UUID

    from pipewarden.casework.facts import Body, Site
    from pipewarden.casework.store import Filed
    from pipewarden.casework.store.sites import Stands
    from pipewarden.dedupe.facts import Alarm
    from pipewarden.judge.facts import ReviewItem
    from pipewarden.kit.work import Work

_DEEPEST = 100


def look_for(work: Work, *, page: int) -> int:
    """Open sites of alarms that wait for a person and that no fact has told of; return how many opened.

    An alarm may come to wait because time passes and nothing else happens: a judge that is silent, or down. However
    long ago that was, and however many there are, each is found.

    Args:
        work: the transaction.
        page: how many are looked at in one go.
    """
    opened = 0
    for found in judge.waiting(work, page=page):
        unknown = _unattended(work, found)
        if unknown:
            follow(work, unknown)
            opened += sum(one.open for one in store.sites.stands(work, unknown).values())
    return opened


def _unattended(work: Work, alarm_ids: Collection[UUID]) -> list[UUID]:
    """Return those that no open site follows; of an ended site's only what was seen there since."""
    stands = store.sites.stands(work, alarm_ids)
    ended = {alarm_id: one for alarm_id, one in stands.items() if not one.open and one.ended_at is not None}
    alarms = dedupe.known(work, ended) if ended else {}
    quiet = {
        alarm_id
        for alarm_id, one in ended.items()
        if alarm_id not in alarms or not _is_news(work, alarms[alarm_id], one)
    }
    return [one for one in alarm_ids if one not in quiet and not (one in stands and stands[one].open)]


def _is_news(work: Work, alarm: Alarm, there: Stands) -> bool:
    fresh = there.machine_s is None or _seen_s(alarm) > there.machine_s
    return fresh and there.ended_at is not None and _seen_at(work, alarm) > there.ended_at


def in_hand(work: Work, alarm_ids: Collection[UUID]) -> set[UUID]:
    """Return those of the tenant's alarms whose site is open."""
    return {alarm_id for alarm_id, one in store.sites.stands(work, alarm_ids).items() if one.open}


def follow(work: Work, alarm_ids: Collection[UUID]) -> None:
    """Open, move, merge, part, end and open again the sites of alarms that changed, in the order given.

    The house's own test alarms are nobody's business: they open nothing.
    """
    store.sites.lock_opening(work)
    items = judge.cases(work, alarm_ids)
    for _ in range(_DEEPEST):
        ends = {one.case.merged_into for one in items.values() if one.case.merged_into is not None} - items.keys()
        if not ends:
            break
        items |= judge.cases(work, ends)
    alarms = {alarm_id: one for alarm_id, one in dedupe.known(work, items).items() if not one.test}
    desk = _Desk(work, store.sites.lock_of_alarms(work, items))
    for alarm_id in dict.fromkeys(alarm_ids):
        if alarm_id in items and alarm_id in alarms:
            _follow(work, items, alarms, desk, alarm_id)


@dataclass(slots=True)
class _Desk:
    """The sites of the alarms of one batch, held; one that was written is read anew when it is asked for again."""

    work: Work
    filed: dict[UUID, Filed]
    written: set[UUID] = field(default_factory=set)

    def of(self, alarm_id: UUID) -> Filed | None:
        """Return an alarm's site as it stands."""
        if alarm_id in self.written:
            self.written.discard(alarm_id)
            self.filed |= store.sites.lock_of_alarms(self.work, [alarm_id])
        return self.filed.get(alarm_id)


def _follow(
    work: Work, items: Mapping[UUID, ReviewItem], alarms: Mapping[UUID, Alarm], desk: _Desk, alarm_id: UUID
) -> None:
    item, mine = items[alarm_id], desk.of(alarm_id)
    if item.case.merged_into is not None:
        if mine is not None and mine.site.open:
            kept = _last(items, item)
            if kept.case.alarm_id in alarms:
                _merge(work, mine.site, kept, alarms[kept.case.alarm_id], desk)
        return
    alarm = alarms[alarm_id]
    if mine is not None:
        _keep(work, mine, item, alarm)
    elif _wants_site(work, item):
        _open(work, item, alarm)
    else:
        return
    desk.written.add(alarm_id)


def _last(items: Mapping[UUID, ReviewItem], item: ReviewItem) -> ReviewItem:
    """Return the alarm that a merged one leads to."""
    for _ in range(_DEEPEST):
        following = None if item.case.merged_into is None else items.get(item.case.merged_into)
        if following is None:
            return item
        item = following
    raise RuntimeError("merged alarms must not lead in a ring")


def _wants_site(work: Work, item: ReviewItem) -> bool:
    """Tell whether an alarm needs somebody in charge: the one place where it is asked which alarms open a site."""
    return (item.zone is not Zone.OUTSIDE or _told_in_compound(work, item)) and _stands(work, item)


def _told_in_compound(work: Work, item: ReviewItem) -> bool:
    """Tell whether people report works inside a compound: its pipes are often on no map, so somebody looks at once."""
    told = any(one.code is Code.WORDS for one in item.case.reasons)
    if not told or item.lon is None or item.lat is None:
        return False
    return ground_at(work, (item.lon, item.lat), UNKNOWN_OFF_M)[0] is InCompound.INSIDE


def _stands(work: Work, item: ReviewItem) -> bool:
    """Tell whether works may be going on: confirmed, or a person is to look and the judge does not wait any more."""
    case = item.case
    if case.verdict is Verdict.PERSON:
        return case.due_at is not None and case.due_at <= work.now()
    return case.verdict is Verdict.CONFIRMED


def _open(work: Work, item: ReviewItem, alarm: Alarm) -> Site:
    reason = "; ".join(one.code.value for one in item.case.reasons) or item.case.verdict.value
    body = Discovered(alarm.id, item.zone, LEVEL[item.zone], item.lon, item.lat, reason)
    site = open_site(work, body)
    store.sites.set_machine(work, site.id, _seen_s(alarm))
    return site


def _keep(work: Work, mine: Filed, item: ReviewItem, alarm: Alarm) -> None:
    """Let a site follow its alarm."""
    site, seen_s = mine.site, _seen_s(alarm)
    fresh = mine.machine_s is None or seen_s > mine.machine_s
    if site.merged_into is not None:
        site = append(work, site, [Parted("its alarm stands for itself again")])
    if not site.open and mine.ended_at is not None and _wants_site(work, item):
        why = comes_back(site, mine.ended_at, _seen_at(work, alarm), item.zone) if fresh else None
        if why is not None:
            site = append(work, site, [Reopened(why)])
    if site.open:
        moved = replaced(site, item.zone, None if item.lon is None or item.lat is None else (item.lon, item.lat))
        site = site if moved is None else append(work, site, [moved])
        site = _judged(work, site, item)
        if fresh and works_there(item.case):
            opened = broken(work, site, machine_of(alarm, _seen_at(work, alarm)))
            site = append(work, site, opened) if opened else site
    if fresh and site.open:  # on an ended site it stays news until the judge has considered it, too
        store.sites.set_machine(work, site.id, seen_s)


def _judged(work: Work, site: Site, item: ReviewItem) -> Site:
    """End a site that nobody has touched and whose alarm a person called false; no rule and no model ends one.

    Not one where a patrol is still wanted, for what no picture shows, nor one that does not allow it.
    """
    said = item.case.decided
    false = item.case.verdict is Verdict.REJECTED and item.case.by is Source.PERSON and said is not None
    if not false or said is None or store.sites.touched(work, site.id) or looked_for(work, site):
        return site
    end = Ended(SiteState.FALSE, said.code.value, said.words or "a reviewer called it false")
    return site if allowed(site, end, work.now()) is not None else append(work, site, [end])


def _merge(work: Work, gone: Site, kept: ReviewItem, alarm: Alarm, desk: _Desk) -> None:
    """Let another site take over: what was grave on the one that goes stays grave on the one that is kept."""
    there = desk.of(alarm.id)
    site = _open(work, kept, alarm) if there is None else there.site
    if site.merged_into is not None:
        site = append(work, site, [Parted("another alarm was merged into its own")])
    if not site.open:
        site = append(work, site, [Reopened(f"site {gone.id}, still open, was merged into it")])
    hand_on(work, gone, append(work, site, _grave(work, gone, site)))
    append(work, gone, [MergedInto(site.id, "its alarm was merged")])
    desk.written.add(alarm.id)


def _grave(work: Work, gone: Site, site: Site) -> list[Body]:
    """Return what hangs on a site that goes and must not be lost with it; one record has it once."""
    counted = None if contractor_of(work, gone) is None else gone.id
    has = {one.code for one in site.violations if one.fixed_at is None}
    told: list[Body] = [
        ViolationOpened(
            work.ids.new(),
            one.code,
            one.severity,
            one.clause,
            f"site {gone.id}: {one.reason}",
            one.due_at,
            from_site=counted,
        )
        for one in gone.violations
        if one.fixed_at is None and one.code not in has
    ]
    told += _stops(work, gone, site, counted)
    untold = gone.strike is not None and gone.strike.reported_at is None
    if gone.strike is not None and untold and (site.strike is None or site.strike.reported_at is not None):
        told.append(Struck(f"site {gone.id}: {gone.strike.words}", counted))
    return told


def _stops(work: Work, gone: Site, site: Site, counted: UUID | None) -> list[Body]:
    """Return the stop order that holds on a site that goes, with its refusal, as far as the other one lacks them."""
    theirs = next((one for one in gone.stops if one.resumed_at is None), None)
    if theirs is None:
        return []
    mine = next((one for one in site.stops if one.resumed_at is None), None)
    stop_id = work.ids.new() if mine is None else mine.id
    told: list[Body] = [] if mine is not None else [StopOrdered(stop_id, f"site {gone.id}: {theirs.reason}")]
    if theirs.refused_at is not None and (mine is None or mine.refused_at is None):
        told.append(StopRefused(stop_id, Proof(words=f"site {gone.id}: the stop order was refused"), counted))
    return told


def _seen_s(alarm: Alarm) -> float:
    return alarm.last_offset_s if alarm.last_seen is None else alarm.last_seen.timestamp()


def _seen_at(work: Work, alarm: Alarm) -> datetime:
    """Return when it was last seen; now where its source tells no time."""
    return work.now() if alarm.last_seen is None else alarm.last_seen.astimezone(UTC)
