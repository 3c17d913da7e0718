"""The file of a filing that is handed over outside: read back it is the same works, and it tells nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.casework.facts import (
    MACHINES,
    Decision,
    Effect,
    Filing,
    Handed,
    Hours,
    Method,
    Overlap,
    Party,
    PartyRole,
    Required,
    Works,
)
from pipewarden.casework.rules.handover import handover_file
from pipewarden.casework.rules.listed import works_of
from pipewarden.main.files import read_sent_permits
from pipewarden.network.facts import PressureClass, Regime, Zone

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
OUTSIDERS = [one for one in PartyRole if one is not PartyRole.OPERATOR]
# as every door leaves a name: without blanks around it, and no two in a row, which any list reads as one
NAMES = st.text("市政一公司甲乙ABC abc()（）-", min_size=1, max_size=20).filter(
    lambda one: " ".join(one.split()) == one
)
MINUTES = st.integers(0, 1438).map(lambda one: time(one // 60, one % 60))  # 23:59 is the end of its day in any list
MOMENTS = st.integers(0, 400_000).map(lambda minutes: NOW + timedelta(minutes=minutes))


@st.composite
def grounds(draw: st.DrawFn) -> bytes:
    """Return one or two boxes near Langfang, perhaps with a hole."""
    boxes = []
    for number in range(draw(st.integers(1, 2))):
        west, south = 116.6 + 0.01 * number + draw(st.floats(0, 0.005)), 39.5 + draw(st.floats(0, 0.005))
        side = draw(st.floats(0.0002, 0.003))
        box = shapely.box(west, south, west + side, south + side)
        if draw(st.booleans()):
            box = shapely.difference(box, shapely.box(west + side / 3, south + side / 3, west + side / 2, south + side))
        boxes.append(box)
    made = boxes[0] if len(boxes) == 1 else shapely.MultiPolygon(boxes)
    return bytes(shapely.to_wkb(made, byte_order=1))


@st.composite
def filed(draw: st.DrawFn) -> Works:
    """Return works as somebody files them, with at most one unit of each role."""
    begins = draw(MOMENTS)
    opens, shuts = draw(MINUTES), draw(MINUTES)
    roles = draw(st.lists(st.sampled_from(OUTSIDERS), unique=True, max_size=3))
    return Works(
        place="CN-HE-langfang",
        area=draw(grounds()),
        method=draw(st.sampled_from(Method)),
        valid_from=begins,
        valid_until=begins + timedelta(minutes=draw(st.integers(1, 500_000))),
        machines=tuple(draw(st.lists(st.sampled_from(MACHINES), unique=True))),
        depth_m=draw(st.none() | st.integers(1, 2000).map(lambda one: one / 10)),
        hours=None if opens == shuts or draw(st.booleans()) else Hours(opens, shuts),
        parties=tuple(Party(role, draw(NAMES), draw(NAMES)) for role in roles),
        urgent=draw(st.booleans()),
        words=draw(NAMES | st.just("")),
    )


def read_back(works: Works, **more: object) -> Works:
    """Return the works that another operator reads from the file."""
    filing = replace(Filing(UUID(int=7), UUID(int=2), works, NOW), **more)  # type: ignore[arg-type]
    sent = json.dumps(handover_file(filing, "管线属邻区", NOW), ensure_ascii=False).encode()
    found = read_sent_permits("handover.json", sent, "handover")
    assert found.report.refused == ()
    (permit,) = found.permits
    return works_of(permit, works.place)


@given(filed())
def test_who_receives_the_file_reads_the_works_as_they_were_filed(works: Works) -> None:
    got = read_back(works)
    same = ("method", "depth_m", "hours", "valid_from", "valid_until", "urgent")
    assert {one: getattr(got, one) for one in same} == {one: getattr(works, one) for one in same}
    assert works.words in got.words  # beside the hours in words, as of any list
    assert set(got.machines) == set(works.machines)
    assert sorted((one.role, one.name, one.contact) for one in got.parties) == sorted(
        (one.role, one.name, one.contact) for one in works.parties
    )
    assert shapely.equals_exact(
        shapely.normalize(shapely.from_wkb(got.area)), shapely.normalize(shapely.from_wkb(works.area)), 1e-12
    )
    assert (got.source, got.source_id) == ("handover", str(UUID(int=7)))


PLAIN = Works(
    "CN-HE-langfang",
    bytes(shapely.to_wkb(shapely.box(116.7, 39.52, 116.701, 39.521))),
    Method.OPEN_CUT,
    NOW,
    NOW + timedelta(days=9),
    parties=(Party(PartyRole.OPERATOR, "本地燃气", "87654321"), Party(PartyRole.OWNER, "水务局", "1")),
)
SECRET = Decision(
    NOW,
    "CN-HE-langfang",
    ("CN-HE-secret",),
    Zone.PROTECTION,
    (Overlap(Regime.CITY_GAS, PressureClass.HIGH, Zone.PROTECTION, 123.25, 3),),
    (
        Required(
            "protection_plan", "保护方案", "plan", Effect.REQUIRED, Regime.CITY_GAS, "CN-HE-secret", "秘条", law=True
        ),
    ),
)


def test_nothing_that_is_known_here_of_pipes_people_or_answers_is_in_the_file() -> None:
    """The same file comes out whatever the house has found, answered or handed on."""
    bare = Filing(UUID(int=7), UUID(int=2), PLAIN, NOW)
    told = replace(bare, decision=SECRET, answered_at=NOW + timedelta(hours=3), filed_at=NOW - timedelta(days=1))
    handed = replace(told, handed=Handed(UUID(int=77), UUID(int=78)), tenant_id=UUID(int=99))
    files = [handover_file(one, "x", NOW) for one in (bare, told, handed)]
    assert files[0] == files[1] == files[2]
    text = json.dumps(files[2], ensure_ascii=False)
    for secret in ("本地燃气", "87654321", "CN-HE-secret", "123.25", "protection", str(UUID(int=99)), "秘条"):
        assert secret not in text
    assert "水务局" in text


def test_a_file_of_a_cancelled_filing_takes_it_back_where_it_was_received() -> None:
    filing = Filing(UUID(int=7), UUID(int=2), PLAIN, NOW, cancelled_at=NOW, version=4)
    found = read_sent_permits("f", json.dumps(handover_file(filing, "x", NOW)).encode(), "handover")
    assert found.permits == ()
    (end,) = found.ends
    assert (end.source_id, end.revision, end.words) == (str(filing.id), "4", "it was taken back where it was filed")


@pytest.mark.parametrize(
    ("key", "value", "field"),
    [
        ("valid_from", "2026-02-30T00:00:00+00:00", "valid_from"),
        ("valid_until", "soon", "valid_until"),
        ("area", None, "area"),
        ("area", {"type": "Polygon", "coordinates": [[[116.7, 39.5], [116.8, 39.6], [116.8, 39.5], [116.7, 39.6],
                                                      [116.7, 39.5]]]}, "area"),
        ("filing", "", "filing"),
    ],
    ids=["no such day", "no moment", "no ground", "crosses itself", "no id"],
)  # fmt: skip
def test_a_file_that_was_spoiled_on_its_way_is_refused_with_field_and_fix(key: str, value: object, field: str) -> None:
    told = handover_file(Filing(UUID(int=7), UUID(int=2), PLAIN, NOW), "x", NOW)
    told["filings"][0][key] = value
    found = read_sent_permits("f", json.dumps(told).encode(), "handover")
    assert found.permits == ()
    (bad,) = found.report.refused
    assert bad.field.startswith(field)
    assert bad.problem
    assert bad.fix
