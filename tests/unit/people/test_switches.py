"""Kill switches: off in one act, for one tenant or for all, with a reason and on record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipewarden.kit.errors import InputError
from pipewarden.people import service
from pipewarden.people.facts import PLATFORM, ForbiddenError, NotFoundError, Role

if TYPE_CHECKING:
    from tests.unit.people.conftest import City


def test_everything_is_on_until_somebody_turns_it_off(city: City) -> None:
    board = service.Switchboard(city.at(city.a.id))
    assert board.off("model:screen") is None
    assert service.switches(city.at(city.a.id)) == []


def test_off_for_one_tenant_is_on_for_the_other(city: City) -> None:
    admin = city.actor(Role.SAFETY_MANAGER, tenant=city.a)
    made = service.set_switch(city.at(city.a.id), admin, "model:judge", on=False, reason="invents excavators")
    assert service.Switchboard(city.at(city.a.id)).off("model:judge") == made
    assert service.Switchboard(city.at(city.b.id)).off("model:judge") is None
    service.set_switch(city.at(city.a.id), admin, "model:judge", on=True, reason="mended")
    assert service.Switchboard(city.at(city.a.id)).off("model:judge") is None
    assert len(service.switches(city.at(city.a.id))) == 1


def test_off_for_everybody_wins(city: City) -> None:
    service.set_switch(city.at(city.a.id), city.root, "channel:sms", on=True, reason="ours works")
    everywhere = service.set_switch(
        city.at(PLATFORM), city.root, "channel:sms", on=False, reason="provider down", everywhere=True
    )
    for tenant in (city.a, city.b):
        assert service.Switchboard(city.at(tenant.id)).off("channel:sms") == everywhere


def test_a_board_asks_once(city: City, count_statements: list[str]) -> None:
    board = service.Switchboard(city.at(city.a.id))
    count_statements.clear()
    for name in ("model:screen", "model:judge", "channel:sms"):
        board.off(name)
    assert len(count_statements) == 1


def test_only_those_in_reach_turn_things_off(city: City) -> None:
    admin = city.actor(Role.TENANT_ADMIN, tenant=city.a)
    with pytest.raises(NotFoundError):
        service.set_switch(city.at(city.a.id), admin, "channel:sms", on=False, reason="x", everywhere=True)
    with pytest.raises(NotFoundError):
        service.set_switch(city.at(city.b.id), admin, "channel:sms", on=False, reason="x")
    with pytest.raises(ForbiddenError):
        service.set_switch(
            city.at(city.a.id),
            city.actor(Role.DISPATCHER, tenant=city.a, area=city.north),
            "channel:sms",
            on=False,
            reason="x",
        )


@pytest.mark.parametrize(
    ("name", "reason", "field"),
    [
        ("sms", "x", "name"),
        ("Channel:SMS", "x", "name"),
        ("channel:sms", " ", "reason"),
        ("channel:sms", "x" * 501, "reason"),
    ],
)
def test_a_switch_needs_a_name_and_a_reason(city: City, name: str, reason: str, field: str) -> None:
    with pytest.raises(InputError) as caught:
        service.set_switch(city.at(city.a.id), city.root, name, on=False, reason=reason)
    assert caught.value.field == field


def test_each_turn_is_on_record(city: City) -> None:
    work = city.at(city.b.id)
    service.set_switch(work, city.root, "payout:wechat", on=False, reason="reconciling")
    entry = service.read(work, city.root, limit=1000)[-1]
    assert (entry.act, entry.object_id) == ("switch.set", "payout:wechat")
    assert entry.details == '{"on":false,"reason":"reconciling"}'
