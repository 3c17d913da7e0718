"""The age of the last synthetic alarm, over HTTP: each tenant's own to its people, all of them to the platform's."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, update

from pipewarden.judge import store
from pipewarden.judge.facts import Verdict
from pipewarden.judge.rules import slot_of
from pipewarden.judge.store import SyntheticRow

if TYPE_CHECKING:
    from uuid import UUID


def chains(town: Any, who: str) -> list[dict[str, Any]]:
    answer = town.client.as_(town.who(who), "GET", "/v1/health/chain")
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def sent(town: Any, tenant_id: UUID, minutes: float, *, came: bool) -> None:
    """Leave one test behind that was sent so long ago; nothing of what was there before."""
    with town.at(tenant_id) as work:
        mine = SyntheticRow.tenant_id == tenant_id
        work.session.execute(delete(SyntheticRow).where(mine))
        store.synthetics.begin(work, slot_of(work.now(), tenant_id), "self-test/x")
        if came:
            store.synthetics.arrive(work, ["self-test/x"], Verdict.PERSON)
        then = work.now() - timedelta(minutes=minutes)
        arrived = {"arrived_at": then + timedelta(seconds=4)} if came else {}
        work.session.execute(update(SyntheticRow).where(mine).values(sent_at=then, **arrived))


def test_its_people_see_how_old_the_last_one_is(town: Any) -> None:
    sent(town, town.a, 3, came=True)
    (found,) = chains(town, "dispatcher")
    assert (found["tenant_id"], found["loud"], found["came"], found["stage"]) == (str(town.a), False, True, None)
    assert 180 <= found["age_s"] < 240
    assert found["took_s"] == 4.0
    assert found["loud_s"] == 1200.0


def test_past_twenty_minutes_it_is_loud_and_says_where_it_stands(town: Any) -> None:
    sent(town, town.a, 21, came=True)
    (found,) = chains(town, "safety_manager")
    assert (found["loud"], found["stage"]) == (True, "send")
    sent(town, town.a, 2, came=False)
    (found,) = chains(town, "safety_manager")
    assert (found["came"], found["took_s"], found["stage"]) == (False, None, "group")


def test_the_platform_sees_every_tenant_the_oldest_first(town: Any) -> None:
    sent(town, town.a, 3, came=True)
    sent(town, town.b, 9, came=True)
    found = chains(town, "platform_admin")
    assert {str(town.a), str(town.b)} <= {one["tenant_id"] for one in found}
    ages = [one["age_s"] for one in found]
    assert ages == sorted(ages, reverse=True)


def test_another_tenants_is_not_told(town: Any) -> None:
    sent(town, town.b, 30, came=True)
    assert {one["tenant_id"] for one in chains(town, "tenant_admin")} == {str(town.a)}
    assert chains(town, "regulator") == [], "a chain lies in no area"
    assert town.client.as_(town.who("patroller"), "GET", "/v1/health/chain").status_code == 403
