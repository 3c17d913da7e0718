"""What a server decides around the edges of days and hours, printed: run by test_server_zones in four time zones."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from uuid import UUID

import shapely
import site_life

from pipewarden.casework import service, store
from pipewarden.casework.facts import (
    Answered,
    Candidate,
    Checked,
    Discovery,
    Filed,
    FilingEvent,
    Hours,
    Machine,
    Method,
    Papers,
    Permitted,
    RiskFacts,
    SiteState,
    Works,
    WorksKind,
)
from pipewarden.casework.rules.filing_life import fold_filing, state_at
from pipewarden.casework.rules.matching import match
from pipewarden.casework.rules.matching_file import weights_at
from pipewarden.casework.rules.risk import policy_at, risk
from pipewarden.casework.rules.supervision import judged, next_moment
from pipewarden.casework.rules.supervision_facts import Scene
from pipewarden.casework.rules.windows import windows
from pipewarden.network.facts import PressureClass, Zone
from pipewarden.sense.rules.permits import dates

PLACE, SECOND = "CN-HE-langfang", timedelta(seconds=1)
HOURS = (-26, -1, 0, 5, 6, 7, 8, 18, 20, 22, 24, 32, 72)
zone = service.filing_zone(PLACE, datetime(2026, 3, 1, tzinfo=UTC))
AREA = bytes(shapely.to_wkb(shapely.box(116.6995, 39.4995, 116.7005, 39.5005)))
begins = service.filing_edge("2026-03-13", zone, field="x", last=False)
ends = service.filing_edge("2026-03-15", zone, field="x", last=True)
works = Works(PLACE, AREA, Method.OTHER, begins, ends, hours=Hours(clock(22), clock(5)))
shut = replace(works, hours=Hours(clock(7), clock(18)))
said = replace(service.check_filing(works, at=begins - timedelta(days=9)), zone=Zone.CONTROL, required=())
bodies = [Filed(works), Checked(said), Answered("x")]
filing = fold_filing(
    [
        FilingEvent(UUID(int=n), UUID(int=1), UUID(int=2), begins - timedelta(days=8), None, n, body)
        for n, body in enumerate(bodies, start=1)
    ]
)
site = replace(site_life.advanced(SiteState.UNDER_STANDBY), since=begins - timedelta(days=3))
rules, weights = store.shipped_supervision(), weights_at(store.shipped_matching(), begins)
policy = policy_at(store.shipped_risk(), begins)


def say(*what: object) -> None:
    sys.stdout.write(f"{what}\n")


moments = [begins + timedelta(hours=h) + shift for h in HOURS for shift in (-SECOND, 0 * SECOND)]
for at in moments:
    say(at.isoformat(), state_at(filing, at).value)
    for one in (works, shut):
        allowed = Permitted(zone.key, AREA, "other", None, ((one.hours.opens, one.hours.shuts),), begins, ends)
        scene = Scene(site, Machine(at, "excavator", None, (116.7, 39.5), 2.0), allowed)
        say(
            [(said.code, said.result.value, said.fresh) for said in judged(rules, scene, at)],
            next_moment(rules, site, at),
        )
    told = match(Discovery((116.7006, 39.5), 4.0, at, "excavator"), [Candidate(filing, zone)], weights)
    say(told.filing_id, told.score, told.reason, [part.words for part in told.parts])
    facts = RiskFacts(
        WorksKind.EXCAVATOR, Zone.CONTROL, 3.0, PressureClass.MEDIUM, Papers.FILED, at, 1, False, None, 0.0
    )
    found = risk(policy, facts, store.shipped_duties().calendar)
    say(found.score, found.level, [one.value for one in found.factors])
    say(
        [
            (w.key, w.starts_at.isoformat(), w.ends_at.isoformat(), w.daily, w.zone)
            for w in windows(filing, zone, weights.suits, at)
        ]
    )
for text, form in (
    ("115/03/10", "roc"),
    ("20260310", "basic"),
    ("2026-03-10+08:00", "day"),
    ("2026-03-09T16:00:00Z", "day_of_moment"),
    ("2026-03-10T00:00:00Z", "day_of_moment"),
):
    day = dates.day(text, form, "x", zone)
    say(text, day, dates.start_of(day, zone).isoformat(), dates.end_of(day, zone).isoformat())
for place in ("CN-HE-langfang", "CN-SD-qingdao", "CN-ZJ-hangzhou", "CN-BJ", "CN-GD-shenzhen", "CN-LONGDISTANCE"):
    for at in moments[::7]:
        found = service.check_filing(replace(works, place=place), at=at)
        say(place, [(r.kind, r.due_at and r.due_at.isoformat(), r.late, r.may_begin_at) for r in found.required])
sys.stderr.write(f"server zone {time.tzname}\n")
