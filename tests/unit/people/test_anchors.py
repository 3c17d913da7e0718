"""Anchors: signed ends of the chain that find what was cut or written anew, in the house and with nothing but files."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from pipewarden.act.adapters.signing import SigningKey, verified
from pipewarden.people import service
from pipewarden.people.facts import Anchor, ForbiddenError, NotFoundError, Role, SignedAnchor, Viewed
from pipewarden.people.rules import anchors as rules
from pipewarden.people.service.anchors import signed

if TYPE_CHECKING:
    from tests.unit.people.conftest import City

    from pipewarden.kit.work import Work

AT = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
KEY = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
OTHER = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33))))
TENANT = UUID(int=71)


def made(seq: int, *, at: datetime = AT, hash_: int = 0, tenant: UUID = TENANT, key: SigningKey = KEY) -> SignedAnchor:
    return signed(Anchor(tenant, seq, bytes([hash_ or seq % 250]) * 32), at, key)


@dataclass(slots=True)
class Kept:
    """A chain of a tenant of its own, to write on and to forge."""

    city: City
    work: Work

    def write(self, count: int) -> None:
        for number in range(count):
            service.record(self.work, self.city.root, "thing.done", ("thing", number), {"n": number})

    def run(self, statement: str, **more: object) -> int:
        return self.work.session.execute(text(statement), {"t": self.work.tenant_id, **more}).rowcount

    def anchored(self) -> SignedAnchor:
        found = service.anchor_chain(self.work, KEY)
        assert found.broken is None
        assert found.anchor is not None
        return found.anchor

    def state(self, *outside: SignedAnchor):
        return service.verify_record(self.work, self.city.root, outside, genuine=verified)


@pytest.fixture
def kept(city: City) -> Kept:
    return Kept(city, city.at(UUID(int=700)))


def test_an_anchor_reads_back_as_written() -> None:
    anchor = made(7)
    assert rules.read(rules.line(anchor) + "\n") == anchor
    assert rules.genuine(anchor, verified)
    assert set(json.loads(rules.line(anchor))) == {"at", "format", "hash", "key", "seq", "signature", "tenant"}


@pytest.mark.parametrize(
    "text_",
    ["", "{}", "[]", "null", "7", '"x"', "[" * 3000, '{"seq": 1}', rules.line(made(7)).replace("anchor-1", "anchor-2")],
)
def test_what_is_no_anchor_is_refused(text_: str) -> None:
    with pytest.raises(ValueError, match=r"anchor|JSON|Expecting"):
        rules.read(text_)


def test_nothing_may_stand_in_an_anchor_unsigned() -> None:
    told = json.loads(rules.line(made(7))) | {"note": "trust me"}
    with pytest.raises(ValueError, match="written"):
        rules.read(json.dumps(told, sort_keys=True, separators=(",", ":")))


@pytest.mark.parametrize(
    "change",
    [
        {"seq": 8},
        {"hash": bytes(32)},
        {"at": AT + timedelta(microseconds=1)},
        {"tenant_id": UUID(int=72)},
        {"public": OTHER.public},
        {"signature": bytes(64)},
        {"signature": b""},
        {"public": b""},
    ],
)
def test_an_anchor_that_was_changed_is_false(change: dict) -> None:
    forged = replace(made(7), **change)
    assert not rules.genuine(forged, verified)
    assert any("false" in one for one in rules.problems([forged], verified))


def test_anchors_of_a_growing_chain_have_no_problem() -> None:
    told = [made(seq, at=AT + timedelta(minutes=seq)) for seq in (5, 1, 9)] + [made(3, tenant=UUID(int=9))]
    assert rules.problems(told, verified) == []
    assert rules.problems(told, verified, key=rules.fingerprint(KEY.public).upper()) == []
    assert rules.problems([told[0], told[0]], verified) == []


def test_anchors_tell_by_themselves_that_a_chain_was_cut_or_written_anew() -> None:
    (cut,) = rules.problems([made(9), made(4, at=AT + timedelta(hours=1))], verified)
    assert "an earlier anchor reached entry 9: the chain was cut" in cut
    (anew,) = rules.problems([made(9, hash_=1), made(9, hash_=2, at=AT + timedelta(hours=1))], verified)
    assert "written anew" in anew


def test_another_key_is_named() -> None:
    told = [made(1), made(2, at=AT + timedelta(hours=1), key=OTHER)]
    assert ["more than one key" in one for one in rules.problems(told, verified)] == [True]
    (strange,) = rules.problems(told, verified, key=rules.fingerprint(KEY.public))
    assert rules.fingerprint(OTHER.public) in strange


def test_a_round_signs_what_came_and_is_quiet_where_nothing_did(kept: Kept) -> None:
    assert service.anchor_chain(kept.work, KEY).anchor is None
    kept.write(3)
    first = kept.anchored()
    assert (first.seq, first.at, first.end) == (3, kept.work.now(), service.anchor(kept.work))
    assert service.anchor_chain(kept.work, KEY) == service.anchor_chain(kept.work, KEY)
    assert service.anchor_chain(kept.work, KEY).anchor is None
    kept.write(2)
    second = kept.anchored()
    assert service.anchors(kept.work) == [first, second]
    assert service.last_anchor(kept.work) == second


def test_a_round_walks_only_what_came(kept: Kept, count_statements: list[str]) -> None:
    kept.write(30)
    kept.anchored()
    kept.write(1)
    count_statements.clear()
    kept.anchored()
    assert len(count_statements) < 8


@pytest.mark.parametrize(
    ("forgery", "seq"),
    [
        ("UPDATE people_audit SET details = '{}' WHERE tenant_id = :t AND seq = 7", 7),
        ("UPDATE people_audit SET hash = decode(repeat('00', 32), 'hex') WHERE tenant_id = :t AND seq = 5", 5),
        ("DELETE FROM people_audit WHERE tenant_id = :t AND seq = 5", 5),
        ("DELETE FROM people_audit WHERE tenant_id = :t AND seq > 3", 5),
    ],
)
def test_a_chain_that_does_not_hold_gets_no_anchor(kept: Kept, forgery: str, seq: int) -> None:
    kept.write(5)
    kept.anchored()
    kept.write(5)
    assert kept.run(forgery) > 0
    found = service.anchor_chain(kept.work, KEY)
    assert (found.anchor, found.broken and found.broken.seq) == (None, seq)
    assert len(service.anchors(kept.work)) == 1


def test_the_state_says_how_far_the_record_is_whole(kept: Kept) -> None:
    kept.write(4)
    anchor = kept.anchored()
    kept.write(2)
    state = kept.state(anchor, made(3, tenant=UUID(int=9)))
    assert (state.end.seq, state.anchors, state.anchored, state.broken) == (6, 2, anchor, None)


def test_a_tail_cut_with_the_houses_own_anchors_is_found_from_outside(kept: Kept) -> None:
    kept.write(8)
    outside = kept.anchored()
    assert kept.run("DELETE FROM people_audit WHERE tenant_id = :t AND seq > 5") == 3
    assert kept.state().broken.seq == 6, "its own anchor finds it"
    assert kept.run("DELETE FROM people_anchors WHERE tenant_id = :t") == 1
    assert kept.state().broken is None, "whoever may delete both leaves nothing inside"
    assert kept.state(outside).broken.seq == 6


def test_a_chain_written_anew_is_found_from_outside(kept: Kept) -> None:
    kept.write(8)
    outside = kept.anchored()
    kept.run("DELETE FROM people_anchors WHERE tenant_id = :t")
    kept.run("DELETE FROM people_audit WHERE tenant_id = :t")
    kept.write(8)
    kept.work.clock.advance(timedelta(hours=1))
    assert kept.state().broken is None
    kept.run("DELETE FROM people_audit WHERE tenant_id = :t")
    kept.write(9)
    broken = kept.state(outside).broken
    assert (broken.seq, "another" in broken.problem) == (8, True)


def test_a_forged_anchor_is_named_and_never_trusted(kept: Kept) -> None:
    kept.write(4)
    kept.anchored()
    kept.run("UPDATE people_anchors SET hash = decode(repeat('11', 32), 'hex') WHERE tenant_id = :t")
    assert "false signature" in kept.state().broken.problem
    kept.run("DELETE FROM people_anchors WHERE tenant_id = :t")
    end = service.anchor(kept.work)
    one, two = signed(end, AT, KEY), signed(replace(end, hash=bytes(32)), AT, KEY)
    assert "differ" in kept.state(one, two).broken.problem


def test_a_changed_view_is_found_with_the_chain(kept: Kept) -> None:
    for number in range(3):
        service.viewed(kept.work, kept.city.root, Viewed.TRACK, ("trip", number), None)
    service.seal_views(kept.work)
    assert kept.state().broken is None
    assert kept.run("UPDATE people_views SET subject_id = '9' WHERE tenant_id = :t AND subject_id = '1'") == 1
    assert "sealed" in kept.state().broken.problem


def test_only_who_may_verify_does(city: City) -> None:
    work = city.at(city.a.id)
    auditor = city.actor(Role.AUDITOR, tenant=city.a)
    assert service.verify_record(work, auditor, genuine=verified).broken is None
    with pytest.raises(ForbiddenError):
        service.verify_record(work, city.actor(Role.TENANT_ADMIN, tenant=city.a), genuine=verified)
    with pytest.raises(NotFoundError):
        service.verify_record(work, city.actor(Role.AUDITOR, tenant=city.b), genuine=verified)


@pytest.mark.parametrize("seq", [0, -1])
def test_an_entry_before_the_first_is_found(kept: Kept, seq: int) -> None:
    kept.write(3)
    kept.run(
        "INSERT INTO people_audit SELECT gen_random_uuid(), tenant_id, :s, at, actor_kind, actor_id, act, object_kind, "
        "object_id, details, previous, hash FROM people_audit WHERE tenant_id = :t AND seq = 1",
        s=seq,
    )
    assert kept.state().broken is not None
