"""Notices of works for whoever lives beside them: in or beside a compound, else around; nothing that names anybody."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from duty_town import NORTH, SOUTH
from filed_street import act, filed
from hypothesis import given
from hypothesis import strategies as st
from standby_town import StandbyTown

from pipewarden.casework import service
from pipewarden.casework.facts import Arrived, Cancelled, Method, Party, PartyRole, Proof, Verified
from pipewarden.casework.facts.strike import NumberKind
from pipewarden.casework.rules import notice as rules
from pipewarden.casework.store.notice_policy import shipped_notices
from pipewarden.kit.errors import InputError
from pipewarden.kit.geo import distance_m
from pipewarden.people import service as people
from pipewarden.policy import __path__ as policy_path

if TYPE_CHECKING:
    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work

EAST = 1 / 85_600  # a metre east, degrees, at this latitude
POLICY = shipped_notices()


@pytest.fixture
def town(work: Work, clock: SetClock) -> StandbyTown:
    return StandbyTown(work, clock)


def compound(town: StandbyTown, half_m: float = 100.0) -> None:
    (lon, lat), x, y = NORTH, half_m * EAST, half_m / 111_000
    ring = [[lon - x, lat - y], [lon + x, lat - y], [lon + x, lat + y], [lon - x, lat + y], [lon - x, lat - y]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    body = {"type": "FeatureCollection", "features": [{"type": "Feature", "id": "c", "properties": {"name": "和平里"}}]}
    body["features"][0]["geometry"] = shape  # type: ignore[index]  a list
    service.import_compounds(town.work, people.operator(town.work.tenant_id), body, crs="EPSG:4326", name="c.geojson")


def told(town: StandbyTown, place: tuple[float, float] = NORTH, accuracy_m: float = 20.0) -> Any:
    return service.notices(town.work, place, accuracy_m)


def test_in_a_compound_works_inside_and_beside_it_are_told_and_none_farther(town: StandbyTown) -> None:
    compound(town)
    filed(town, NORTH)
    filed(town, NORTH, 160.0)  # its near edge 40 m outside
    filed(town, NORTH, 175.0)  # 55 m
    found = told(town)
    assert found.compound == "和平里"
    assert [one.state for one in found.items] == ["valid", "valid"]
    corner = (NORTH[0] - 95 * EAST, NORTH[1])  # the far side of it: the same compound, the same works
    assert {(one.lon, one.lat) for one in told(town, corner).items} == {(one.lon, one.lat) for one in found.items}


def test_without_a_compound_works_around_the_place_are_told(town: StandbyTown) -> None:
    filed(town, NORTH, 210.0)  # near edge 190 m
    filed(town, NORTH, 240.0)
    found = told(town)
    assert (found.compound, len(found.items)) == (None, 1)
    assert told(town, SOUTH).items == ()


def test_what_is_told_names_nobody_and_no_place_finer_than_a_hundred_metres(town: StandbyTown) -> None:
    party = Party(PartyRole.CONTRACTOR, "广厦建筑", "13900001111")
    kept = filed(town, NORTH, parties=(party,), words="和平里 3 号楼张三", method=Method.TRENCHLESS)
    (one,) = told(town).items
    text = str(asdict(one))
    for secret in ("广厦", "13900001111", "张三", str(kept.filing.id)):
        assert secret not in text
    assert (one.lon, one.lat) == people.on_grid(*NORTH)
    assert one.distance_m == rules.rounded(distance_m(NORTH, (one.lon, one.lat)))
    assert one.look_for == POLICY.look_for["trenchless"]
    assert (one.since, one.until) == (kept.filing.works.valid_from, kept.filing.works.valid_until)


def test_what_is_over_cancelled_or_far_ahead_is_not_told(town: StandbyTown) -> None:
    now = town.clock.now()
    filed(town, NORTH, valid_from=now + timedelta(days=20), valid_until=now + timedelta(days=30))
    soon = filed(town, NORTH, valid_from=now + timedelta(days=5), valid_until=now + timedelta(days=6), answered=False)
    gone = filed(town, NORTH)
    act(town, gone, Cancelled("not built"))
    (one,) = told(town).items
    assert (one.state, one.since) == ("filed", soon.filing.works.valid_from)
    town.clock.advance(timedelta(days=6))
    assert [one.since for one in told(town).items] == [now + timedelta(days=20)]


def test_works_that_were_verified_and_nobody_has_filed_are_told(town: StandbyTown) -> None:
    town.staffed()
    site = town.site()
    assert told(town).items == ()
    there = Proof(pictures=("b" * 64,), lon=NORTH[0], lat=NORTH[1], accuracy_m=5.0)
    town.happen(site.id, Arrived(there), Verified(true=True, code="digging", proof=there))
    (one,) = told(town).items
    assert (one.state, one.method, one.until) == ("verified", "any", None)
    assert one.look_for == POLICY.look_for["any"]


def test_a_phone_that_is_lost_is_told_the_hotline_alone(town: StandbyTown) -> None:
    filed(town, NORTH)
    root = people.operator(town.work.tenant_id)
    since = town.clock.now().date()
    service.set_contact(town.work, root, NumberKind.HOTLINE, name="抢修", number="0316-1234567", since=since)
    found = told(town, accuracy_m=5000.0)
    assert (found.items, found.hotline) == ((), ("抢修", "0316-1234567"))


@given(st.floats(0, 1e6))
def test_metres_are_told_to_ten(metres: float) -> None:
    assert abs(rules.rounded(metres) - metres) <= 5.000001
    assert rules.rounded(metres) % 10 == 0


FILE = yaml.safe_load((Path(policy_path[0]) / "notices" / "CN.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "change",
    [{"beside_m": -1}, {"look_for": {"open_cut": {"zh": "x", "en": "x"}}}, {"more": 1}, {"around_m": 5000}],
)
def test_a_slip_in_the_policy_is_told(change: dict[str, Any]) -> None:
    with pytest.raises(InputError) as slip:
        rules.read_notices(deepcopy(FILE) | change, "CN.yaml")
    assert slip.value.field.startswith("CN.yaml")


def test_a_method_that_there_is_not_is_refused() -> None:
    body = deepcopy(FILE)
    body["look_for"]["dancing"] = {"zh": "x", "en": "x"}
    with pytest.raises(InputError):
        rules.read_notices(body, "CN.yaml")
