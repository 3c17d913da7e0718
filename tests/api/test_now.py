"""The dispatcher's queue over HTTP: an alarm and its site once, the worst first, with all that a card says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import owed_api
import pytest
from owed_api import ask
from sqlalchemy import select, text

from pipewarden.casework.store.duty_tables import SiteDutyRow
from pipewarden.casework.store.tables import SiteRow
from pipewarden.dedupe.store.tables import AlarmRow, EventRow
from pipewarden.judge.store.tables import CaseRow
from pipewarden.people.facts import Role


def now(town: Any, who: str, *about: str, **query: Any) -> list[Any]:
    answer = ask(town, who, "GET", "/v1/now", params={"about": about, "limit": 200} | query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def only(town: Any, who: str, *about: str, **query: Any) -> Any:
    (one,) = now(town, who, *about, **query)
    return one


@pytest.fixture
def both(town: Any, spot: Any) -> tuple[str, str]:
    """An alarm in the east and the site that it became."""
    site = town.site_at(town.who("patroller"), spot())
    with town.at(town.a) as work:
        return str(work.session.scalar(select(SiteRow.alarm_id).where(SiteRow.id == UUID(site)))), site


def alone(town: Any, spot: Any) -> str:
    """Return an alarm that is outside every range and became no site."""
    alarm = town.alarm_at(town.who("patroller"), spot())
    with town.at(town.a) as work:
        site = work.session.scalar(select(SiteRow).where(SiteRow.alarm_id == UUID(alarm)))
        if site is not None:  # the town has no pipes: what is far is made so
            site.alarm_id = None
            site.open = False
        work.session.get_one(AlarmRow, UUID(alarm)).answer = work.session.get_one(AlarmRow, UUID(alarm)).answer | {
            "zone": "outside"
        }
    return str(alarm)


def test_an_alarm_and_its_site_are_one_thing_with_its_next_duty(town: Any, both: tuple[str, str]) -> None:
    alarm, site = both
    for named in (both, (alarm,), (site,)):
        one = only(town, "dispatcher", *named)
        assert (one["id"], one["alarm"]["id"], one["site"]["id"]) == (alarm, alarm, site)
    assert (one["level"], one["hand"], one["shelf"]) == (1, "nobody", None)
    assert one["alarm"]["what"] == "report"
    duties = ask(town, "dispatcher", "GET", "/v1/duties", params={"site_id": site}).json()["items"]
    assert one["duty"] == duties[0], "the first that is due"
    assert one["site"] == ask(town, "dispatcher", "GET", f"/v1/sites/{site}").json() | {"filing": None, "day": None}


def test_taking_it_lateness_and_a_hit_pipe_change_the_hand(town: Any, both: tuple[str, str]) -> None:
    alarm, site = both
    with town.at(town.a) as work:
        row = work.session.get_one(SiteRow, UUID(site))
        row.sum = row.sum | {"accepted_at": work.now().isoformat()}
    assert only(town, "dispatcher", alarm)["hand"] == "due"
    with town.at(town.a) as work:
        work.session.get_one(SiteRow, UUID(site)).next_due_at = work.now() - timedelta(minutes=1)
    assert only(town, "dispatcher", alarm)["hand"] == "late"
    assert now(town, "dispatcher", alarm, hand="due") == []
    assert only(town, "dispatcher", alarm, hand=["late", "struck"])["id"] == alarm
    with town.at(town.a) as work:
        work.session.get_one(SiteRow, UUID(site)).headline = "struck"
    assert only(town, "dispatcher", alarm)["hand"] == "struck"


def test_a_paused_duty_is_told_only_where_nothing_runs(town: Any, both: tuple[str, str]) -> None:
    alarm, site = both
    first = only(town, "dispatcher", alarm)["duty"]["id"]
    with town.at(town.a) as work:
        work.session.get_one(SiteDutyRow, UUID(first)).state = "paused"
        running = work.session.scalars(
            select(SiteDutyRow.id).where(SiteDutyRow.site_id == UUID(site), SiteDutyRow.state == "open")
        ).all()
    told = only(town, "dispatcher", alarm)["duty"]["id"]
    assert told in {str(one) for one in running} if running else told == first


def test_an_ended_site_and_an_old_taking_leave_the_queue(town: Any, both: tuple[str, str], spot: Any) -> None:
    alarm, site = both
    with town.at(town.a) as work:
        work.session.get_one(SiteRow, UUID(site)).open = False
    assert now(town, "dispatcher", alarm, site) == []
    far = alone(town, spot)
    one = only(town, "dispatcher", far)
    assert (one["level"], one["hand"], one["site"], one["duty"]) == (4, "nobody", None, None)
    assert ask(town, "dispatcher", "POST", f"/v1/alarms/{far}/acknowledge", json={"reason": "seen"}).status_code == 200
    assert only(town, "dispatcher", far)["hand"] == "held"
    old = alone(town, spot)
    with town.at(town.a) as work:
        work.session.get_one(AlarmRow, UUID(old)).last_seen = work.now()
        by, at = f"person:{town.who('dispatcher').id}", work.now() - timedelta(hours=13)
        work.session.add(
            EventRow(
                id=work.ids.new(),
                tenant_id=town.a,
                alarm_id=UUID(old),
                kind="acknowledged",
                at=at,
                actor=by,
                reason="seen",
                findings=[],
            )
        )
    assert only(town, "dispatcher", old)["hand"] == "held", "it is still seen: an old taking puts nothing away"
    with town.at(town.a) as work:
        work.session.get_one(AlarmRow, UUID(old)).last_seen = work.now() - timedelta(hours=13)
    assert now(town, "dispatcher", old) == []


def test_a_silenced_alarm_is_in_its_own_view_until_it_is_seen_again(town: Any, spot: Any) -> None:
    far = alone(town, spot)
    with town.at(town.a) as work:
        case = work.session.get_one(CaseRow, UUID(far))
        case.verdict, case.until = "rejected", work.now() + timedelta(hours=1)
    assert now(town, "dispatcher", far) == []
    assert only(town, "dispatcher", far, view="silent")["alarm"]["verdict"] == "rejected"
    with town.at(town.a) as work:
        work.session.get_one(AlarmRow, UUID(far)).last_seen = work.now() + timedelta(hours=2)
    assert now(town, "dispatcher", far, view="silent") == []
    assert only(town, "dispatcher", far)["id"] == far
    with town.at(town.a) as work:  # the silence is over, and nothing was seen since: neither here nor there
        row = work.session.get_one(AlarmRow, UUID(far))
        row.last_seen = work.now() - timedelta(hours=3)
        work.session.get_one(CaseRow, UUID(far)).until = work.now() - timedelta(hours=1)
    assert now(town, "dispatcher", far) == now(town, "dispatcher", far, view="silent") == []


def test_a_shelved_site_is_behind_the_count_until_it_is_taken_off(town: Any, spot: Any) -> None:
    site = owed_api.site(town, town.a, spot())
    with town.at(town.a) as work:
        work.session.get_one(SiteRow, UUID(site)).risk_level = 2
    before = ask(town, "dispatcher", "GET", "/v1/now?limit=1").json()["counts"]
    shelf = owed_api.shelf(town, town.who("dispatcher"), site)
    assert now(town, "dispatcher", site) == []
    one = only(town, "dispatcher", site, view="shelved")
    assert (one["shelf"]["id"], one["shelf"]["site_id"]) == (shelf, site)
    after = ask(town, "dispatcher", "GET", "/v1/now?limit=1").json()["counts"]
    assert (after["now"], after["shelved"]) == (before["now"] - 1, before["shelved"] + 1)
    # who may not know of shelves has it among the others
    assert only(town, "regulator", site)["shelf"] is None
    assert ask(town, "dispatcher", "DELETE", f"/v1/shelves/{shelf}").status_code == 204
    assert only(town, "dispatcher", site)["shelf"] is None


def test_pages_go_on_where_they_ended_the_worst_first(town: Any, spot: Any) -> None:
    made = [town.site_at(town.who("patroller"), spot()) for _ in range(5)]
    levels = {site: (3, 1, 2, 1, 2)[number] for number, site in enumerate(made)}
    with town.at(town.a) as work:
        for site, level in levels.items():
            work.session.get_one(SiteRow, UUID(site)).risk_level = level
    seen: list[Any] = []
    cursor: dict[str, Any] = {}
    while True:
        page = ask(town, "dispatcher", "GET", "/v1/now", params={"about": made, "limit": 2} | cursor).json()
        assert page["counts"] is None
        seen += page["items"]
        if page["next"] is None:
            break
        assert len(page["items"]) == 2
        cursor = {"cursor": page["next"]}
    assert [one["level"] for one in seen] == [1, 1, 2, 2, 3]
    assert {one["site"]["id"] for one in seen} == set(made)
    assert [one["site"]["id"] for one in now(town, "dispatcher", *made)] == [one["site"]["id"] for one in seen]
    assert ask(town, "dispatcher", "GET", "/v1/now?cursor=made-up").status_code == 422


def test_zone_and_area_narrow_both_and_a_role_without_duties_gets_the_rest(town: Any, both: tuple[str, str]) -> None:
    alarm, _site = both
    assert only(town, "dispatcher", alarm, zone="unknown")["id"] == alarm
    assert now(town, "dispatcher", alarm, zone="outside") == []
    assert only(town, "safety_manager", alarm, area=str(town.east))["id"] == alarm
    assert now(town, "safety_manager", alarm, area=str(town.west)) == []
    assert only(town, "regulator", alarm)["duty"] is None
    assert ask(town, "dispatcher", "GET", "/v1/now?view=elsewhere").status_code == 422


def test_reading_names_is_on_record_once(town: Any, both: tuple[str, str]) -> None:
    alarm, site = both
    with town.at(town.a) as work:
        row = work.session.get_one(SiteRow, UUID(site))
        assert row.owner_id is not None
        owner = row.owner_id
    who = town.person(Role.DISPATCHER, tenant=town.a, area=town.east)
    for _ in range(2):
        assert town.client.as_(who, "GET", "/v1/now", params={"about": [alarm]}).status_code == 200
    with town.at(town.a) as work:
        rows = work.session.execute(
            text("SELECT count(*) FROM people_views WHERE actor_id = :who AND subject_kind = 'now'"), {"who": who.id}
        ).scalar_one()
    assert (rows, owner != who.id) == (1, True)
