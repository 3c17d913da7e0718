"""Who may bring, sign, place and see messages: a key of one platform, a person of one tenant, and nobody else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from pipewarden.act.rules.sign import webhook_headers
from pipewarden.casework import service as casework
from pipewarden.casework import store as casework_store
from pipewarden.casework.facts import Discovered
from pipewarden.exchange import service, store
from pipewarden.exchange.facts import Incoming, ItemState, Kept
from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.errors import RefusedError
from pipewarden.kit.web import UnauthenticatedError
from pipewarden.network.facts import Zone
from pipewarden.people import service as people
from pipewarden.people.facts import Actor, ActorKind, ForbiddenError, Grant, NotFoundError, Role, Scope
from pipewarden.sense import store as sense_store

if TYPE_CHECKING:
    from pathlib import Path

    from pipewarden.exchange.facts import Item
    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work
    from pipewarden.sense.facts import Told

BODY = b'{"id": "1"}'
OURS = "city-lifeline"
HOTLINE = {"工单编号": "W-1", "诉求内容": "挖机在挖路", "诉求地址": "和平路18号"}


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path)


@pytest.fixture
def next_door(work: Work) -> Work:
    """Another tenant in the same transaction."""
    made = people.ensure_tenant(work.session, work.clock, work.ids, "next-door")
    return replace(work, tenant_id=made.id)


def person(work: Work, *permissions: str) -> Actor:
    grants = tuple(Grant(one, Scope.TENANT, work.tenant_id, None, Role.DISPATCHER) for one in permissions)
    return Actor(kind=ActorKind.PERSON, id=UUID(int=9), name="p", tenant_id=work.tenant_id, grants=grants)


def take(
    work: Work, blobs: BlobStore, *rows: dict[str, Any], source: str = "p", platform: str = "12345-hotline", **more: Any
) -> list[Kept]:
    messages = [Incoming(source, "", "", row, n) for n, row in enumerate(rows, start=1)]
    actor = more.pop("actor", people.operator(work.tenant_id))
    return service.take(work, blobs, actor, messages, platform=platform, mapping=service.mapping_of(platform))


def told_by(work: Work, item: Item) -> Told:
    """Return what a message says in the river."""
    assert item.observation_id is not None
    return sense_store.told(work.session, work.tenant_id, [item.observation_id])[item.observation_id]


# -- signatures


def set_secret(work: Work, platform: str = OURS, seed: int = 1) -> str:
    return service.set_secret(work, people.operator(work.tenant_id), platform, bytes([seed]) * service.SECRET_BYTES)


def problem(work: Work, headers: dict[str, str], body: bytes = BODY, platform: str = OURS) -> str:
    with pytest.raises(UnauthenticatedError) as found:
        service.check_signature(work, platform, headers, body)
    assert found.value.field == "webhook-signature"
    return found.value.problem


def test_where_nothing_was_set_nothing_need_be_signed(work: Work, next_door: Work) -> None:
    set_secret(work)
    service.check_signature(work, "12345-hotline", {}, BODY)
    service.check_signature(next_door, OURS, {}, BODY)
    assert problem(work, {}) == "is missing"


@pytest.mark.parametrize(("late", "right"), [(0, True), (300, True), (-300, True), (301, False), (-301, False)])
def test_a_signature_holds_five_minutes_either_way(work: Work, clock: SetClock, late: int, *, right: bool) -> None:
    headers = webhook_headers("m1", clock.now(), BODY, set_secret(work))
    clock.advance(timedelta(seconds=late))
    if right:
        service.check_signature(work, OURS, headers, BODY)
    else:
        assert "five minutes" in problem(work, headers)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_each_header_counts(work: Work, name: str) -> None:
    headers = webhook_headers("m1", work.now(), BODY, set_secret(work))
    assert problem(work, {key: value for key, value in headers.items() if key != name}) == "is missing"
    assert problem(work, headers | {name: "x"})
    assert problem(work, headers, BODY + b" ") == "does not fit the message"


@pytest.mark.parametrize("seconds", ["9" * 400, "9" * 5000, "-1", "1e9", "١٧٦٤", " "])
def test_a_timestamp_that_is_none_is_refused_and_breaks_nothing(work: Work, seconds: str) -> None:
    headers = webhook_headers("m1", work.now(), BODY, set_secret(work))
    assert problem(work, headers | {"webhook-timestamp": seconds})


def test_an_old_key_signs_nothing_any_more_and_two_signatures_are_enough(work: Work) -> None:
    old, new = set_secret(work, seed=1), set_secret(work, seed=2)
    assert old != new
    was = webhook_headers("m1", work.now(), BODY, old)
    now = webhook_headers("m1", work.now(), BODY, new)
    assert problem(work, was) == "does not fit the message"
    both = f"{was['webhook-signature']} {now['webhook-signature']}"
    service.check_signature(work, OURS, now | {"webhook-signature": both}, BODY)
    assert work.session.scalar(select(func.count()).select_from(store.SecretRow)) == 1


def test_a_key_taken_away_lets_messages_come_unsigned_and_both_are_on_record(work: Work) -> None:
    secret = set_secret(work)
    root = people.operator(work.tenant_id)
    service.take_secret_away(work, root, OURS)
    service.check_signature(work, OURS, {}, BODY)
    service.take_secret_away(work, root, OURS)
    found = [one for one in people.read(work, root) if one.act.startswith("intake.secret")]
    assert [one.act for one in found].count("intake.secret_ended") == 2
    assert all(secret not in str(one) for one in found), "the audit does not hold the key"


def test_who_may_not_manage_channels_sets_no_key(work: Work, next_door: Work) -> None:
    for actor, refused in (
        (person(work, "intake:create", "intake:place"), ForbiddenError),
        (person(next_door, "channel:manage"), NotFoundError),
    ):
        with pytest.raises(refused):
            service.set_secret(work, actor, OURS, b"x" * 32)
        with pytest.raises(refused):
            service.take_secret_away(work, actor, OURS)
    assert store.secret(work, OURS) is None
    with pytest.raises(NotFoundError):
        set_secret(work, "nobody")


# -- repeats


def test_two_sources_and_two_platforms_and_two_tenants_may_use_one_number(
    work: Work, next_door: Work, blobs: BlobStore
) -> None:
    """A number is its sender's own: another sender's must never pass for a repeat."""
    kept = [
        *take(work, blobs, HOTLINE),
        *take(work, blobs, HOTLINE, source="q"),
        *take(next_door, blobs, HOTLINE),
        *take(work, blobs, {"报警编号": "W-1", "报警内容": "x"}, platform=OURS),
    ]
    assert [one.fresh for one in kept] == [True] * 4
    assert len({one.item.id for one in kept}) == 4
    assert [one.fresh for one in take(work, blobs, HOTLINE, HOTLINE, source="q")] == [False, False]


def test_a_repeat_answers_what_became_of_it(work: Work, blobs: BlobStore) -> None:
    (first,) = take(work, blobs, HOTLINE)
    root = people.operator(work.tenant_id)
    placed = service.place(work, blobs, root, first.item.id, lon=116.7, lat=39.5, accuracy_m=30)
    (again,) = take(work, blobs, HOTLINE)
    assert (again.fresh, again.item.state, again.item.observation_id) == (False, ItemState.TAKEN, placed.observation_id)
    assert again.item.received_at == first.item.received_at


def test_the_order_of_fields_is_no_other_message(work: Work, blobs: BlobStore) -> None:
    take(work, blobs, HOTLINE)
    (again,) = take(work, blobs, dict(reversed(HOTLINE.items())))
    assert not again.fresh


def test_one_pin_sent_in_a_long_chinese_name_is_kept(work: Work, blobs: BlobStore) -> None:
    """The longest source that the door lets through, quoted nine characters for one."""
    row = HOTLINE | {"经度": "116.7", "纬度": "39.5", "工单编号": "号" * 150}
    (kept,) = take(work, blobs, row, source="热" * 200)
    assert kept.item.state is ItemState.TAKEN
    told = told_by(work, kept.item)
    assert (told.event_id, told.extra["platform"]) == ("号" * 150, "12345-hotline")


# -- what waits


def test_nobody_sees_or_places_another_tenants_message(work: Work, next_door: Work, blobs: BlobStore) -> None:
    (mine,) = take(work, blobs, HOTLINE)
    theirs = people.operator(next_door.tenant_id)
    stranger = person(next_door, "intake:place")
    for actor in (theirs, stranger):
        assert service.listed(next_door, actor, None, limit=9) == []
        with pytest.raises(NotFoundError):
            service.place(next_door, blobs, actor, mine.item.id, lon=116.7, lat=39.5, accuracy_m=30)
        with pytest.raises(NotFoundError):
            service.set_aside(next_door, actor, mine.item.id, "x")
    assert service.listed(work, stranger, None, limit=9) == []
    (still,) = service.listed(work, people.operator(work.tenant_id), ItemState.WAITING, limit=9)
    assert still.id == mine.item.id


def test_who_may_place_nothing_is_refused(work: Work, blobs: BlobStore) -> None:
    (kept,) = take(work, blobs, HOTLINE)
    actor = person(work, "intake:create", "observation:create")
    with pytest.raises(ForbiddenError):
        service.listed(work, actor, None, limit=9)
    with pytest.raises(ForbiddenError):
        service.place(work, blobs, actor, kept.item.id, lon=116.7, lat=39.5, accuracy_m=30)
    with pytest.raises(ForbiddenError):
        service.set_aside(work, actor, kept.item.id, "x")


def test_a_key_that_may_only_bring_messages_brings_them(work: Work, blobs: BlobStore) -> None:
    (kept,) = take(work, blobs, HOTLINE, actor=person(work, "intake:create", "observation:create"))
    assert kept.fresh
    with pytest.raises(ForbiddenError):
        take(work, blobs, HOTLINE, actor=person(work, "observation:create"))


def test_who_placed_it_and_where_stand_on_record(work: Work, blobs: BlobStore) -> None:
    (kept,) = take(work, blobs, HOTLINE | {"受理时间": "2026-11-20 08:30"})
    actor = replace(person(work, "intake:place", "observation:create"), id=UUID(int=44))
    placed = service.place(work, blobs, actor, kept.item.id, lon=116.71, lat=39.51, accuracy_m=30)
    assert (placed.lon, placed.lat, placed.decided_by) == (116.71, 39.51, UUID(int=44))
    assert placed.why == kept.item.why, "what it waited for is not forgotten"
    told = told_by(work, placed)
    assert (told.lon, told.lat, told.accuracy_m, told.words) == (116.71, 39.51, 30, "挖机在挖路")
    acts = [(one.act, one.actor_id) for one in people.read(work, people.operator(work.tenant_id))]
    assert ("intake.placed", UUID(int=44)) in acts
    with pytest.raises(RefusedError, match="is taken"):
        service.set_aside(work, actor, kept.item.id, "doch nicht")


def test_the_list_is_paged_newest_first(work: Work, blobs: BlobStore) -> None:
    kept = take(work, blobs, *(HOTLINE | {"工单编号": f"W-{n}"} for n in range(5)))
    root = people.operator(work.tenant_id)
    service.set_aside(work, root, kept[2].item.id, "重复")
    seen: list[UUID] = []
    while page := service.listed(work, root, ItemState.WAITING, limit=2, before=seen[-1] if seen else None):
        seen += [one.id for one in page]
    assert seen == [kept[n].item.id for n in (4, 3, 1, 0)]


def test_a_status_reaches_no_site_of_another_tenant(work: Work, next_door: Work, blobs: BlobStore) -> None:
    site = casework.open_site(next_door, Discovered(None, Zone.CONTROL, 2, 116.7, 39.5, "test"))
    row = {"工单编号": "O-7", "施工点编号": str(site.id), "工单状态": "已办结"}
    with pytest.raises(NotFoundError):
        take(work, blobs, row, platform="work-orders")
    assert casework_store.sites.read(next_door, [site.id])[site.id].version == site.version
