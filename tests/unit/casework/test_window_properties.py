"""Which filings silence the judge, for any filing: never where somebody has to stand, never more than was filed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import shapely
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.casework.facts import (
    MACHINES,
    TOLD_APART,
    Decision,
    Effect,
    Filing,
    Handed,
    Hours,
    Method,
    Required,
    Works,
)
from pipewarden.casework.rules.windows import ON_THE_SPOT, WATCHED, windows
from pipewarden.network.facts import INSIDE, Regime, Zone

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
CHINA = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)
SUITS = {Method.OPEN_CUT: ("excavator", "other"), Method.OTHER: ()}
HARMLESS = ("file", "find_out_pipes", "operator_reply", "briefing")
PARTS = [
    shapely.box(116.70, 39.50, 116.701, 39.501),
    shapely.box(116.71, 39.50, 116.711, 39.501),
    shapely.box(116.72, 39.50, 116.721, 39.501) - shapely.box(116.7203, 39.5003, 116.7206, 39.5006),
    shapely.box(116.73, 39.50, 116.731, 39.501),
]
LINE = bytes(shapely.to_wkb(shapely.LineString([(116.7, 39.5), (116.701, 39.5)])))


def required(kind: str, effect: Effect = Effect.REQUIRED) -> Required:
    return Required(kind, kind, kind, effect, Regime.CITY_GAS, "CN", "clause", law=True)


@st.composite
def filings(draw: st.DrawFn) -> Filing:
    """Return a filing in any state, its area of one part or of several."""
    begins = NOW + draw(st.integers(-20, 20)) * DAY
    parts = draw(st.lists(st.sampled_from(PARTS), min_size=1, max_size=4, unique_by=id))
    works = Works(
        "CN-HE-langfang",
        bytes(shapely.to_wkb(parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts))),
        draw(st.sampled_from(Method)),
        begins,
        begins + draw(st.integers(1, 15)) * DAY,
        machines=tuple(draw(st.lists(st.sampled_from(MACHINES), unique=True))),
        hours=draw(st.sampled_from([None, Hours(time(8), time(18)), Hours(time(22), time(5))])),
    )
    lines = draw(st.lists(st.sampled_from([*HARMLESS, *sorted(ON_THE_SPOT)]), max_size=4))
    effect = draw(st.sampled_from([Effect.REQUIRED, Effect.REQUIRED, Effect.FORBIDDEN]))
    said = Decision(
        NOW, works.place, ("CN",), draw(st.sampled_from(Zone)), (), tuple(required(one, effect) for one in lines)
    )
    return Filing(
        UUID(int=5),
        UUID(int=2),
        works,
        NOW - 9 * DAY,
        answered_at=draw(st.sampled_from([None, NOW])),
        cancelled_at=draw(st.sampled_from([None, None, NOW])),
        decision=draw(st.sampled_from([None, said, said])),
    )


@st.composite
def harmless(draw: st.DrawFn) -> Filing:
    """Return an answered filing away from the pipe for which nobody has to come."""
    one = draw(filings())
    works = replace(one.works, method=draw(st.sampled_from(sorted(set(Method) - WATCHED))))
    until = max(works.valid_until, NOW + DAY)
    lines = tuple(required(kind) for kind in HARMLESS)
    said = Decision(NOW, works.place, ("CN",), draw(st.sampled_from(sorted(set(Zone) - set(INSIDE)))), (), lines)
    works = replace(works, valid_until=until)
    return replace(one, works=works, decision=said, answered_at=NOW, cancelled_at=None)


@given(harmless(), st.sampled_from(sorted(WATCHED)))
def test_what_is_forbidden_and_a_watched_method_take_every_window_away(filing: Filing, method: Method) -> None:
    assert filing.decision is not None
    filing = replace(filing, works=replace(filing.works, area=bytes(shapely.to_wkb(PARTS[0]))))
    assert len(windows(filing, CHINA, SUITS, NOW)) == 1, "or nothing could be taken away"
    forbidden = (*filing.decision.required, required("file", Effect.FORBIDDEN))
    no = replace(filing, decision=replace(filing.decision, required=forbidden))
    assert windows(no, CHINA, SUITS, NOW) == ()
    watched = replace(filing, works=replace(filing.works, method=method))
    assert windows(watched, CHINA, SUITS, NOW) == ()


@given(harmless())
def test_a_window_is_never_wider_than_what_was_filed(filing: Filing) -> None:
    works, found = filing.works, windows(filing, CHINA, SUITS, NOW)
    area = shapely.from_wkb(works.area)
    whole = [one for one in shapely.get_parts(area) if not shapely.get_num_interior_rings(one)]
    assert len(found) == len(whole), "each part that a ring can say, and none with a hole"
    assert len({one.key for one in found}) == len(found)
    for one in found:
        assert shapely.Polygon(one.ring).within(area.buffer(1e-9))
        assert (one.starts_at, one.ends_at, one.zone) == (works.valid_from, works.valid_until, CHINA.key)
        assert one.daily == (None if works.hours is None else (works.hours.opens, works.hours.shuts))
        assert one.machines is not None, "None would let every machine in"
        assert one.machines <= set(TOLD_APART)
        assert one.machines <= set(works.machines or SUITS.get(works.method, ()))


@given(harmless(), st.sampled_from(sorted(ON_THE_SPOT)))
def test_one_line_that_wants_somebody_there_takes_every_window_away(filing: Filing, kind: str) -> None:
    assert filing.decision is not None
    more = replace(filing.decision, required=(*filing.decision.required, required(kind)))
    assert windows(replace(filing, decision=more), CHINA, SUITS, NOW) == ()


@given(harmless(), st.sampled_from(sorted(INSIDE)))
def test_the_protection_range_and_an_unknown_one_take_every_window_away(filing: Filing, zone: Zone) -> None:
    assert filing.decision is not None
    assert windows(replace(filing, decision=replace(filing.decision, zone=zone)), CHINA, SUITS, NOW) == ()


@given(harmless())
def test_a_window_ends_to_the_microsecond_and_with_every_waiting_answer(filing: Filing) -> None:
    last = filing.works.valid_until
    tick = timedelta(microseconds=1)
    some = bool(windows(filing, CHINA, SUITS, NOW))
    assert bool(windows(filing, CHINA, SUITS, last - tick)) is some
    assert windows(filing, CHINA, SUITS, last) == ()
    assert windows(replace(filing, answered_at=None), CHINA, SUITS, NOW) == ()
    assert windows(replace(filing, cancelled_at=NOW), CHINA, SUITS, NOW) == ()
    elsewhere = replace(filing, answered_at=None, handed=Handed(UUID(int=3), UUID(int=4)))
    assert windows(elsewhere, CHINA, SUITS, NOW) == ()


@given(harmless())
def test_a_line_without_an_area_covers_no_ground(filing: Filing) -> None:
    assert windows(replace(filing, works=replace(filing.works, area=LINE)), CHINA, SUITS, NOW) == ()
