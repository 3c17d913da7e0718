"""Subscriptions: who may have them, what they get, and what happens to one that does not answer."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from act_office import DEAD, MAIL, TAKEN, Way
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pipewarden.act import jobs, service
from pipewarden.act.adapters.signing import SigningKey
from pipewarden.act.facts import CLOUDEVENTS, HookState, Outcome, Receipt
from pipewarden.casework.facts import Accepted, Discovered, FilingChanged, OwnerGiven, SiteEvent
from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.network.facts import Zone
from pipewarden.people import service as people
from pipewarden.people.facts import ForbiddenError, NotFoundError, Role

if TYPE_CHECKING:
    from uuid import UUID

    from act_office import Office

    from pipewarden.act.facts import Hook
    from pipewarden.people.facts import Actor

ENTROPY = bytes(range(32))
URL = "https://city.example.org/in/secret-path"


@pytest.fixture
def admin(office: Office) -> Actor:
    found = people.actor_of(office.work, office.person(MAIL, role=Role.TENANT_ADMIN))
    assert found is not None
    return found


def subscribe(office: Office, admin: Actor, kinds: tuple[str, ...] = (), url: str = URL) -> Hook:
    made, _ = service.add_hook(office.work, admin, name="城管", url=url, kinds=kinds, entropy=ENTROPY)
    return made


def happen(office: Office, *bodies: Any) -> list[UUID]:
    """Let things happen to a site, and drain them."""
    ids = []
    for number, said in enumerate(bodies, start=1):
        site = office.site()
        one = SiteEvent(office.work.ids.new(), office.work.tenant_id, site, office.clock.now(), None, number, said)
        office.desk.told[one.id] = one
        ids.append(one.id)
    service.announce(office.work, office.post, ids)
    return ids


def test_the_key_is_shown_once_and_the_address_never(office: Office, admin: Actor) -> None:
    made, key = service.add_hook(office.work, admin, name=" 城管 ", url=URL, kinds=(), entropy=ENTROPY)
    assert key == "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    assert (made.name, made.shown, made.state) == ("城管", "https://city.example.org/…", HookState.ACTIVE)
    assert service.hooks(office.work, admin) == [made]
    assert "secret-path" not in repr(made)


def test_every_event_goes_to_who_wants_it(office: Office, admin: Actor) -> None:
    every = subscribe(office, admin)
    owners = subscribe(office, admin, ("owner_given",))
    ids = happen(
        office, Discovered(None, Zone.CONTROL, 2, 116.7, 39.5, "seen"), OwnerGiven(admin.id, "dispatcher", "x")
    )
    office.run()
    sent = office.ways[CLOUDEVENTS].sent
    got = [(one.address, json.loads(one.body)["id"]) for one in sent]
    assert sorted(got) == sorted([(URL, str(ids[0])), (URL, str(ids[1])), (URL, str(ids[1]))])
    assert {one.secret for one in sent} == {"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}
    for hook, count in ((every, 2), (owners, 1)):
        found, tried = service.hook_deliveries(office.work, admin, hook.id, before=None, limit=10)
        assert [one.state.value for one in found] == ["accepted"] * count
        assert len(tried) == 2 * count


def test_an_event_is_announced_once(office: Office, admin: Actor) -> None:
    subscribe(office, admin)
    ids = happen(office, Accepted())
    service.announce(office.work, office.post, ids)
    office.run()
    assert len(office.ways[CLOUDEVENTS].sent) == 1


def test_nobody_subscribed_costs_nothing(office: Office, count_statements: list[str]) -> None:
    count_statements.clear()
    happen(office, Accepted())
    assert len(count_statements) == 1


def test_it_is_tried_for_a_day_and_then_no_more(office: Office, admin: Actor) -> None:
    office.ways[CLOUDEVENTS] = Way(DEAD)
    hook = subscribe(office, admin)
    happen(office, Accepted())
    office.run()
    for _ in range(400):
        office.clock.advance(timedelta(minutes=10))
        office.run()
    assert len(office.ways[CLOUDEVENTS].sent) == 8
    assert len({one.id for one in office.ways[CLOUDEVENTS].sent}) == 1, "one webhook-id, so that repeats are dropped"
    (found,), _ = service.hook_deliveries(office.work, admin, hook.id, before=None, limit=10)
    assert (found.state.value, found.problem) == ("failed", "no answer within 8 s")


def test_ten_failures_in_a_row_pause_it_and_the_administrator_hears(office: Office, admin: Actor) -> None:
    office.ways[CLOUDEVENTS] = Way(Receipt(Outcome.FAILED, "HTTP 500", "500"))
    hook = subscribe(office, admin)
    happen(office, *[Accepted()] * 12)
    office.run()
    (found,) = service.hooks(office.work, admin)
    assert (found.state, found.failures, found.problem) == (HookState.PAUSED, 10, "HTTP 500")
    assert len(office.ways[CLOUDEVENTS].sent) == 10
    office.run_for(120)
    assert len(office.ways[CLOUDEVENTS].sent) == 10, "paused is paused"
    happen(office, Accepted())
    office.clock.advance(timedelta(minutes=30))
    jobs.send_digests(office.begin, office.post)
    office.run()
    assert "外部订阅“城管”连续失败 10 次，已暂停：HTTP 500" in office.ways["email"].sent[0].body
    office.ways[CLOUDEVENTS].says = TAKEN
    service.change_hook(office.work, admin, hook.id, name="城管", kinds=(), active=True)
    office.run_for(10)
    after = service.hooks(office.work, admin)[0]
    assert (after.state, after.failures, after.problem) == (HookState.ACTIVE, 0, "")
    assert len({one.id for one in office.ways[CLOUDEVENTS].sent}) == 12, (
        "what waited goes out, what came meanwhile does not"
    )


def test_one_success_forgives(office: Office, admin: Actor) -> None:
    office.ways[CLOUDEVENTS] = Way([*[DEAD] * 9, TAKEN, *[DEAD] * 9])
    subscribe(office, admin)
    happen(office, *[Accepted()] * 19)
    office.run()
    assert service.hooks(office.work, admin)[0].state is HookState.ACTIVE


def test_who_says_it_is_gone_is_paused_at_once(office: Office, admin: Actor) -> None:
    office.ways[CLOUDEVENTS] = Way(Receipt(Outcome.REFUSED, "HTTP 410", "410"))
    subscribe(office, admin)
    happen(office, Accepted())
    office.run()
    assert service.hooks(office.work, admin)[0].state is HookState.PAUSED


def test_what_happens_while_subscriptions_are_switched_off_waits(office: Office, admin: Actor) -> None:
    root = people.operator(office.work.tenant_id)
    people.set_switch(office.work, root, "channel:cloudevents", on=False, reason="audit")
    subscribe(office, admin)
    happen(office, *[Accepted()] * 12)
    office.run_for(1800, step=60)
    assert not office.ways[CLOUDEVENTS].sent
    assert service.hooks(office.work, admin)[0].failures == 0, "it is not the system's fault"
    people.set_switch(office.work, root, "channel:cloudevents", on=True, reason="done")
    office.run_for(400, step=60)
    assert len(office.ways[CLOUDEVENTS].sent) == 12
    assert office.desk.lost == {}, "a subscription makes nobody unreachable"


def test_the_test_button_sends_one_event(office: Office, admin: Actor) -> None:
    hook = subscribe(office, admin, ("struck",))
    made = service.try_hook(office.work, office.post, admin, hook.id)
    office.run()
    (sent,) = office.ways[CLOUDEVENTS].sent
    assert sent.id == made.id
    assert json.loads(sent.body)["type"] == "org.pipewarden.test.v1"
    service.change_hook(office.work, admin, hook.id, name="x", kinds=(), active=False)
    with pytest.raises(RefusedError, match="paused"):
        service.try_hook(office.work, office.post, admin, hook.id)


def test_what_is_removed_is_gone(office: Office, admin: Actor) -> None:
    hook = subscribe(office, admin)
    happen(office, Accepted())
    service.remove_hook(office.work, admin, hook.id)
    office.run()
    assert not office.ways[CLOUDEVENTS].sent
    assert service.hooks(office.work, admin) == []
    for act in (
        lambda: service.remove_hook(office.work, admin, hook.id),
        lambda: service.change_hook(office.work, admin, hook.id, name="x", kinds=(), active=True),
        lambda: service.try_hook(office.work, office.post, admin, hook.id),
        lambda: service.hook_deliveries(office.work, admin, hook.id, before=None, limit=1),
    ):
        with pytest.raises(NotFoundError):
            act()


def test_only_the_tenants_administrator_has_them(office: Office, admin: Actor) -> None:
    hook = subscribe(office, admin)
    manager = people.actor_of(office.work, office.person(role=Role.SAFETY_MANAGER))
    assert manager is not None
    assert service.hooks(office.work, manager) == [hook], "a manager sees them"
    with pytest.raises(ForbiddenError):
        service.add_hook(office.work, manager, name="x", url=URL, kinds=(), entropy=ENTROPY)
    with pytest.raises(ForbiddenError):
        service.remove_hook(office.work, manager, hook.id)
    other = people.ensure_tenant(office.work.session, office.clock, office.work.ids, "gas-b").id
    there = replace(office.work, tenant_id=other)
    with pytest.raises(NotFoundError):
        service.add_hook(there, admin, name="x", url=URL, kinds=(), entropy=ENTROPY)
    assert service.hooks(there, people.operator(other)) == []
    with pytest.raises(NotFoundError):
        service.remove_hook(there, people.operator(other), hook.id)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"url": "ftp://x.example.org"}, "url.address"),
        ({"url": "https://u:p@x.example.org"}, "url.address"),
        ({"kinds": ("exploded",)}, "kinds"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 61}, "name"),
    ],
)
def test_what_cannot_be_is_named(office: Office, admin: Actor, more: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        service.add_hook(office.work, admin, **({"name": "x", "url": URL, "kinds": (), "entropy": ENTROPY} | more))
    assert caught.value.field == field


def test_twenty_are_enough(office: Office, admin: Actor) -> None:
    for _ in range(20):
        subscribe(office, admin)
    with pytest.raises(RefusedError, match="20 already"):
        subscribe(office, admin)


def test_what_was_done_to_them_is_on_record(office: Office, admin: Actor) -> None:
    hook = subscribe(office, admin)
    service.change_hook(office.work, admin, hook.id, name="x", kinds=("struck",), active=False)
    service.remove_hook(office.work, admin, hook.id)
    told = people.read(office.work, people.operator(office.work.tenant_id), limit=1000)
    mine = [one for one in told if one.object_kind == "webhook"]
    assert [one.act for one in mine] == ["webhook.added", "webhook.changed", "webhook.removed"]
    assert all("secret-path" not in one.details for one in mine)


def told_of(office: Office, site: UUID, version: int, said: Any) -> UUID:
    one = SiteEvent(office.work.ids.new(), office.work.tenant_id, site, office.clock.now(), None, version, said)
    office.desk.told[one.id] = one
    return one.id


def test_events_of_a_site_keep_their_order_and_another_site_does_not_wait(office: Office, admin: Actor) -> None:
    way = office.ways[CLOUDEVENTS]
    way.says = DEAD
    subscribe(office, admin)
    site, other = office.site(), office.site()
    given = OwnerGiven(office.work.ids.new(), "patroller", "near")
    ids = [told_of(office, site, 1, Accepted()), told_of(office, site, 2, given), told_of(office, other, 1, Accepted())]
    service.announce(office.work, office.post, ids)
    office.run()
    assert {json.loads(one.body)["id"] for one in way.sent} == {str(ids[0]), str(ids[2])}
    way.says = TAKEN
    office.run_for(60)
    order = [json.loads(one.body)["id"] for one in way.sent]
    assert order.count(str(ids[0])) == 2  # the same id at each attempt
    assert order.index(str(ids[1])) > max(n for n, one in enumerate(order) if one == str(ids[0]))


def test_a_batch_is_one_list_with_the_events_own_ids(office: Office, admin: Actor) -> None:
    service.add_hook(office.work, admin, name="b", url=URL, kinds=(), entropy=ENTROPY, batch=True)
    ids = happen(office, Accepted(), OwnerGiven(office.work.ids.new(), "patroller", "near"))
    office.run()
    (sent,) = office.ways[CLOUDEVENTS].sent
    assert [one["id"] for one in json.loads(sent.body)] == [str(one) for one in ids]


def test_what_happens_to_a_filing_is_told_by_its_id_alone(office: Office, admin: Actor) -> None:
    subscribe(office, admin, kinds=("filing.filed",))
    filing = office.work.ids.new()
    for number, kind in enumerate(("filed", "checked", "answered"), start=1):
        one = FilingChanged(office.work.ids.new(), office.work.tenant_id, filing, kind, number, office.clock.now())
        office.desk.filings[one.event_id] = one
    service.announce_filings(office.work, office.post, list(office.desk.filings))
    office.run()
    (sent,) = office.ways[CLOUDEVENTS].sent
    document = json.loads(sent.body)
    assert (document["type"], document["subject"]) == ("org.pipewarden.filing.filed.v1", str(filing))
    assert document["data"] == {"tenant_id": str(office.work.tenant_id), "filing_id": str(filing)}


def test_an_anchor_of_the_audit_chain_goes_to_who_asks_for_it_by_name(office: Office, admin: Actor) -> None:
    asking = subscribe(office, admin, ("audit.anchored",))
    subscribe(office, admin)
    anchored = people.anchor_chain(office.work, SigningKey(Ed25519PrivateKey.from_private_bytes(ENTROPY))).anchor
    assert anchored is not None
    service.announce_anchor(office.work, office.post, anchored)
    (delivery,), _ = service.hook_deliveries(office.work, admin, asking.id, before=None, limit=9)
    told = json.loads(delivery.body)
    assert told["type"] == "org.pipewarden.audit.anchored.v1"
    assert told["data"]["tenant_id"] == told["subject"] == str(office.work.tenant_id)
    assert people.read_anchor(told["data"]["anchor"]) == anchored
    others = [one for one in service.hooks(office.work, admin) if one.id != asking.id]
    assert [service.hook_deliveries(office.work, admin, one.id, before=None, limit=9)[0] for one in others] == [[]]


def test_the_auditors_get_the_newest_anchor_by_their_own_channels(office: Office, admin: Actor) -> None:
    auditor = office.person(MAIL, role=Role.AUDITOR)
    people.record(office.work, admin, "thing.done", ("thing", 1))
    anchored = people.anchor_chain(office.work, SigningKey(Ed25519PrivateKey.from_private_bytes(ENTROPY))).anchor
    assert anchored is not None
    assert service.tell_anchored(office.work, office.post, anchored) == 1
    reader = people.actor_of(office.work, auditor)
    assert reader is not None
    ((message,), unread) = service.messages(office.work, reader, before=None, limit=9)
    said = f"{message.title} {message.body}"
    assert (unread, anchored.hash.hex() in said, f"第 {anchored.seq} 条" in said) == (1, True, True), said
