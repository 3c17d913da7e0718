"""The audit of a whole house: anchored every ten minutes into a folder, walked every night, people told of a break."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import psycopg
import pytest
from procrastinate import App
from procrastinate.testing import InMemoryConnector
from sqlalchemy import select
from sqlalchemy.exc import OperationalError, ProgrammingError

from pipewarden.casework.store.duty_tables import BreachRow
from pipewarden.kit.db import Base
from pipewarden.kit.errors import InputError, UnavailableError
from pipewarden.kit.settings import Settings
from pipewarden.main import act, audit
from pipewarden.main.queue import Queue
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, AuditBreak, Viewed

if TYPE_CHECKING:
    from pathlib import Path

    from audited_house import House

    from pipewarden.people.facts import ChainState

SECRET = b"a secret of this test run alone."
APPEND_ONLY = sorted(table.name for table in Base.metadata.sorted_tables if table.info.get("append_only"))


def walked(one: House, folder: Path | None = None) -> ChainState:
    (state,) = audit.walk_all(one.home, [one.tenant], folder=folder)
    return state


def breaches(one: House, tenant: object = None) -> list[str]:
    with one.home.work() as work:
        mine = BreachRow.tenant_id == (tenant or one.tenant)
        return list(work.session.scalars(select(BreachRow.words).where(mine, BreachRow.what == audit.BROKEN)))


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize(
    "act_", ["UPDATE {} SET tenant_id = tenant_id", "DELETE FROM {}", "TRUNCATE {}", "DROP TABLE {}"]
)
def test_the_app_role_may_only_add_to_what_is_append_only(house: House, table: str, act_: str) -> None:
    with house.home.factory.sessions() as session, pytest.raises(ProgrammingError) as caught:
        session.connection().exec_driver_sql(act_.format(table))
    assert isinstance(caught.value.orig, psycopg.errors.InsufficientPrivilege)


def test_audit_views_anchors_and_events_are_among_them() -> None:
    wanted = {"people_audit", "people_views", "people_anchors", "casework_events", "kit_facts", "act_attempts"}
    wanted |= {"market_label_events", "market_commission_events"}
    assert wanted <= set(APPEND_ONLY)
    events = {one.name for one in Base.metadata.sorted_tables if one.name.endswith("_events")}
    assert events <= set(APPEND_ONLY), "state comes from events, and nobody rewrites those"


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE people_audit DISABLE TRIGGER ALL",
        "ALTER TABLE people_audit OWNER TO CURRENT_USER",
        "SET ROLE pipewarden_owner",
        "ALTER ROLE CURRENT_USER SUPERUSER",
    ],
)
def test_the_app_role_may_not_give_itself_more(house: House, statement: str) -> None:
    with house.home.factory.sessions() as session, pytest.raises(ProgrammingError) as caught:
        session.connection().exec_driver_sql(statement)
    assert isinstance(caught.value.orig, psycopg.errors.InsufficientPrivilege)


def test_a_grant_of_what_it_has_not_grants_nothing(house: House) -> None:
    """PostgreSQL only warns of it."""
    with house.home.factory.sessions() as session:
        connection = session.connection()
        connection.exec_driver_sql("GRANT UPDATE, DELETE ON people_audit TO CURRENT_USER")
        for right in ("UPDATE", "DELETE", "TRUNCATE"):
            assert (
                connection.exec_driver_sql(f"SELECT has_table_privilege('people_audit', '{right}')").scalar() is False
            )


def test_an_anchor_lies_outside_as_a_file_and_nothing_is_written_twice(house: House, tmp_path: Path) -> None:
    house.write(4)
    made = audit.anchor_all(house.home, only=[house.tenant], folder=tmp_path)
    (path,) = tmp_path.rglob("*.json")
    assert path.relative_to(tmp_path).parts == (str(house.tenant), "000000000004.json")
    assert audit.read_anchors([tmp_path]) == list(made.made)
    assert audit.anchor_all(house.home, only=[house.tenant], folder=tmp_path).made == ()
    house.write(1)
    audit.anchor_all(house.home, only=[house.tenant], folder=tmp_path)
    assert sorted(one.name for one in tmp_path.rglob("*.json")) == ["000000000004.json", "000000000005.json"]
    state = walked(house, tmp_path)
    assert (state.broken, state.anchors, state.anchored.seq) == (None, 4, 5)


def test_the_key_is_made_once_in_a_file_of_its_own_that_nobody_else_reads(house: House) -> None:
    first = audit.key(house.home).public
    path = house.home.folder / "audit.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert audit.key(house.home).public == first
    path.chmod(0o640)
    with pytest.raises(UnavailableError, match="can be read by others"):
        audit.key(house.home)
    path.chmod(0o600)


def test_a_round_cut_off_after_it_wrote_is_made_good_by_the_next(house: House, tmp_path: Path) -> None:
    house.write(3)
    (first,) = audit.anchor_all(house.home, only=[house.tenant], folder=tmp_path).made
    house.forge("DELETE FROM people_anchors WHERE tenant_id = :t")
    (again,) = audit.anchor_all(house.home, only=[house.tenant], folder=tmp_path).made
    assert (again.seq, again.hash) == (first.seq, first.hash)
    assert audit.read_anchors([tmp_path]) == [first], "what lies outside is never written over"
    assert walked(house, tmp_path).broken is None


def test_a_folder_that_takes_nothing_is_named_and_tried_again(house: House, tmp_path: Path) -> None:
    house.write(3)
    there = tmp_path / "file"
    there.write_text("in the way")
    with pytest.raises(UnavailableError) as caught:
        audit.anchor_all(house.home, only=[house.tenant], folder=there)
    assert caught.value.field == "PIPEWARDEN_AUDIT_ANCHORS"
    with house.home.work() as work:
        assert people.anchors(work) == [], "no anchor says that it lies outside when it does not"
    assert len(audit.anchor_all(house.home, only=[house.tenant], folder=tmp_path / "free").made) == 1


def test_a_tail_that_the_databases_owner_cut_is_found_by_the_folder_and_people_are_told_once(
    house: House, tmp_path: Path
) -> None:
    house.write(6)
    audit.anchor_all(house.home, only=[house.tenant], folder=tmp_path)
    house.forge("DELETE FROM people_audit WHERE tenant_id = :t AND seq > 4")
    house.forge("DELETE FROM people_anchors WHERE tenant_id = :t")
    assert walked(house).broken is None, "inside nothing is left to see"
    assert breaches(house) == []
    broken = walked(house, tmp_path).broken
    assert (broken.seq, broken.problem) == (5, "the chain ends before the anchored entry 6")
    walked(house, tmp_path)
    assert breaches(house) == ["the audit chain is broken at entry 5: the chain ends before the anchored entry 6"]


def test_a_broken_chain_stops_its_own_anchors_and_nobody_elses(whole_house: House, tmp_path: Path) -> None:
    one, other = whole_house.fresh(), whole_house.fresh()
    for each in (one, other):
        each.write(3)
    one.forge("UPDATE people_audit SET act = 'x.y' WHERE tenant_id = :t AND seq = 2")
    found = audit.anchor_all(one.home, only=[one.tenant, other.tenant], folder=tmp_path)
    assert {tenant: broken.seq for tenant, broken in found.broken.items()} == {one.tenant: 2}
    assert [anchor.tenant_id for anchor in found.made] == [other.tenant]
    assert len(breaches(one)) == 1
    assert breaches(other) == []


def test_a_break_of_the_platforms_chain_is_told_to_the_homes_own_tenant(house: House) -> None:
    with house.home.factory.begin(PLATFORM) as work:
        people.record(work, people.operator(), "thing.done", ("thing", 1))
    audit.tell_broken(house.home, PLATFORM, AuditBreak(3, "gone"))
    assert breaches(house) == ["the platform's audit chain is broken at entry 3: gone"]


def test_looks_are_sealed_before_the_chain_is_anchored(house: House) -> None:
    with house.home.work() as work:
        people.viewed(work, people.operator(house.tenant), Viewed.TRACK, ("trip", 1), None)
    (made,) = audit.anchor_all(house.home, only=[house.tenant]).made
    with house.home.work() as work:
        (entry,) = people.entries_of(work, "views", house.tenant)
    assert (made.seq, made.hash) == (entry.seq, entry.hash)
    house.forge("UPDATE people_views SET subject_id = '2' WHERE tenant_id = :t")
    assert "sealed" in walked(house).broken.problem


def test_a_look_that_does_not_end_delays_its_seal_and_no_anchor(house: House) -> None:
    house.write(2)
    with house.home.work() as slow:
        people.viewed(slow, people.operator(house.tenant), Viewed.TRACK, ("trip", 1), None)
        with pytest.raises(OperationalError), house.home.work() as work:
            people.seal_views(work)
        (made,) = audit.anchor_all(house.home, only=[house.tenant]).made
        assert made.seq == 2
    (made,) = audit.anchor_all(house.home, only=[house.tenant]).made
    assert made.seq == 3, "the next round seals it"


def test_what_is_no_anchor_in_the_folder_is_named(house: House, tmp_path: Path) -> None:
    path = tmp_path / str(house.tenant) / "000000000001.json"
    path.parent.mkdir()
    path.write_text("{}\n")
    with pytest.raises(InputError, match="line 1 is no anchor") as caught:
        walked(house, tmp_path)
    assert caught.value.field == str(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="the folder of another user is tried as root only")
def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        audit.read_anchors([tmp_path / "none.json"])


def test_the_worker_anchors_each_ten_minutes_and_walks_each_night(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = Queue(app=App(connector=InMemoryConnector()), deferring=house.home.queue.deferring)
    audit.register(queue, house.home, act.open_post(Settings(), SECRET))
    crons = {key[0]: one.cron for key, one in queue.app.periodic_registry.periodic_tasks.items()}
    assert crons == {audit.ANCHOR: "*/10 * * * *", audit.WALK: "40 18 * * *"}
    house.write(2)
    tenants = len(house.home.tenants())
    assert queue.app.tasks[audit.WALK].func(0) == tenants + 1, "the platform's chain too"
    with house.home.work() as work:
        assert people.anchors(work) == []
    queue.app.tasks[audit.ANCHOR].func(0)
    with house.home.work() as work:
        assert [one.seq for one in people.anchors(work)] == [2]
    told = []
    monkeypatch.setattr(
        audit.act, "tell_anchored", lambda work, _post, anchor: told.append((work.tenant_id, anchor.seq))
    )
    queue.app.tasks[audit.WALK].func(0)
    assert (house.tenant, 2) in told
    house.forge("UPDATE people_audit SET act = 'x.y' WHERE tenant_id = :t AND seq = 1")
    told.clear()
    queue.app.tasks[audit.WALK].func(0)
    assert house.tenant not in {tenant for tenant, _ in told}, "nobody is told that a broken chain is whole"
