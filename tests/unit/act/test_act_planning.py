"""Calls as people meet them: once and not again, notes together, quiet at night, and a link that says "I have it"."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import time, timedelta
from typing import TYPE_CHECKING

import pytest
from act_office import DEAD, HOOK_KEY, MAIL, WECOM, Way

from pipewarden.act import jobs, service
from pipewarden.act.facts import CallState
from pipewarden.act.rules.sign import ack_token
from pipewarden.act.service import AckState
from pipewarden.casework.facts import Urgency
from pipewarden.network import service as network
from pipewarden.network.adapters import FileReader
from pipewarden.people import service as people
from pipewarden.people.facts import (
    PLATFORM,
    ContactKind,
    ForbiddenError,
    Language,
    NewArea,
    NewContact,
    PersonState,
    Quiet,
)

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from act_office import Office


def centre(office: Office, person: UUID) -> list[tuple[str, str]]:
    actor = people.actor_of(office.work, person)
    assert actor is not None
    found, _ = service.messages(office.work, actor, before=None, limit=100)
    return [(one.state.value, one.title) for one in found]


def link(office: Office, kind: str = "wecom", number: int = -1) -> str:
    """Return the token of a message that went out."""
    body = office.ways[kind].sent[number].body
    return body.rpartition("/v1/ack/")[2].strip()


def platform(office: Office):
    return replace(office.work, tenant_id=PLATFORM)


def test_the_same_matter_is_not_brought_twice_in_ten_minutes(office: Office) -> None:
    person, site = office.person(WECOM), office.site()
    first = office.call(person, site_ids=(site,))
    again = office.call(person, site_ids=(site,))
    office.run()
    assert len(office.ways["wecom"].sent) == 1
    assert office.rows(again.id) == []
    assert [state for state, _ in centre(office, person)] == ["reached", "reached"], "both stand in the message centre"
    office.clock.advance(timedelta(minutes=11))
    office.call(person, site_ids=(site,))
    office.run()
    assert len(office.ways["wecom"].sent) == 2
    assert office.desk.lost == {}
    assert first.id != again.id


def test_another_matter_another_person_a_higher_step_and_a_new_round_ring(office: Office) -> None:
    person, site = office.person(WECOM), office.site()
    office.call(person, site_ids=(site,))
    office.call(person, site_ids=(office.site(),))
    office.call(office.person(WECOM), site_ids=(site,))
    office.call(person, site_ids=(site,), step=1)
    office.call(person, site_ids=(site,), step=1, loop=1)
    office.run()
    assert len(office.ways["wecom"].sent) == 5


def test_what_could_not_be_brought_does_not_silence_the_next(office: Office) -> None:
    office.ways["wecom"] = Way(DEAD)
    person, site = office.person(WECOM), office.site()
    office.call(person, site_ids=(site,))
    office.run_for(40)
    office.ways["wecom"].says = Way().says
    office.call(person, site_ids=(site,))
    office.run()
    assert [state for state, _ in centre(office, person)] == ["reached", "unreachable"]


def test_notes_go_together_at_the_half_hour(office: Office) -> None:
    person = office.person(WECOM)
    for number in range(3):
        office.call(person, Urgency.NOTE, text="reach.missing", params={"count": str(number), "names": "–"})
    office.run()
    assert not office.ways["wecom"].sent
    assert jobs.send_digests(office.begin, office.post) == 0
    office.clock.advance(timedelta(minutes=30))
    assert jobs.send_digests(office.begin, office.post) == 3
    assert jobs.send_digests(office.begin, office.post) == 0
    office.run()
    (sent,) = office.ways["wecom"].sent
    assert sent.body.split("\n")[0] == "3 条知悉事项"
    assert sent.body.count("· 【知悉】") == 3
    assert {state for state, _ in centre(office, person)} == {"reached"}


def test_a_digest_acknowledges_all_that_it_carries(office: Office) -> None:
    person = office.person(WECOM)
    calls = [office.call(person, Urgency.NOTE, site_ids=(office.site(),)) for _ in range(2)]
    office.clock.advance(timedelta(minutes=30))
    jobs.send_digests(office.begin, office.post)
    office.run()
    assert service.acknowledge(platform(office), office.post, link(office)).state is AckState.DONE
    assert office.desk.acked == dict.fromkeys((one.id for one in calls), person)


def test_a_note_keeps_the_night_and_an_alarm_does_not(office: Office) -> None:
    quiet = NewContact(ContactKind.WECOM, "quiet-key-1", quiet=Quiet(time(8), time(12)))  # it is nine
    person = office.person(quiet)
    office.call(person, Urgency.NOTE)
    office.call(person, Urgency.ALARM)
    office.run()
    assert len(office.ways["wecom"].sent) == 1
    for _ in range(5):
        office.clock.advance(timedelta(minutes=30))
        assert jobs.send_digests(office.begin, office.post) == 0
    office.clock.advance(timedelta(minutes=31))
    assert jobs.send_digests(office.begin, office.post) == 1


def test_a_digest_whose_channels_went_away_stays_in_the_message_centre(office: Office) -> None:
    person = office.person(WECOM)
    office.call(person, Urgency.NOTE)
    people.set_contacts(office.work, people.operator(office.work.tenant_id), person, [])
    office.clock.advance(timedelta(minutes=30))
    assert jobs.send_digests(office.begin, office.post) == 1
    assert [state for state, _ in centre(office, person)] == ["unreachable"]


def test_a_dead_digest_raises_nobody(office: Office) -> None:
    office.ways["wecom"] = Way(DEAD)
    call = office.call(office.person(WECOM), Urgency.NOTE)
    office.clock.advance(timedelta(minutes=30))
    jobs.send_digests(office.begin, office.post)
    office.run_for(60)
    assert call.id not in office.desk.lost


def test_each_contact_reads_its_own_language_and_the_area_by_its_name(office: Office) -> None:
    root = people.operator()
    east = NewArea("east", "东区", wkb=square(116.6, 39.4, 116.9, 39.7))
    people.add_area(replace(office.work, tenant_id=PLATFORM), root, east, shared=True)
    english = NewContact(ContactKind.EMAIL, "a@example.org", language=Language.EN)
    office.ways["wecom"] = Way(DEAD)
    office.call(office.person(WECOM, english), site_ids=(office.site(),))
    office.run_for(40)
    assert "地点：东区 116.70000, 39.50000，保护范围内\n" in office.ways["wecom"].sent[0].body
    assert "Place: 东区 116.70000, 39.50000, in the protection range" in office.ways["email"].sent[0].body
    assert office.ways["email"].sent[0].title.startswith("[TO DO]level I red")


def test_a_message_says_how_far_the_pipe_is(office: Office, tmp_path: Path) -> None:
    """A main along 39.5 north, a dig a little north of it, and one in another town that the map says nothing of."""
    near = 39.5 + 12.0 / 110_950  # metres of a degree of latitude there
    line = {"type": "LineString", "coordinates": [[116.69, 39.5], [116.71, 39.5]]}
    main = {"type": "Feature", "geometry": line, "properties": {
        "pipe_id": "G1", "pressure": "中压", "diameter_mm": 200}}  # fmt: skip
    town = tmp_path / "town.geojson"
    town.write_text(json.dumps({"type": "FeatureCollection", "features": [main]}), encoding="utf-8")
    network.import_network(office.work, FileReader(), town, crs="EPSG:4326", jurisdiction="CN-HE-langfang")
    person = office.person(WECOM)
    office.call(person, site_ids=(office.site(lat=near),))
    office.call(person, site_ids=(office.site(lat=41.0),))
    office.call(person, site_ids=(office.site(lat=None, lon=None),))
    office.run()
    bodies = [one.body for one in office.ways["wecom"].sent]
    assert re.search(r"39\.50011，保护范围内 · 距管 1[12]\.\d m", bodies[0])
    assert "距管" not in bodies[1]
    assert "距管" not in bodies[2]


def square(west: float, south: float, east: float, north: float) -> bytes:
    import shapely  # noqa: PLC0415  one test needs it

    return bytes(shapely.to_wkb(shapely.box(west, south, east, north)))


def test_a_persons_webhook_gets_a_document(office: Office) -> None:
    hook = NewContact(ContactKind.WEBHOOK, "https://hook.example.org/a", HOOK_KEY)
    office.call(office.person(hook), site_ids=(office.site(),))
    office.run()
    (sent,) = office.ways["webhook"].sent
    assert sent.secret == HOOK_KEY
    assert '"type": "pipewarden.call"' in sent.body
    assert '"acknowledge": "https://gas.example.org/v1/ack/' in sent.body


def test_a_link_acknowledges_once_for_its_person_and_is_on_record(office: Office) -> None:
    person = office.person(WECOM, MAIL)
    call = office.call(person, Urgency.ALARM, ack_by=office.clock.now() + timedelta(minutes=5))
    office.run()
    token = link(office)
    assert service.look(platform(office), office.post, token).state is AckState.OPEN
    assert office.desk.acked == {}, "a preview of a chat program changes nothing"
    done = service.acknowledge(platform(office), office.post, token)
    assert (done.state, office.desk.acked) == (AckState.DONE, {call.id: person})
    office.desk.acked.clear()
    assert service.acknowledge(platform(office), office.post, token).state is AckState.DONE
    assert office.desk.acked == {}, "twice is once"
    office.run_for(70)
    assert not office.ways["email"].sent, "and the next channel keeps quiet"
    assert office.contacts(person)[0].verified_at is not None
    told = people.read(office.work, people.operator(office.work.tenant_id), limit=1000)
    (entry,) = [one for one in told if one.act == "call.acknowledged"]
    assert (entry.actor_id, str(call.id) in entry.details) == (person, True)
    assert token not in entry.details
    assert centre(office, person)[0][0] == CallState.ACKNOWLEDGED


def test_a_link_ends_after_a_day(office: Office) -> None:
    office.call(office.person(WECOM))
    office.run()
    token = link(office)
    office.clock.advance(timedelta(hours=24))
    assert service.look(platform(office), office.post, token).state is AckState.EXPIRED
    assert service.acknowledge(platform(office), office.post, token).state is AckState.EXPIRED
    assert office.desk.acked == {}


def test_no_made_up_link_works(office: Office) -> None:
    person = office.person(WECOM)
    call = office.call(person)
    office.run()
    row = office.rows(call.id)[0]
    for token in (
        "x",
        link(office)[:-2] + "AA",
        ack_token(b"another secret of 32 characters!", row.id, person),
        ack_token(office.post.secret, row.id, office.person(MAIL)),
        ack_token(office.post.secret, call.id, person),
    ):
        assert service.look(platform(office), office.post, token).state is AckState.UNKNOWN
        assert service.acknowledge(platform(office), office.post, token).state is AckState.UNKNOWN
    assert office.desk.acked == {}


def test_a_disabled_person_acknowledges_nothing(office: Office) -> None:
    person = office.person(WECOM)
    office.call(person)
    office.run()
    people.set_person_state(platform(office), people.operator(), person, PersonState.DISABLED)
    assert service.acknowledge(platform(office), office.post, link(office)).state is AckState.UNKNOWN


def test_without_a_public_address_there_are_no_links(office: Office) -> None:
    office.public_url = ""
    office.call(office.person(WECOM), site_ids=(office.site(),))
    office.run()
    assert "http" not in office.ways["wecom"].sent[0].body


def test_the_message_centre_counts_and_pages(office: Office) -> None:
    person = office.person()
    actor = people.actor_of(office.work, person)
    assert actor is not None
    calls = [office.call(person, Urgency.NOTE, site_ids=(office.site(),)) for _ in range(5)]
    found, unread = service.messages(office.work, actor, before=None, limit=2)
    assert ([one.id for one in found], unread) == ([calls[4].id, calls[3].id], 5)
    rest, _ = service.messages(office.work, actor, before=found[-1].id, limit=9)
    assert [one.id for one in rest] == [calls[2].id, calls[1].id, calls[0].id]
    assert service.read_messages(office.work, actor, calls[2].id) == 2
    assert service.read_messages(office.work, actor, calls[4].id) == 0
    stranger = people.actor_of(office.work, office.person())
    assert stranger is not None
    assert service.messages(office.work, stranger, before=None, limit=9) == ([], 0)
    assert service.read_messages(office.work, stranger, calls[4].id) == 0


def test_what_was_tried_is_for_who_manages(office: Office) -> None:
    call = office.call(office.person(WECOM))
    office.run()
    root = people.operator(office.work.tenant_id)
    rows, tries = service.deliveries(office.work, root, before=None, limit=10)
    assert [one.subject_id for one in rows] == [call.id]
    assert len(tries) == 2
    assert service.deliveries(office.work, root, before=rows[0].id, limit=10) == ([], [])
    with pytest.raises(ForbiddenError):
        service.deliveries(office.work, people.system("nobody", office.work.tenant_id), before=None, limit=1)


def test_a_digest_speaks_the_readers_language_and_says_each_thing_once(office: Office) -> None:
    person = office.person(NewContact(ContactKind.EMAIL, "a@example.org", language=Language.EN))
    for name in ("city", "water", "city"):
        office.call(person, Urgency.NOTE, text="hook.paused", params={"name": name, "failures": "10", "problem": "x"})
        office.clock.advance(timedelta(hours=5))  # the same note again is another note by then
    assert jobs.send_digests(office.begin, office.post) == 3
    office.run()
    (sent,) = office.ways["email"].sent
    assert sent.title == "3 notes"
    lines = sent.body.split("\n")
    assert lines[0] == "3 notes"
    assert len([line for line in lines if '"city"' in line]) == 1
    assert len([line for line in lines if '"water"' in line]) == 1
    assert lines[-1].startswith("I have it (you only, within 24 hours): https://gas.example.org/v1/ack/")


def test_a_digest_says_of_which_site_each_note_is(office: Office) -> None:
    """Two notes that read alike are of two sites."""
    person = office.person(MAIL)
    one, other = office.site(), office.site(lon=116.8)
    for sites in ((one,), (other,), (other, one)):
        office.call(person, Urgency.NOTE, site_ids=sites)
    office.clock.advance(timedelta(minutes=30))
    assert jobs.send_digests(office.begin, office.post) == 3
    office.run()
    (sent,) = office.ways["email"].sent
    head = "· 【知悉】Ⅰ级 红 有一件事等您处理 · 地点："
    assert sent.body.split("\n")[1:4] == [
        f"{head}116.70000, 39.50000，保护范围内",
        f"{head}116.80000, 39.50000，保护范围内",
        f"{head}116.80000, 39.50000，保护范围内 · 另有 1 处工地",
    ]


def test_an_alarm_is_not_kept_back_because_the_matter_was_due_before(office: Office) -> None:
    person, site = office.person(WECOM), office.site()
    office.call(person, Urgency.DUE, site_ids=(site,))
    office.call(person, Urgency.ALARM, site_ids=(site,))
    office.run()
    assert [one.body[:4] for one in office.ways["wecom"].sent] == ["【立即】", "【请办】"]
