"""Patrols over HTTP: late, doubled and shuffled points, consent, who sees whose, coverage of pipes, OsmAnd phones."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID, uuid4

import patrol_api as api
import pytest
from sqlalchemy import text

from pipewarden.field.service import patrols as service
from pipewarden.field.service.patrols import PatrolKeeper
from pipewarden.main import patrols as wired
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HERE = (116.7011, 39.4811)
LINE = [HERE, (HERE[0] + 0.0035, HERE[1])]  # 300 m eastward
NOTHING = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
def pipe(town: Any) -> Iterator[None]:
    """A medium-pressure pipe in the east, a low-pressure one in the west, none other of tenant A."""
    west = [(116.40, 39.48), (116.4035, 39.48)]
    with town.network(town.a, {"patrolled": LINE, "far": west}):
        yield


@pytest.fixture
def walker(town: Any) -> Any:
    return api.patroller(town)


def get(town: Any, who: Any, path: str) -> Any:
    return town.client.as_(who, "GET", path)


def test_a_patrol_adds_up(town: Any, walker: Any, pipe: None) -> None:
    _ = pipe
    told = api.walked(town, walker, HERE)
    assert told["verified"] is True
    assert told["reasons"] == []
    assert 0.25 < told["km"] < 0.35
    assert 270 < told["seen_m"] < 300
    full = get(town, walker, f"/v1/patrols/{told['id']}").json()
    assert [(one["pipe_id"], one["crossed"]) for one in full["passes"]] == [("patrolled", False)]
    assert [one["id"] for one in get(town, walker, "/v1/patrols").json()["items"]] == [told["id"]]


def test_without_consent_no_way_is_recorded(town: Any) -> None:
    who = town.person(Role.PATROLLER, area=town.east)
    body = {"draft": str(uuid4()), "began_at": "2026-11-20T01:00:00Z"}
    answer = town.client.as_(who, "POST", "/v1/patrols", json=body)
    assert answer.status_code == 409
    assert answer.json()["field"] == "consent"
    assert "/v1/me/consents" in answer.json()["fix"]
    patrol = api.begun(town, api.agreed(town, who))
    assert api.sent(town, who, patrol, api.along(town, HERE)[:3]).status_code == 200
    town.client.as_(who, "POST", "/v1/me/consents", json=api.CONSENT | {"given": False})
    assert api.sent(town, who, patrol, api.along(town, HERE)[3:6]).status_code == 409
    assert api.ended(town, who, patrol).status_code == 200  # to stop is never refused


def test_points_in_any_order_twice_and_days_late_add_up_the_same(town: Any, walker: Any, pipe: None) -> None:
    _ = pipe
    once = api.walked(town, walker, HERE, seed=1)
    other = api.patroller(town)
    points = api.along(town, HERE, seed=1)
    random.Random(5).shuffle(points)  # noqa: S311  no secret
    patrol = api.begun(town, other)
    first, rest = points[:20], points[20:]
    assert api.sent(town, other, patrol, first).json() == {"new": 20, "points": 20}
    assert api.sent(town, other, patrol, first).json() == {"new": 0, "points": 20}
    assert api.ended(town, other, patrol).status_code == 200
    assert api.sent(town, other, patrol, rest + first[:5]).json() == {"new": len(rest), "points": len(points)}
    late = get(town, other, f"/v1/patrols/{patrol}").json()
    assert len(late["passes"]) == 1
    same = ("km", "seen_m", "points", "dropped")
    assert {name: late[name] for name in same} == {name: once[name] for name in same}


def test_a_number_keeps_its_first_point(town: Any, walker: Any) -> None:
    patrol = api.begun(town, walker)
    (point,) = api.along(town, HERE)[:1]
    api.sent(town, walker, patrol, [point])
    api.sent(town, walker, patrol, [point | {"lon": 116.5}])
    with town.at(town.a) as work:
        held = work.session.scalars(
            text("SELECT lon FROM field_patrol_points WHERE patrol_id = :id"), {"id": patrol}
        ).all()
    assert held == [pytest.approx(point["lon"])]


def test_the_same_draft_is_the_same_patrol(town: Any, walker: Any) -> None:
    body = {"draft": str(uuid4()), "began_at": "2026-11-20T01:00:00Z", "phone": {"install": "x1"}}
    first = town.client.as_(walker, "POST", "/v1/patrols", json=body)
    again = town.client.as_(walker, "POST", "/v1/patrols", json=body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    other = town.client.as_(walker, "POST", "/v1/patrols", json=body | {"began_at": "2026-11-20T02:00:00Z"})
    assert (other.status_code, other.json()["field"]) == (422, "draft")
    elsewhere = town.client.as_(api.patroller(town), "POST", "/v1/patrols", json=body)
    assert elsewhere.status_code == 201  # another person's draft is another draft
    end = {"draft": str(uuid4()), "ended_at": "2026-11-20T03:00:00Z"}
    path = f"/v1/patrols/{first.json()['id']}/end"
    assert [town.client.as_(walker, "POST", path, json=end).status_code for _ in range(2)] == [200, 200]
    assert town.client.as_(walker, "POST", path, json=end | {"ended_at": "2026-11-20T04:00:00Z"}).status_code == 422
    assert town.client.as_(walker, "POST", path, json=end | {"draft": str(uuid4())}).status_code == 409


def test_a_phone_a_year_off_loses_no_point_and_is_not_believed(town: Any, walker: Any, pipe: None) -> None:
    _ = pipe
    patrol = api.begun(town, walker)
    points = [
        one | {"at": (datetime.fromisoformat(one["at"]) - timedelta(days=365)).isoformat()}
        for one in api.along(town, HERE)
    ]
    assert api.sent(town, walker, patrol, points).json()["points"] == len(points)
    told = api.ended(town, walker, patrol).json()
    assert told["skew_s"] == pytest.approx(365 * 86_400, abs=7200)
    assert (told["verified"], [one["doubt"] for one in told["reasons"]]) == (False, ["clock"])
    assert told["seen_m"] > 270
    (came,) = get(town, walker, f"/v1/patrols/{patrol}").json()["passes"]
    last = datetime.fromisoformat(told["last_at"])
    assert datetime.fromisoformat(came["left_at"]) == pytest.approx(last, abs=timedelta(minutes=2))
    assert abs(last - town.home.factory.clock.now()) < timedelta(hours=2)


def test_gcj02_is_put_right_and_a_place_without_its_system_is_refused(town: Any, walker: Any) -> None:
    patrol = api.begun(town, walker)
    (point,) = api.along(town, HERE)[:1]
    assert api.sent(town, walker, patrol, [point | {"crs": "gcj02"}]).status_code == 200
    with town.at(town.a) as work:
        ((lon, lat),) = work.session.execute(
            text("SELECT lon, lat FROM field_patrol_points WHERE patrol_id = :id"), {"id": patrol}
        ).all()
    assert 0.003 < abs(lon - point["lon"]) < 0.01
    assert 0.0005 < abs(lat - point["lat"]) < 0.01
    for field in ("crs", "accuracy_m"):
        answer = api.sent(town, walker, patrol, [{name: value for name, value in point.items() if name != field}])
        assert answer.status_code == 422
        assert field in json.dumps(answer.json())


@pytest.mark.parametrize(("word", "status"), [(None, 200), ("walking", 200), ("a\0b", 422)])
def test_what_the_phone_takes_it_for_may_be_left_out(town: Any, walker: Any, word: str | None, status: int) -> None:
    (point,) = api.along(town, HERE)[:1]
    patrol = api.begun(town, walker)
    assert api.sent(town, walker, patrol, [point | {"activity": word, "mock": None}]).status_code == status


@pytest.mark.parametrize("count", [0, 501])
def test_a_request_holds_one_to_500_points(town: Any, walker: Any, count: int) -> None:
    (point,) = api.along(town, HERE)[:1]
    patrol = api.begun(town, walker)
    answer = api.sent(town, walker, patrol, [point | {"n": n} for n in range(count)])
    assert answer.status_code == 422


def test_a_forged_patrol_is_kept_and_counts_nothing(town: Any, walker: Any, pipe: None) -> None:
    _ = pipe
    before = classes(town)["medium"]["covered_m"]
    patrol = api.begun(town, walker)
    api.sent(town, walker, patrol, [one | {"mock": True} for one in api.along(town, (116.40, 39.48))])
    told = api.ended(town, walker, patrol).json()
    assert (told["verified"], told["seen_m"] > 250) == (False, True)
    assert told["reasons"][0]["doubt"] == "mock"
    assert classes(town)["medium"]["covered_m"] == before


def classes(town: Any, who: Any = None) -> dict[str, Any]:
    answer = get(town, town.who("safety_manager") if who is None else who, "/v1/patrol-coverage")
    assert answer.status_code == 200, answer.text
    return {one["pressure_class"]: one for one in answer.json()["items"]}


def test_coverage_grows_with_a_patrol_and_ends_with_its_cycle(town: Any, walker: Any) -> None:
    line = [(116.72, 39.49), (116.7235, 39.49)]
    with town.network(town.a, {"own": line}):
        assert classes(town)["medium"]["covered_m"] == 0
        told = api.walked(town, walker, line[0])
        covered = classes(town)["medium"]
        assert covered["covered_m"] == pytest.approx(told["seen_m"], abs=0.2)
        assert covered["covered_m"] + covered["overdue_m"] == pytest.approx(covered["metres"], abs=0.2)
        assert "not law" in covered["source"]
        with town.at(town.a) as work:  # a day and a bit later
            work.session.execute(
                text("UPDATE field_patrol_seen SET packed = :old WHERE patrol_id = :id"),
                {"old": _aged(work, told["id"]), "id": told["id"]},
            )
        assert classes(town)["medium"]["covered_m"] == 0
        missed = get(town, town.who("safety_manager"), "/v1/patrol-coverage/missed").json()["items"]
        (late,) = [one for one in missed if one["last_seen"] is not None]
        assert late["overdue_s"] == pytest.approx(2 * 86_400, abs=7200)
        assert late["pipe_id"] == "own"
        assert late["to_m"] - late["from_m"] == pytest.approx(told["seen_m"], abs=0.2)


def _aged(work: Any, patrol: str) -> bytes:
    import numpy as np  # noqa: PLC0415

    from pipewarden.field.rules.patrol_seen import PACKED  # noqa: PLC0415

    packed = work.session.scalar(text("SELECT packed FROM field_patrol_seen WHERE patrol_id = :id"), {"id": patrol})
    rows = np.frombuffer(bytes(packed), dtype=PACKED).copy()
    rows["at"] -= 3 * 86_400
    return rows.tobytes()


def test_missed_stretches_come_in_pages_within_ones_own_ground(town: Any, pipe: None) -> None:
    _ = pipe
    east, west = (town.person(Role.DISPATCHER, area=area) for area in (town.east, town.west))
    manager = town.who("safety_manager")
    assert {one["pipe_id"] for one in pages(town, west)} == {"far"}
    assert {one["pipe_id"] for one in pages(town, east)} <= {"patrolled"}
    found = pages(town, manager)
    assert {"far"} <= {one["pipe_id"] for one in found}
    for one in found:
        assert one["line"]["type"] == "LineString"
        assert len(one["line"]["coordinates"]) >= 2
    assert classes(town, west)["medium"]["metres"] == pytest.approx(300, abs=5)
    assert classes(town)["medium"]["metres"] == pytest.approx(600, abs=10)


def pages(town: Any, who: Any) -> list[dict[str, Any]]:
    found, path = [], "/v1/patrol-coverage/missed?limit=1"
    while True:
        answer = get(town, who, path)
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        if answer.json()["next"] is None:
            return found
        path = f"/v1/patrol-coverage/missed?{urlencode({'limit': 1, 'cursor': answer.json()['next']})}"


def test_who_sees_whose(town: Any, walker: Any) -> None:
    told = api.walked(town, walker, HERE)
    path = f"/v1/patrols/{told['id']}"
    seen = {
        "own": walker,
        "another patroller": api.patroller(town),
        "dispatcher there": town.person(Role.DISPATCHER, area=town.east),
        "dispatcher elsewhere": town.person(Role.DISPATCHER, area=town.west),
        "manager": town.who("safety_manager"),
        "another tenant's": town.who("safety_manager_b"),
    }
    assert {name: get(town, who, path).status_code for name, who in seen.items()} == {
        "own": 200,
        "another patroller": 404,
        "dispatcher there": 200,
        "dispatcher elsewhere": 404,
        "manager": 200,
        "another tenant's": 404,
    }
    assert get(town, town.who("resident"), path).status_code == 403
    assert api.sent(town, api.patroller(town), told["id"], api.along(town, HERE)[:1]).status_code == 404
    assert api.ended(town, town.who("safety_manager"), told["id"]).status_code == 403
    assert api.sent(town, walker, NOTHING, api.along(town, HERE)[:1]).status_code == 404


def test_who_walked_can_read_that_somebody_looked(town: Any, walker: Any) -> None:
    told = api.walked(town, walker, HERE)
    headers = {"X-Reason": "complaint"}
    town.client.as_(town.who("safety_manager"), "GET", f"/v1/patrols/{told['id']}", headers=headers)
    with town.at(town.a) as work:
        looks = work.session.execute(
            text("SELECT what, reason FROM people_views WHERE about = :who"), {"who": walker.id}
        ).all()
    assert [tuple(one) for one in looks] == [("track", "complaint")]


def test_two_phones_of_one_person_are_two_places_and_one_phone_of_two_is_shared(town: Any, walker: Any) -> None:
    far = (HERE[0] + 0.05, HERE[1] + 0.05)
    api.walked(town, walker, HERE)
    second = api.walked(town, walker, far)
    assert [one["doubt"] for one in second["reasons"]] == ["two_places"]
    one, other = api.patroller(town), api.patroller(town)
    for who in (one, other):
        patrol = api.begun(town, who, phone={"install": "the only phone"})
        api.sent(town, who, patrol, api.along(town, (far[0], far[1] + (0.01 if who is one else 0.03))))
        told = api.ended(town, who, patrol).json()
    assert [why["doubt"] for why in told["reasons"]] == ["shared_phone"]


def test_a_replay_of_another_persons_walk_is_found(town: Any, walker: Any) -> None:
    place = (HERE[0] + 0.021, HERE[1] + 0.031)
    first = api.walked(town, walker, place, metres=900, seed=2, ago=timedelta(days=2))
    assert first["verified"] is True
    again = api.walked(town, api.patroller(town), place, metres=900, seed=2)  # the same noise, two days later
    assert [one["doubt"] for one in again["reasons"]] == ["replay"]
    assert first["id"] in again["reasons"][0]["words"]


def test_points_and_shape_go_with_their_days_and_what_was_seen_stays(town: Any, walker: Any, pipe: None) -> None:
    _ = pipe
    told = api.walked(town, walker, HERE)
    keeper = PatrolKeeper()
    with town.at(town.a) as work:
        mine = keeper.of_person(work, walker.id, 10)
        assert [one.id for one in mine] == [told["id"]]
        assert f"person:{walker.id}" in mine[0].subjects
        old = keeper.older(work, work.now(), None, 1000)
        assert told["id"] in {one.id for one in old}
        assert keeper.older(work, work.now(), (old[-1].since, old[-1].id), 1000) == []
        assert told["id"] not in {one.id for one in keeper.older(work, work.now() - timedelta(days=2), None, 1000)}
        assert keeper.needed(work, mine) == set()
        assert keeper.delete(work, mine) == {told["id"]}
        assert keeper.of_person(work, walker.id, 10) == []
    with town.at(town.a) as work:
        where = {"id": told["id"]}
        assert work.session.scalar(text("SELECT count(*) FROM field_patrol_points WHERE patrol_id = :id"), where) == 0
        assert work.session.execute(
            text("SELECT shape, west, device, phone FROM field_patrols WHERE id = :id"), where
        ).one() == (None, None, "", {})
    after = get(town, walker, f"/v1/patrols/{told['id']}").json()
    assert (after["seen_m"], after["passes"], after["points"]) == (told["seen_m"], [], 0)
    late = api.along(town, HERE)[:3]
    assert api.sent(town, walker, told["id"], late).status_code == 200  # taken, and the sums stay as they were
    assert get(town, walker, f"/v1/patrols/{told['id']}").json()["seen_m"] == told["seen_m"]


def test_ones_own_data_counts_tracks_of_every_slice(town: Any, walker: Any) -> None:
    api.walked(town, walker, HERE)
    api.walked(town, walker, HERE)
    assert get(town, walker, "/v1/me/data").json()["kept"]["tracks"] == 2


def osmand(town: Any, key: str, **more: Any) -> Any:
    said = {"id": key, "lat": HERE[1], "lon": HERE[0], "accuracy": 6} | more
    return town.client.request("GET", f"/v1/osmand?{urlencode(said)}")


def test_an_osmand_phone_opens_its_persons_patrol_and_goes_on_in_it(town: Any, walker: Any) -> None:
    key = api.bound(town, walker)
    now = town.home.factory.clock.now()
    for n in range(4):
        at = int((now - timedelta(minutes=9)).timestamp()) + 5 * n
        assert osmand(town, key, timestamp=at, lon=HERE[0] + n * 1e-4).json() == {"kept": True}
    assert osmand(town, key, timestamp=at).json() == {"kept": False}  # the same moment again
    (one,) = get(town, walker, "/v1/patrols").json()["items"]
    assert (one["source"], one["points"], one["verified"]) == ("osmand", 4, None)


def test_an_osmand_phone_writes_into_a_patrol_that_the_page_began(town: Any, walker: Any) -> None:
    patrol, key = api.begun(town, walker), api.bound(town, walker)
    assert osmand(town, key).json() == {"kept": True}
    (one,) = get(town, walker, "/v1/patrols").json()["items"]
    assert (one["id"], one["points"]) == (patrol, 1)


def test_every_real_request_of_the_collection_is_taken(town: Any, walker: Any, shared_data: Path) -> None:
    key = api.bound(town, walker)
    path = shared_data / "geo" / "payloads" / "traccar_osmand" / "requests.json"
    kept = []
    for one in json.loads(path.read_text()):
        if "body" in one:
            answer = town.client.request("POST", "/v1/osmand", json=one["body"] | {"device_id": key})
        else:
            said = dict(parse_qsl(urlsplit(one["uri"]).query)) | {"id": key}
            answer = town.client.request("GET", f"/v1/osmand?{urlencode(said)}")
            form = town.client.request("POST", "/v1/osmand", data=said)
            assert form.status_code == 200, form.text
        assert answer.status_code == 200, answer.text
        kept.append(answer.json()["kept"])
    assert kept == [True, True, False, True, True, True, True, True]


def test_a_key_that_is_unknown_unbound_or_of_another_kind_brings_nothing(town: Any, walker: Any) -> None:
    assert osmand(town, "").status_code == 401
    assert osmand(town, "pw_aaaaaaaa_" + "A" * 43).status_code == 401
    assert osmand(town, town.who("device").key).status_code == 403
    unbound = osmand(town, api.key(town))
    assert (unbound.status_code, unbound.json()["field"]) == (422, "id")
    for wrong in ("made up", town.who("device").key, api.key(town, tenant=town.b)):
        answer = town.client.as_(walker, "POST", "/v1/patrol-phones", json={"key": wrong})
        assert (answer.status_code, answer.json()["field"]) == (422, "key")
        assert wrong not in answer.text
    assert osmand(town, api.bound(town, walker), lat="north").status_code == 422


def test_a_key_brings_nothing_once_its_person_no_longer_agrees(town: Any, walker: Any) -> None:
    key = api.bound(town, walker)
    town.client.as_(walker, "POST", "/v1/me/consents", json=api.CONSENT | {"given": False})
    assert osmand(town, key).status_code == 409


def test_a_phone_that_falls_silent_ends_its_patrol(town: Any, walker: Any) -> None:
    key = api.bound(town, walker)
    osmand(town, key)
    wired.end_silent(town.home)
    assert get(town, walker, "/v1/patrols").json()["items"][0]["ended_at"] is None
    with town.at(town.a) as work:
        work.session.execute(
            text("UPDATE field_patrols SET heard_at = heard_at - interval '5 hours' WHERE person_id = :who"),
            {"who": walker.id},
        )
    assert wired.end_silent(town.home) >= 1
    (one,) = get(town, walker, "/v1/patrols").json()["items"]
    assert one["ended_at"] is not None
    assert one["verified"] is True
    osmand(town, key)
    assert len(get(town, walker, "/v1/patrols").json()["items"]) == 2


def test_too_many_points_are_no_patrol(town: Any, walker: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST_POINTS", 10)
    patrol = api.begun(town, walker)
    points = api.along(town, HERE)
    assert api.sent(town, walker, patrol, points[:10]).status_code == 200
    answer = api.sent(town, walker, patrol, points[10:12])
    assert (answer.status_code, answer.json()["field"]) == (422, "points")


def test_lists_come_in_pages(town: Any, walker: Any) -> None:
    made = [api.begun(town, walker) for _ in range(3)]
    first = get(town, walker, "/v1/patrols?limit=2").json()
    rest = get(town, walker, f"/v1/patrols?{urlencode({'limit': 2, 'cursor': first['next']})}").json()
    assert [one["id"] for one in first["items"] + rest["items"]] == made[::-1]
    assert rest["next"] is None


def test_a_nonce_comes_to_whoever_is_signed_in(town: Any) -> None:
    answer = town.client.as_(town.who("resident"), "POST", "/v1/captures")
    assert answer.status_code == 201
    assert datetime.fromisoformat(answer.json()["expires_at"]) > datetime.now(UTC)
    assert town.client.request("POST", "/v1/captures").status_code == 401
    assert UUID(NOTHING).int  # the id of nothing is none of ours


def test_a_phone_names_its_patrol_by_the_draft_that_began_it(town: Any, walker: Any) -> None:
    draft = str(uuid4())
    patrol = api.begun(town, walker, draft=draft)
    assert api.sent(town, walker, draft, api.along(town, HERE)[:3]).json()["new"] > 0
    body = {"draft": str(uuid4()), "ended_at": "2026-11-20T03:00:00Z"}
    ended_by_draft = town.client.as_(walker, "POST", f"/v1/patrols/{draft}/end", json=body)
    assert (ended_by_draft.status_code, ended_by_draft.json()["id"]) == (200, patrol)
    other = api.patroller(town)
    assert api.sent(town, other, draft, api.along(town, HERE)[:3]).status_code == 404  # a draft is its person's own
