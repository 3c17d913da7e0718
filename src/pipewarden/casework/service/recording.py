"""What people write down of a step: asked for by the policy of the day, checked, and measured pipes proposed on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import shapely

from pipewarden.casework import store
from pipewarden.casework.facts import (
    CHECK,
    Advanced,
    MapDoubted,
    Refusal,
    StandbyChecked,
    StepRecord,
    StepRecorded,
)
from pipewarden.casework.rules import HOUSE
from pipewarden.casework.rules.evidence import evidence_of, filled, lacking, wrong
from pipewarden.casework.service.asking import circumstances
from pipewarden.casework.service.files import StepRefusedError
from pipewarden.kit.geo import distance_m
from pipewarden.network import service as network
from pipewarden.network.facts.proposal import Measured, ProposalKind

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.casework.facts import Body, Site, StepEvidence
    from pipewarden.kit.work import Work
    from pipewarden.network.facts.proposal import Proposal

_WORKS_M = 1000.0  # a pipe measured farther from the site is a slip of the pen
_NOTHING = StepRecord()


def check_record(work: Work, site: Site, body: Body) -> StepEvidence | None:
    """Refuse a step whose record lacks what the policy of the day asks for; return what it asks for.

    Raises:
        StepRefusedError: it lacks something, or says what cannot be right; nothing was written.
    """
    if not isinstance(body, Advanced | StandbyChecked | StepRecorded):
        return None
    step = body.to if isinstance(body, Advanced) else body.step if isinstance(body, StepRecorded) else CHECK
    policy, record = store.shipped_steps(), body.record or _NOTHING
    given = filled(circumstances(work, site), record)
    asked = evidence_of(policy, step, given, work.now().astimezone(policy.zone).date())
    refused = list(wrong(record, work.now()))
    if asked is not None:
        if asked.states and site.state not in asked.states:
            why = f"{step} is not done while the site is {site.state.value}"
            refused.append(Refusal("not_next", "state", why, asked.clause, "Do it earlier, or declare a change."))
        refused += lacking(asked, given, body.proof, record)
    refused += _places(work, site, record)
    if refused:
        raise StepRefusedError(refused[0], site)
    return asked


def measured_in(body: Body) -> StepRecord | None:
    """Return the record of a step that measured a pipe."""
    record = body.record if isinstance(body, Advanced | StandbyChecked | StepRecorded) else None
    return record if record is not None and (record.points or record.as_built is not None) else None


def proposed(work: Work, site: Site, record: StepRecord, actor: str, *, after: int) -> list[Body]:
    """Propose to the network what a step's record measured; return what must be said of it on the site.

    Args:
        work: the transaction in which the step was written.
        site: as it stands.
        record: of the step.
        actor: whose doing, as the audit names them.
        after: the version of the site before the step.
    """
    (event,) = store.history.events(work, site.id, limit=1, after=after)
    made = network.propose(work, _measured(record, actor, site.id, event.id))
    worst: dict[str, Proposal] = {}
    for one in made:
        before = worst.get(one.measured.pipe_id)
        if one.map_error and (before is None or _off(one) > _off(before)):
            worst[one.measured.pipe_id] = one
    return [_doubt(one) for one in worst.values()]


def _off(one: Proposal) -> float:
    return math.inf if one.off_m is None else one.off_m


def _doubt(one: Proposal) -> MapDoubted:
    pipe = one.measured.pipe_id
    if one.off_m is None or one.within_m is None:
        words = "地图上没有此管道 the map has no such pipe where one was measured; the ranges here rest on that map"
    else:
        words = (
            f"实测管位与地图相差 {one.off_m:.2f} m，超出误差 {one.within_m:.2f} m: pipe {pipe} was measured "
            f"{one.off_m:.2f} m off the map, more than the errors explain; the ranges here rest on that map"
        )
    return MapDoubted(pipe, one.off_m, one.within_m, one.id, words)


def _measured(record: StepRecord, by: str, site_id: UUID, event_id: UUID) -> list[Measured]:
    found = []
    for one in record.points:
        shape = shapely.to_wkb(shapely.Point(one.lon, one.lat))
        found.append(Measured(ProposalKind.POSITION, one.pipe_id, shape, one.sigma_m, None, by, site_id, event_id))
        if one.depth_m is not None:
            depth = Measured(ProposalKind.DEPTH, one.pipe_id, shape, one.sigma_m, one.depth_m, by, site_id, event_id)
            found.append(depth)
    course = record.as_built
    if course is not None:
        shape = shapely.to_wkb(shapely.LineString(course.line))
        found.append(
            Measured(ProposalKind.AS_BUILT, course.pipe_id, shape, course.sigma_m, None, by, site_id, event_id)
        )
    return found


def _places(work: Work, site: Site, record: StepRecord) -> list[Refusal]:
    """Return what is wrong with measured places: far from the site, or of a pipe that no active map has."""
    found = []
    course = () if record.as_built is None else record.as_built.line
    named = {one.pipe_id for one in record.points} | ({record.as_built.pipe_id} if record.as_built else set())
    unknown = network.unmapped(work, named - {""})
    places = {"points": [(one.lon, one.lat) for one in record.points], "as_built": list(course)}
    for field, corners in places.items():
        if site.lon is None or site.lat is None or not corners:
            continue
        off = max(distance_m((site.lon, site.lat), corner) for corner in corners)
        if off > _WORKS_M:
            fix = "Correct the place: degrees WGS-84, longitude first."
            found.append(Refusal("too_far", f"record.{field}", f"lies {off:.0f} m from the site", HOUSE, fix))
    if unknown:
        field = "points" if unknown & {one.pipe_id for one in record.points} else "as_built"
        reason = f"names {', '.join(sorted(unknown))}, which the map does not have"
        fix = "Take an id of the map; leave it empty for a pipe that the map does not show."
        found.append(Refusal("unknown_pipe", f"record.{field}", reason, HOUSE, fix))
    return found
