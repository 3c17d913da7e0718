"""A drill's call is an entry of the message centre and nothing else, whatever ways out there are."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from act_office import MAIL, SMS, VOICE, WECOM

from pipewarden.act import service
from pipewarden.casework.facts import Urgency
from pipewarden.people import service as people

if TYPE_CHECKING:
    from act_office import Office


@pytest.mark.parametrize("urgency", list(Urgency))
def test_no_channel_no_robot_and_no_digest_brings_a_drill(office: Office, urgency: Urgency) -> None:
    person = office.person(WECOM, MAIL, SMS, VOICE)
    people.set_robots(office.work, people.operator(office.work.tenant_id), [WECOM])
    made = office.made_call(person, urgency, text="strike.opened", params={"radius_m": "150"}, drill=True)
    service.deliver(office.work, office.post, [made.id])
    office.clock.advance(timedelta(hours=1))
    office.run_for(120)
    service.send_digest(office.work, office.post, person)
    office.run()
    assert office.rows(made.id) == []
    assert [name for name, way in office.ways.items() if way.sent] == []
    assert office.desk.lost == {}, "nobody is said to be out of reach because of a drill"
    actor = people.actor_of(office.work, person)
    assert actor is not None
    (message,), unread = service.messages(office.work, actor, before=None, limit=9)
    assert (message.state.value, unread) == ("in_app", 1)
    assert message.title.startswith("【演练】")


def test_a_drill_keeps_no_real_call_quiet(office: Office) -> None:
    person = office.person(WECOM)
    for drill in (True, False):
        made = office.made_call(person, Urgency.ALARM, text="strike.opened", params={"radius_m": "150"}, drill=drill)
        service.deliver(office.work, office.post, [made.id])
    office.run()
    assert [one.title.startswith("【演练】") for one in office.ways["wecom"].sent] == [False]


def test_every_word_on_a_real_strike_is_brought(office: Office) -> None:
    """A second word within minutes says something else: readings rise, the radius is wider."""
    person = office.person(WECOM)
    site = office.work.ids.new()
    for news in ("2", "3"):
        params = {"strike": "s", "news": news, "words": f"读数 {news}"}
        office.call(person, Urgency.DUE, text="strike.update", params=params, site_ids=(site,))
        office.clock.advance(timedelta(minutes=1))
    office.run()
    assert ["读数 2" in one.title for one in office.ways["wecom"].sent] == [True, False]
