"""From what earlier slices tell to cases: who is counted, who is the rest, who is left out and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.insight.facts import Case, CaseKind, Part
from pipewarden.learn.facts.outcome import Papers
from pipewarden.network.facts import Zone

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from pipewarden.casework.facts.counted import BegunWorks, Broken, Paper, Place, SiteTimes
    from pipewarden.casework.facts.strike import StrikeFile
    from pipewarden.field.facts.patrols import Missed
    from pipewarden.field.facts.standby import OwedHour
    from pipewarden.learn.facts.outcome import Outcome

_MACHINE = "machine"  # perceive's class of what digs
BRIEFED, PLANNED, CHANGED, REPAIR = "briefed", "plan_signed", "works_changed", "repair_declared"


def _ended(one: Outcome, part: Part, *, why: str = "", group: str = "") -> Case:
    return Case(
        id=str(one.site_id),
        kind=CaseKind.SITE,
        tenant_id=one.tenant_id,
        at=one.ended_at,
        part=part,
        why=why,
        group=group,
        name=group,
        site_id=one.site_id,
        lon=one.lon,
        lat=one.lat,
    )


def no_works(one: Outcome) -> str:
    """Return why an outcome is none of works that happened: rendered, nobody looked, none there; empty where it is."""
    if one.rendered:
        return "rendered"
    if one.true is None:
        return "unsaid"
    return "" if one.true else "untrue"


def by_source(outcomes: Iterable[Outcome]) -> list[Case]:
    """Return works that ended, each under what told of it first."""
    made = []
    for one in outcomes:
        why = no_works(one)
        part = Part.LEFT_OUT if why else Part.COUNTED
        made.append(_ended(one, part, why=why, group="" if why else one.found[0].value))
    return made


def unfiled(outcomes: Iterable[Outcome]) -> list[Case]:
    """Return works that ended: unfiled ones are counted, of which nobody knows are left out."""
    made = []
    for one in outcomes:
        why = no_works(one) or ("papers_unknown" if one.papers is Papers.UNKNOWN else "")
        part = Part.LEFT_OUT if why else (Part.COUNTED if one.papers is Papers.UNFILED else Part.REST)
        made.append(_ended(one, part, why=why))
    return made


def times(sites: Iterable[SiteTimes], reached: str, rendered: Collection[UUID], now: datetime) -> list[Case]:
    """Return sites by how long it took until something happened first; who still waits is the rest.

    Args:
        sites: opened in the time asked about.
        reached: the field of ``SiteTimes`` that says when.
        rendered: sites that are drawn and no photographs.
        now: until when the others have waited.
    """
    made = []
    for one in sites:
        at: datetime | None = getattr(one, reached)
        part, why = Part.COUNTED if at is not None else Part.REST, ""
        if one.merged:
            part, why = Part.LEFT_OUT, "merged"
        elif one.id in rendered:
            part, why = Part.LEFT_OUT, "rendered"
        elif at is None and one.ended_at is not None:
            part, why = Part.LEFT_OUT, "ended_without"
        took = ((now if at is None else at) - one.opened_at).total_seconds()
        made.append(_opened(one, part, why=why, value=None if part is Part.LEFT_OUT else took))
    return made


def _opened(
    one: SiteTimes, part: Part, *, why: str = "", value: float | None = None, group: tuple[str, str] = ("", "")
) -> Case:
    return Case(
        id=str(one.id),
        kind=CaseKind.SITE,
        tenant_id=one.tenant_id,
        at=one.opened_at,
        part=part,
        why=why,
        group=group[0],
        name=group[1],
        value=value,
        site_id=one.id,
        lon=one.lon,
        lat=one.lat,
    )


def hours(owed: Iterable[OwedHour], places: Mapping[UUID, Place]) -> list[Case]:
    """Return the checks that shifts owed at sites in reach: who came is counted, verified or doubted."""
    made = []
    for one in owed:
        there = places.get(one.site_id)
        if there is None:
            continue
        group = ("doubted" if one.doubted else "verified") if one.kept else ""
        made.append(
            Case(
                id=str(one.id),
                kind=CaseKind.CHECK,
                tenant_id=one.tenant_id,
                at=one.at,
                part=Part.COUNTED if one.kept else Part.REST,
                group=group,
                name=group,
                site_id=one.site_id,
                lon=there.lon,
                lat=there.lat,
            )
        )
    return made


def attended(stood: Mapping[UUID, datetime], places: Mapping[UUID, Place], shifts: Collection[UUID]) -> list[Case]:
    """Return the sites that were under standby: those where a shift ran are counted."""
    return [
        Case(
            id=str(site_id),
            kind=CaseKind.SITE,
            tenant_id=places[site_id].tenant_id,
            at=at,
            part=Part.COUNTED if site_id in shifts else Part.REST,
            site_id=site_id,
            lon=places[site_id].lon,
            lat=places[site_id].lat,
        )
        for site_id, at in stood.items()
        if site_id in places
    ]


def briefed(outcomes: Iterable[Outcome], papers: Iterable[Paper]) -> list[Case]:
    """Return works that ended and at which a machine was seen: briefed and planned before it are counted.

    A change of the works takes both back (domain.md 4.3 row 14). An emergency repair digs first by law
    (城市道路管理条例 第三十四条), and outside every range neither is asked for: both are left out.
    """
    by: dict[UUID, list[Paper]] = {}
    for paper in papers:
        by.setdefault(paper.site_id, []).append(paper)
    made = []
    for one in outcomes:
        steps = [paper for paper in by.get(one.site_id, []) if paper.at <= one.ended_at]
        why = no_works(one) or _no_machine(one, steps)
        if why:
            made.append(_ended(one, Part.LEFT_OUT, why=why))
        else:
            made.append(_ended(one, Part.COUNTED if _ready(one, steps) else Part.REST))
    return made


def _no_machine(one: Outcome, steps: Sequence[Paper]) -> str:
    if one.cls != _MACHINE:
        return "no_machine"
    if one.zone is Zone.OUTSIDE:
        return "outside"
    if any(paper.what == REPAIR and paper.at >= one.opened_at for paper in steps):
        return "repair"
    return "unknown_time" if one.first_seen is None else ""


def _ready(one: Outcome, steps: Sequence[Paper]) -> bool:
    done: set[str] = set()
    for paper in steps:
        if one.first_seen is None or paper.at > one.first_seen:
            break
        if paper.what == CHANGED:
            done.clear()
        else:
            done.add(paper.what)
    return {BRIEFED, PLANNED} <= done


def violations(broken: Iterable[Broken]) -> list[Case]:
    """Return the violations of a time, each under its contractor; what is not theirs, or void, is left out."""
    made = []
    for one in broken:
        why = "brought" if one.brought else "not_theirs" if not one.theirs else "void" if one.void else ""
        made.append(
            Case(
                id=str(one.id),
                kind=CaseKind.VIOLATION,
                tenant_id=one.tenant_id,
                at=one.at,
                part=Part.LEFT_OUT if why else Part.COUNTED,
                why=why,
                group="no_contractor" if one.contractor_id is None else str(one.contractor_id),
                name=one.contractor,
                site_id=one.site_id,
                lon=one.lon,
                lat=one.lat,
            )
        )
    return made


def strikes(files: Iterable[StrikeFile]) -> list[Case]:
    """Return strikes: damages are counted, near misses and those without a record are left out."""
    made = []
    for one in files:
        why = "unrecorded" if one.damage is None else "near_miss" if one.damage.near_miss else ""
        made.append(
            Case(
                id=str(one.id),
                kind=CaseKind.STRIKE,
                tenant_id=one.tenant_id,
                at=one.at,
                part=Part.LEFT_OUT if why else Part.COUNTED,
                why=why,
                group="" if one.damage is None else one.damage.root_cause.value,
                site_id=one.site_id,
                lon=one.lon,
                lat=one.lat,
            )
        )
    return made


def filings(begun: Iterable[BegunWorks]) -> list[Case]:
    """Return filed works that begin in a time: what damages are divided by."""
    return [
        Case(str(one.id), CaseKind.FILING, one.tenant_id, one.at, part=Part.REST, lon=one.lon, lat=one.lat)
        for one in begun
    ]


def stretches(missed: Iterable[Missed], tenant_id: UUID, now: datetime) -> list[Case]:
    """Return overdue stretches of pipe; their lines are not told here, which asks for another permission."""
    return [
        Case(
            id=f"{one.pipe_id}:{one.from_m:.0f}-{one.to_m:.0f}",
            kind=CaseKind.STRETCH,
            tenant_id=tenant_id,
            at=now if one.last_seen is None else one.last_seen,
            part=Part.REST,
            group=one.pressure_class.value,
            name="never" if one.last_seen is None else "",
            value=one.to_m - one.from_m,
        )
        for one in missed
    ]


def grouped(
    sites: Iterable[SiteTimes], rendered: Collection[UUID], group_of: Mapping[UUID, tuple[str, str]], lacking: str
) -> list[Case]:
    """Return the sites of a time under a group of the ground; those of no group are left out as ``lacking``."""
    made = []
    for one in sites:
        why = "merged" if one.merged else "rendered" if one.id in rendered else ""
        why = why or ("untrue" if one.state == "false" else "")
        group = group_of.get(one.id)
        why = why or (lacking if group is None else "")
        part = Part.LEFT_OUT if why else Part.COUNTED
        made.append(_opened(one, part, why=why, group=("", "") if group is None else group))
    return made
