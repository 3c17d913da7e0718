"""Standing by (旁站): a shift begins at the site, a check comes each hour, one act stops the works, a shift ends.

What a supervisor sent is never thrown away: what proves nothing is kept as not verified. Each check that counts is the
site's own standby act too, so that its papers and the supervision rules read it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from pipewarden.casework import service as casework
from pipewarden.casework.facts import Noted, Proof, SiteState, StandbyChecked, StepRecord
from pipewarden.casework.facts.standby import GasFound
from pipewarden.casework.service import SiteFilter, StepRefusedError
from pipewarden.field.facts.standby import Check, Doubt, Shift, ShiftEnd
from pipewarden.field.rules import captures as capture_rules
from pipewarden.field.rules import standby as rules
from pipewarden.field.rules.standby_file import edition
from pipewarden.field.service import drafts
from pipewarden.field.store import captures, standby_policy
from pipewarden.field.store import standby as store
from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.people import service as people
from pipewarden.people.facts import NotFoundError
from pipewarden.sense import service as sense
from pipewarden.sense.facts import NewEvent, NewObservation, ObservationKind

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.casework.facts import Site
    from pipewarden.casework.service import Filed
    from pipewarden.field.facts.standby import NewCheck, StandbyPolicy, Stood
    from pipewarden.field.rules.standby import Reach, Timing
    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

_STOOD_BY = (SiteState.READY, SiteState.UNDER_STANDBY)
_MOST = 200
_T = TypeVar("_T")
_FIELDS = {  # as the site's papers call what is missing, and as the check does
    "gas_lel_pct": "gas_ppm",
    "pipe_distance_m": "distance_m",
    "exposed": "exposed",
    "position": "picture",  # it stands in for a place that proves nothing
}
_SITE_ACCURACY_M = 20.0  # the picture shows the site, wherever the phone thinks it is


@dataclass(frozen=True, slots=True)
class Standing:
    """A site that somebody stands by at, or must."""

    filed: Filed
    shift: Shift | None
    late: bool


def policy_of(work: Work) -> StandbyPolicy:
    """Return the edition of the policy that holds today."""
    return edition(standby_policy.shipped_standby(), work.now().date())


def standings(work: Work, actor: Actor) -> list[Standing]:
    """Return the sites to stand by at within reach, with the actor's own shift at each; that of a running one first.

    Raises:
        ForbiddenError: the actor works at no sites.
    """
    people.require(actor, casework.WORK)
    wanted = SiteFilter(states=tuple(one.value for one in _STOOD_BY), open=True)
    found = [one for one in casework.sites(work, actor, wanted, limit=_MOST) if one.site.tenant_id == work.tenant_id]
    mine = store.running(work, actor.id)
    if mine is not None and all(one.site.id != mine.site_id for one in found):
        found = [casework.site(work, actor, mine.site_id), *found]
    listed = [_standing(work, one, mine if mine is not None and mine.site_id == one.site.id else None) for one in found]
    return sorted(listed, key=lambda one: one.shift is None)


def _standing(work: Work, filed: Filed, shift: Shift | None) -> Standing:
    return Standing(filed, shift, shift is not None and rules.is_late(shift, work.now()))


def begin(work: Work, actor: Actor, site_id: UUID, draft: UUID, stood: Stood) -> tuple[Standing, bool]:
    """Begin a shift inside the site's geofence; a phone that does not know where it is begins one not verified.

    Returns:
        The site with the shift, and whether the draft was new.

    Raises:
        ForbiddenError, NotFoundError: the actor must not work there, or there is none in reach.
        RefusedError: the phone is elsewhere; nobody stands by at this site now; another shift of theirs runs.
        InputError: the draft said something else before.
    """
    filed = _reached(work, actor, site_id)
    content = drafts.content_of("begin", site_id, stood)
    before = drafts.made_before(work, actor, draft, content)
    if before is not None:
        return _standing(work, filed, _same(store.shift(work, before))), False
    site, policy = filed.site, policy_of(work)
    if site.state not in _STOOD_BY and site.repair is None:
        fix = "Ask the dispatcher: the site must be ready first."
        raise RefusedError(field="site", problem=f"is {site.state}: nobody stands by there", fix=fix)
    place = rules.reach(policy, _middle(site), stood)
    _check_inside(place)
    running = store.running(work, actor.id)
    if running is not None:
        where = "here" if running.site_id == site_id else f"at site {running.site_id}"
        raise RefusedError(field="shift", problem=f"of yours runs {where}", fix="End it first.")
    now = work.now()
    doubts = () if place.doubt is None else (place.doubt,)
    made = Shift(work.ids.new(), work.tenant_id, site_id, actor.id, policy.version, now, doubts, now + policy.every)
    store.put(work, made)
    casework.act(work, actor, site_id, None, Noted(rules.words_of("旁站开始 standby begins", (), (), doubts)))
    people.record(work, actor, "shift.standby_begun", ("site", site_id), {"shift": str(made.id)})
    drafts.keep(work, actor, draft, content, made.id)
    return _standing(work, _reached(work, actor, site_id), made), True


def check(work: Work, blobs: BlobStore, actor: Actor, site_id: UUID, new: NewCheck) -> tuple[Check, Standing, bool]:
    """Take the check of an hour: kept whatever it is worth, written to the site, its picture sent into the river.

    Returns:
        The check, the site with the shift as they stand, and whether the draft was new.

    Raises:
        ForbiddenError, NotFoundError: the actor must not work there, or there is none in reach.
        RefusedError: no shift of theirs runs there.
        InputError: the draft said something else; the checklist has a line that there is not; what the site's papers
            ask for is missing (the gas reading in the protection range).
    """
    filed = _reached(work, actor, site_id)
    content = drafts.content_of("check", site_id, *(getattr(new, name) for name in type(new).__slots__))
    before = drafts.made_before(work, actor, new.draft, content)
    if before is not None:
        known = _same(store.check(work, before))
        return known, _standing(work, filed, _same(store.shift(work, known.shift_id))), False
    policy, now = policy_of(work), work.now()
    unknown = set(new.checklist) - {one.key for one in policy.checklist}
    if unknown:
        fix = "Take the checklist that /v1/standby answers."
        raise InputError(field="checklist", problem=f"has no line {min(unknown)!r}", fix=fix)
    shift = _running_at(work, actor, site_id)
    place, when = rules.reach(policy, _middle(filed.site), new.stood), rules.timing(shift, new.taken_at, now)
    doubts = _doubts(_nonce_doubt(work, policy, actor, new, when), place, when)
    counts = rules.counts(policy, place, when, now) and filed.site.state in _STOOD_BY
    picture = "" if new.picture is None else casework.bring(work, actor, blobs, site_id, new.picture)
    broken = rules.broken(policy.checklist, new.checklist)
    words, shown = _words(policy, new, doubts), (picture,) if picture else ()
    body: StandbyChecked | Noted = Noted(words or "旁站补传 standby check", shown)
    if counts:
        body = StandbyChecked(_proof(new.stood, place, shown, words), _record(policy, shift, actor, new))
    _tell_site(work, actor, site_id, body)
    made = Check(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        shift_id=shift.id,
        site_id=site_id,
        person_id=actor.id,
        at=now,
        said_at=new.taken_at,
        late=when.late,
        counts=counts,
        doubts=doubts,
        lon=new.stood.lon,
        lat=new.stood.lat,
        accuracy_m=new.stood.accuracy_m,
        picture=picture,
        checklist=new.checklist,
        gas_ppm=new.gas_ppm,
        machines=new.machines,
        distance_m=new.distance_m,
        exposed=new.exposed,
        words=new.words,
        danger=new.gas_ppm is not None and new.gas_ppm >= policy.gas_limit_ppm,
        violations=tuple(one.violation for one in broken if one.violation is not None),
        observation_id=_observed(work, blobs, actor, filed.site, new),
    )
    store.add_check(work, made)
    if counts:
        shift = replace(shift, checks=shift.checks + 1, next_check_by=rules.next_by(policy, shift, when))
        store.put(work, shift)
    _follow(work, actor, made, policy)
    drafts.keep(work, actor, new.draft, content, made.id)
    return made, _standing(work, _reached(work, actor, site_id), shift), True


def end(work: Work, actor: Actor, site_id: UUID, draft: UUID, stood: Stood) -> tuple[Standing, bool]:
    """End the shift that runs there; from elsewhere it ends, too, as one that was left.

    Raises:
        ForbiddenError, NotFoundError, RefusedError, InputError: as for ``begin``.
    """
    filed = _reached(work, actor, site_id)
    content = drafts.content_of("end", site_id, stood)
    before = drafts.made_before(work, actor, draft, content)
    if before is not None:
        return _standing(work, filed, _same(store.shift(work, before))), False
    shift = _running_at(work, actor, site_id)
    place = rules.reach(policy_of(work), _middle(filed.site), stood)
    how = ShiftEnd.ENDED if place.doubt is None else ShiftEnd.LEFT
    shift = rules.over(shift, how, work.now())
    store.put(work, shift)
    said = f"旁站结束 standby ends: {shift.checks} checks, {shift.missed} missed"
    doubts = () if place.doubt is None else (place.doubt,)
    casework.act(work, actor, site_id, None, Noted(rules.words_of(said, (), (), doubts)))
    people.record(work, actor, "shift.standby_ended", ("site", site_id), {"shift": str(shift.id), "how": how.value})
    drafts.keep(work, actor, draft, content, shift.id)
    return _standing(work, filed, shift), True


def stop(
    work: Work, actor: Actor, site_id: UUID, draft: UUID, stood: Stood, *, violation: str, words: str
) -> tuple[Filed, UUID, bool]:
    """Stop the works for a violation: both are written, or neither. Nobody is asked to stand inside the geofence.

    Returns:
        The site, the violation's id, and whether the draft was new.

    Raises:
        ForbiddenError, NotFoundError: the actor must not work there, or there is none in reach.
        InputError: there is no such violation, or the draft said something else before.
        RefusedError: the violation is open and the works are stopped already, or the site has ended.
    """
    filed = _reached(work, actor, site_id)
    content = drafts.content_of("stop", site_id, stood, violation, words)
    before = drafts.made_before(work, actor, draft, content)
    if before is not None:
        return filed, before, False
    kind = casework.violation_kinds().get(violation)
    if kind is None:
        raise InputError(field="violation", problem=f"{violation!r} is not of the list", fix="Take a code of the list.")
    place = rules.reach(policy_of(work), _middle(filed.site), stood)
    reason = rules.words_of(words or kind.zh, (), (), () if place.doubt is None else (place.doubt,))
    found, opened, _order = casework.stop_for(work, actor, site_id, violation, reason)
    drafts.keep(work, actor, draft, content, opened)
    return found, opened, True


def _reached(work: Work, actor: Actor, site_id: UUID) -> Filed:
    found = casework.site(work, actor, site_id, casework.WORK)
    if found.site.tenant_id != work.tenant_id:
        raise NotFoundError.of("site")
    return found


def _same(found: _T | None) -> _T:
    return people.visible(found, "shift")


def _running_at(work: Work, actor: Actor, site_id: UUID) -> Shift:
    shift = store.running(work, actor.id)
    if shift is None or shift.site_id != site_id:
        raise RefusedError(field="shift", problem="of yours runs nowhere here", fix="Begin one at the site first.")
    return shift


def _middle(site: Site) -> tuple[float, float] | None:
    return None if site.lon is None or site.lat is None else (site.lon, site.lat)


def _check_inside(place: Reach) -> None:
    if place.doubt is Doubt.OUTSIDE and place.off_m is not None:
        problem = f"is {place.off_m:.0f} m from the site; {place.allowed_m:.0f} m are allowed"
        raise RefusedError(field="place", problem=problem, fix="Go to the site, wait for a better position, try again.")


def _nonce_doubt(work: Work, policy: StandbyPolicy, actor: Actor, new: NewCheck, when: Timing) -> Doubt | None:
    """Return why the nonce of a check proves nothing; it is used up."""
    kept = captures.by_digest(work, capture_rules.digest(new.nonce)) if new.nonce else None
    found = Doubt.NO_PICTURE if new.picture is None else rules.proof(policy, kept, str(actor.id), when)
    if kept is not None and kept.holder == str(actor.id) and kept.used_at is None:
        captures.use(work, kept.id)
    return found


def _doubts(proof: Doubt | None, place: Reach, when: Timing) -> tuple[Doubt, ...]:
    late = Doubt.CAME_LATE if when.late and proof is not None else None
    return tuple(one for one in (place.doubt, when.doubt, proof, late) if one is not None)


def _words(policy: StandbyPolicy, new: NewCheck, doubts: tuple[Doubt, ...]) -> str:
    no = tuple(one.zh for one in policy.checklist if new.checklist.get(one.key) is False)
    return rules.words_of(new.words, new.machines, no, doubts)


def _proof(stood: Stood, place: Reach, shown: tuple[str, ...], words: str) -> Proof:
    """Return what a check proves on its site; a position that proves nothing stays with the check."""
    if place.doubt not in {None, Doubt.ON_A_MAP}:
        return Proof(pictures=shown, words=words)
    return Proof(pictures=shown, lon=stood.lon, lat=stood.lat, accuracy_m=stood.accuracy_m, words=words)


def _record(policy: StandbyPolicy, shift: Shift, actor: Actor, new: NewCheck) -> StepRecord:
    return StepRecord(
        standby_person=actor.name,
        shift_from=shift.began_at,
        pipe_distance_m=new.distance_m,
        gas_lel_pct=None if new.gas_ppm is None else rules.lel_pct(policy, new.gas_ppm),
        exposed=new.exposed,
    )


def _tell_site(work: Work, actor: Actor, site_id: UUID, body: StandbyChecked | Noted) -> None:
    """Write a check to its site: as the standby act where it counts, else as a note.

    Raises:
        InputError: the site's papers ask for something that the check lacks.
    """
    try:
        casework.act(work, actor, site_id, None, body)
    except StepRefusedError as refused:
        field = refused.field.rsplit(".", 1)[-1]
        if field not in _FIELDS:
            raise
        raise InputError(field=_FIELDS[field], problem=refused.problem, fix=refused.fix) from refused


def _observed(work: Work, blobs: BlobStore, actor: Actor, site: Site, new: NewCheck) -> UUID | None:
    """Send the picture into the river as one of its site, so that the detector and the judge see it."""
    if new.picture is None or site.lon is None or site.lat is None or not actor.grants_for("report:create"):
        return None
    event = NewEvent(
        observation=NewObservation(
            stream=f"standby:{site.id}",
            source_id=str(new.draft),
            kind=ObservationKind.REPORT,
            picture=new.picture,
            picture_name=f"standby {new.draft}",
        ),
        source="standby",
        event_id=str(new.draft),
        words=new.words.strip() or "旁站照片 standby picture",
        lon=site.lon,
        lat=site.lat,
        accuracy_m=_SITE_ACCURACY_M,
        extra={"site": str(site.id)},
    )
    return sense.take(work, blobs, actor, event).observation.id


def _follow(work: Work, actor: Actor, made: Check, policy: StandbyPolicy) -> None:
    """Open what the checklist's noes violate, and say that there is gas; what is open already is not doubled."""
    site = _reached(work, actor, made.site_id).site
    there = {one.code for one in site.violations if one.fixed_at is None}
    said = {one.violation: one for one in policy.checklist if one.violation is not None}
    for code in made.violations:
        if code not in there:
            why = f"旁站检查表 checklist: {said[code].zh}：否 ({said[code].en}: no)"
            casework.act(work, actor, made.site_id, None, casework.violation(work, code, why))
    if made.danger and made.gas_ppm is not None:
        casework.gas_found(work, actor, made.site_id, GasFound(made.gas_ppm, policy.gas_limit_ppm, made.words))
