"""The audit chain: nothing on it can be changed, left out, put in or cut off unseen (safety test O3)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from pipewarden.kit.db import Base
from pipewarden.people import service
from pipewarden.people.facts import PLATFORM, ActorKind, Anchor, AuditEntry, ForbiddenError, Role
from pipewarden.people.rules import chain
from pipewarden.people.service import audit
from pipewarden.people.store import record as store

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from tests.unit.people.conftest import City

TENANT = UUID(int=77)
START = Anchor(TENANT, 0, chain.FIRST)


def made_chain(length: int, tenant: UUID = TENANT) -> list[AuditEntry]:
    entries, previous = [], chain.FIRST
    for seq in range(1, length + 1):
        entry = chain.sealed(
            AuditEntry(
                tenant_id=tenant,
                seq=seq,
                at=datetime(2026, 11, 20, tzinfo=UTC) + timedelta(seconds=seq, microseconds=seq),
                actor_kind=ActorKind.PERSON,
                actor_id=UUID(int=seq % 5),
                act="alarm.acknowledged",
                object_kind="alarm",
                object_id=str(seq),
                details=chain.canonical({"n": seq, "why": "挖掘机"}),
                previous=previous,
                hash=b"",
            )
        )
        entries.append(entry)
        previous = entry.hash
    return entries


def tampered(entries: list[AuditEntry], rng: np.random.Generator) -> tuple[list[AuditEntry], str]:
    """One random forgery by somebody who can write rows but not rewrite everything after."""
    at = int(rng.integers(len(entries)))
    kind = rng.choice(["field", "delete", "swap", "insert", "reseal", "copy"])
    entry, out = entries[at], list(entries)
    if kind == "field":
        field = rng.choice(
            [
                "at",
                "actor_id",
                "actor_kind",
                "act",
                "object_kind",
                "object_id",
                "details",
                "hash",
                "previous",
                "tenant_id",
            ]
        )
        new = {
            "at": entry.at + timedelta(microseconds=1),
            "actor_id": UUID(int=99),
            "actor_kind": ActorKind.SYSTEM,
            "act": "alarm.read",
            "object_kind": "camera",
            "object_id": entry.object_id + "0",
            "details": entry.details.replace("挖", "推"),
            "hash": bytes([entry.hash[0] ^ 1]) + entry.hash[1:],
            "previous": bytes([entry.previous[0] ^ 1]) + entry.previous[1:],
            "tenant_id": UUID(int=78),
        }[str(field)]
        out[at] = replace(entry, **{str(field): new})
    elif kind == "delete" and at < len(entries) - 1:
        del out[at]
    elif kind == "swap" and at < len(entries) - 1:
        out[at], out[at + 1] = out[at + 1], out[at]
    elif kind == "insert":
        out.insert(at, chain.sealed(replace(entry, act="forged.act", previous=entry.previous)))
    elif kind == "reseal" and at < len(entries) - 1:
        out[at] = chain.sealed(replace(entry, details="{}"))
    else:
        out.insert(at, entry)
        kind = "copy"
    return out, str(kind)


def test_a_thousand_random_forgeries_are_all_found() -> None:
    entries = made_chain(60)
    assert chain.first_break(entries, START) == (Anchor(TENANT, 60, entries[-1].hash), None)
    rng = np.random.default_rng(20261122)
    kinds: dict[str, int] = {}
    for _ in range(1000):
        forged, kind = tampered(entries, rng)
        assert forged != entries, "the fault must have happened"
        kinds[kind] = kinds.get(kind, 0) + 1
        _, broken = chain.first_break(forged, START)
        assert broken is not None, kind
    assert sum(kinds.values()) == 1000
    assert len(kinds) == 6
    assert min(kinds.values()) > 50


def test_the_break_is_named_where_it_is() -> None:
    entries = made_chain(20)
    changed = [*entries[:9], replace(entries[9], act="x.y"), *entries[10:]]
    assert chain.first_break(changed, START)[1].seq == 10
    gone = entries[:9] + entries[10:]
    broken = chain.first_break(gone, START)[1]
    assert (broken.seq, "entry 10 is missing" in broken.problem) == (10, True)


def test_canonical_details_do_not_depend_on_order() -> None:
    assert chain.canonical({"b": 1, "a": [1, {"d": None, "c": True}]}) == '{"a":[1,{"c":true,"d":null}],"b":1}'
    assert json.loads(chain.canonical({"区": "北"})) == {"区": "北"}


@pytest.mark.parametrize(
    "details",
    [
        {"password": "x"},
        {"a": [{"new_Token": 1}]},
        {"clientSecret": 1},
        {"x": float("nan")},
        {"x": object()},
        {"x": "y" * 20_001},
    ],
)
def test_secrets_and_what_is_not_json_stay_out(details: dict) -> None:
    with pytest.raises(ValueError, match=r"keep|JSON|characters|compliant"):
        chain.canonical(details)


def test_parts_of_an_entry_cannot_be_shifted_into_each_other() -> None:
    entry = made_chain(1)[0]
    one = replace(entry, act="a", object_kind="bc")
    two = replace(entry, act="ab", object_kind="c")
    assert chain.hash_of(one) != chain.hash_of(two)


def test_the_hash_does_not_depend_on_the_zone_it_is_read_in() -> None:
    entry = made_chain(1)[0]
    elsewhere = replace(entry, at=entry.at.astimezone(ZoneInfo("Asia/Shanghai")))
    assert chain.hash_of(elsewhere) == entry.hash


def test_each_tenant_has_its_own_chain(city: City) -> None:
    a, b = city.at(city.a.id), city.at(city.b.id)
    before = service.anchor(a).seq
    first = service.record(a, city.root, "thing.done", ("thing", 1), {"n": 1.5})
    service.record(b, city.root, "thing.done", ("thing", 1))
    second = service.record(a, city.root, "thing.done", ("thing", 2))
    assert (first.seq, second.seq) == (before + 1, before + 2)
    assert second.previous == first.hash
    assert service.verify(a) is None
    assert service.verify(b) is None
    assert service.anchor(a) == Anchor(city.a.id, second.seq, second.hash)


@pytest.mark.parametrize(
    "forgery",
    [
        "UPDATE people_audit SET details = '{}' WHERE tenant_id = :t AND seq = 30",
        "UPDATE people_audit SET at = at + interval '1 microsecond' WHERE tenant_id = :t AND seq = 30",
        "UPDATE people_audit SET actor_id = '00000000-0000-0000-0000-000000000009' WHERE tenant_id = :t AND seq = 30",
        "DELETE FROM people_audit WHERE tenant_id = :t AND seq = 30",
        "UPDATE people_audit SET hash = decode(repeat('00', 32), 'hex') WHERE tenant_id = :t AND seq = 30",
    ],
)
def test_a_changed_row_in_the_database_is_found(city: City, forgery: str) -> None:
    work = city.at(UUID(int=500))
    for number in range(50):
        service.record(work, city.root, "thing.done", ("thing", number), {"n": number})
    assert service.verify(work) is None
    assert work.session.execute(text(forgery), {"t": work.tenant_id}).rowcount == 1
    assert service.verify(work).seq == 30


def test_a_cut_tail_is_found_by_the_anchor(city: City) -> None:
    work = city.at(UUID(int=501))
    for number in range(12):
        service.record(work, city.root, "thing.done", ("thing", number))
    kept_outside = service.anchor(work)
    cut = text("DELETE FROM people_audit WHERE tenant_id = :t AND seq > 9")
    assert work.session.execute(cut, {"t": work.tenant_id}).rowcount == 3
    assert service.verify(work) is None, "the rest holds in itself"
    broken = service.verify(work, kept_outside)
    assert (broken.seq, broken.problem) == (10, "the chain ends before the anchored entry 12")
    for number in range(5):
        service.record(work, city.root, "other.done", ("thing", number))
    rewritten = service.verify(work, kept_outside)
    assert (rewritten.seq, "anchored" in rewritten.problem) == (12, True)


def test_an_anchor_inside_the_chain_holds(city: City) -> None:
    work = city.at(UUID(int=502))
    service.record(work, city.root, "thing.done", ("thing", 1))
    anchored = service.anchor(work)
    service.record(work, city.root, "thing.done", ("thing", 2))
    assert service.verify(work, anchored) is None
    assert service.verify(work, Anchor(work.tenant_id, 0, chain.FIRST)) is None


def test_a_long_chain_is_walked_in_batches(
    city: City, monkeypatch: pytest.MonkeyPatch, count_statements: list[str]
) -> None:
    monkeypatch.setattr(audit, "_BATCH", 7)
    work = city.at(UUID(int=503))
    for number in range(20):
        service.record(work, city.root, "thing.done", ("thing", number))
    anchored = service.anchor(work)
    count_statements.clear()
    assert service.verify(work, anchored) is None
    assert len(count_statements) == 4
    work.session.execute(
        text("UPDATE people_audit SET act = 'x' WHERE tenant_id = :t AND seq = 15"), {"t": work.tenant_id}
    )
    assert service.verify(work, anchored).seq == 15


def test_reading_is_for_auditors_of_that_tenant(city: City) -> None:
    service.record(city.at(city.a.id), city.root, "thing.done", ("thing", 1))
    auditor = city.actor(Role.AUDITOR, tenant=city.a)
    seen = service.read(city.at(city.a.id), auditor, limit=1000)
    assert {entry.tenant_id for entry in seen} == {city.a.id}
    assert [entry.seq for entry in seen] == list(range(1, len(seen) + 1))
    assert service.read(city.at(city.a.id), auditor, after=seen[-2].seq) == seen[-1:]
    assert service.read(city.at(city.b.id), auditor) == []
    with pytest.raises(ForbiddenError):
        service.read(city.at(city.a.id), city.actor(Role.TENANT_ADMIN, tenant=city.a))


def test_administrators_acts_leave_entries(city: City) -> None:
    acts = {entry.act for entry in service.read(city.at(PLATFORM), city.root, limit=1000)}
    assert "area.added" in acts
    city.member(city.person(), Role.AUDITOR, tenant=city.a)
    acts = [entry.act for entry in service.read(city.at(city.a.id), city.root, limit=1000)]
    assert acts[-1] == "membership.granted"


def test_the_app_role_may_only_insert() -> None:
    assert Base.metadata.tables["people_audit"].info["append_only"] is True


def test_two_writers_of_one_chain_wait_for_each_other(city: City, engine: Engine) -> None:
    """The second writer would else continue the same entry: a fork that verify would call a forgery."""
    service.record(city.at(city.a.id), city.root, "thing.done", ("thing", 1))
    with engine.connect() as second, second.begin(), Session(bind=second) as session:
        session.execute(text("SET LOCAL lock_timeout = '200ms'"))
        with pytest.raises(OperationalError, match="lock timeout"):
            store.lock_chain(session, city.a.id)
    with engine.connect() as second, second.begin(), Session(bind=second) as session:
        session.execute(text("SET LOCAL lock_timeout = '200ms'"))
        assert store.lock_chain(session, UUID(int=900)).seq == 0, "another tenant's chain is free"
