"""What goes on there: sites, alarms, filings."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from pipewarden.casework import service as casework
from pipewarden.dedupe import service as dedupe
from pipewarden.exchange.facts.gis import Feature, FeaturePage, Narrow
from pipewarden.exchange.service.gis.ground import point
from pipewarden.perceive.facts import SAID

if TYPE_CHECKING:
    from pipewarden.casework.service import Filed, KeptFiling
    from pipewarden.dedupe.facts import Alarm
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

    Place = list[object] | None

_TICK = timedelta(microseconds=1)  # a period of works holds its first moment and not its last


def sites(work: Work, actor: Actor, narrow: Narrow, limit: int, place: Place) -> FeaturePage:
    """Return a page of sites, in the order of their JSON list."""
    after = None
    if place is not None:
        rank, opened_at, last = (str(one) for one in place)
        after = (int(rank), datetime.fromisoformat(opened_at), UUID(last))
    wanted = casework.SiteFilter(bbox=narrow.box)
    found = casework.sites(work, actor, wanted, limit=limit + 1, after=after, during=(narrow.begin, narrow.end))
    shown = found[:limit]
    more: Place = None
    if len(found) > limit:
        more = [shown[-1].rank, shown[-1].opened_at.isoformat(), str(shown[-1].site.id)]
    return FeaturePage(tuple(_site(one) for one in shown), more)


def site(work: Work, actor: Actor, feature_id: str) -> Feature | None:
    """Return one site."""
    return _site(casework.site(work, actor, UUID(feature_id)))


def _site(one: Filed) -> Feature:
    site = one.site
    said = {
        "state": site.state.value,
        "headline": one.headline,
        "zone": site.zone.value,
        "level": site.level,
        "risk_level": one.risk_level,
        "risk_score": one.risk_score,
        "filed": one.filing,
        "compound": one.compound,
        "alarm_id": None if site.alarm_id is None else str(site.alarm_id),
        "opened_at": one.opened_at,
        "ended_at": one.ended_at,
        "next_due_at": one.next_due_at,
    }
    return Feature(str(site.id), site.tenant_id, point(site.lon, site.lat), said)


def alarms(work: Work, actor: Actor, narrow: Narrow, limit: int, place: Place) -> FeaturePage:
    """Return a page of alarms, newest first."""
    wanted = dedupe.Wanted(bbox=narrow.box, during=(narrow.begin, narrow.end))
    before = None if place is None else UUID(str(place[0]))
    found = dedupe.seen_alarms(work, actor, wanted, limit=limit + 1, before=before)
    shown = found[:limit]
    return FeaturePage(tuple(_alarm(one) for one in shown), [str(shown[-1].id)] if len(found) > limit else None)


def alarm(work: Work, actor: Actor, feature_id: str) -> Feature | None:
    """Return one alarm, or what it was merged into."""
    return _alarm(dedupe.seen_alarm(work, actor, UUID(feature_id)))


def _alarm(one: Alarm) -> Feature:
    ground, answer = one.ground, one.answer
    said = {
        "what": one.cls,
        "type": one.type,
        "score": None if one.cls in SAID else one.score,
        "zone": answer.zone.value,
        "distance_m": answer.distance_m,
        "clause": answer.clause,
        "sigma_m": None if ground is None else ground.sigma_m,
        "frames": one.frames,
        "first_seen": one.first_seen,
        "last_seen": one.last_seen,
    }
    shape = None if ground is None else point(ground.lon, ground.lat)
    return Feature(str(one.id), one.tenant_id, shape, said)


def filings(work: Work, actor: Actor, narrow: Narrow, limit: int, place: Place) -> FeaturePage:
    """Return a page of filings, newest first."""
    until = None if narrow.end is None else narrow.end + _TICK
    wanted = casework.FilingFilter(at=work.now(), bbox=narrow.box, since=narrow.begin, until=until)
    after = None if place is None else (False, UUID(str(place[0])))
    found = casework.filings(work, actor, wanted, limit=limit + 1, after=after)
    shown = found[:limit]
    more: Place = [str(shown[-1].filing.id)] if len(found) > limit else None
    return FeaturePage(tuple(_filing(work, one) for one in shown), more)


def filing(work: Work, actor: Actor, feature_id: str) -> Feature | None:
    """Return one filing."""
    return _filing(work, casework.filing(work, actor, UUID(feature_id)))


def _filing(work: Work, kept: KeptFiling) -> Feature:
    one = kept.filing
    works = one.works
    said = {
        "state": casework.filing_state(one, work.now()).value,
        "place": works.place,
        "method": works.method.value,
        "urgent": works.urgent,
        "depth_m": works.depth_m,
        "source": works.source,
        "valid_from": works.valid_from,
        "valid_until": works.valid_until,
        "filed_at": one.filed_at,
    }
    return Feature(str(one.id), one.tenant_id, works.area, said)
