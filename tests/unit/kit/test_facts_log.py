from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from pipewarden.kit import facts_log
from pipewarden.kit.facts_log import CursorRow, StuckRow
from pipewarden.kit.work import FactRef, Work

PART = st.text(min_size=0, max_size=20)


def refs(work: Work, *partitions: str, kind: str = "log.k") -> list[FactRef]:
    return [FactRef(kind, partition, work.tenant_id, work.ids.new()) for partition in partitions]


@given(PART, PART, PART, PART)
def test_lock_keys_are_signed_64_bit_and_tell_partitions_apart(a: str, b: str, c: str, d: str) -> None:
    first, second = facts_log.lock_key(a, b), facts_log.lock_key(c, d)
    assert -(2**63) <= first < 2**63
    assert (first == second) == ((a, b) == (c, d)) or "\0" in a + b + c + d


def test_kind_and_partition_do_not_run_together() -> None:
    assert facts_log.lock_key("a", "bc") != facts_log.lock_key("ab", "c")


def test_numbers_grow_and_waiting_gives_them_oldest_first(work: Work) -> None:
    facts = refs(work, "p", "p", "q", "p")
    facts_log.append(work, facts)
    got = facts_log.waiting(work.session, "log.k", "p", 0, 10)
    assert [fact.fact_id for fact in got] == [facts[0].fact_id, facts[1].fact_id, facts[3].fact_id]
    assert all(a.seq < b.seq for a, b in pairwise(got))
    assert [f.fact_id for f in facts_log.waiting(work.session, "log.k", "p", got[0].seq, 1)] == [facts[1].fact_id]


def test_kinds_do_not_mix(work: Work) -> None:
    facts_log.append(work, [*refs(work, "p"), *refs(work, "p", kind="log.other")])
    assert len(facts_log.waiting(work.session, "log.k", "p", 0, 10)) == 1


def test_locks_are_taken_in_one_order(work: Work, count_statements: list[str]) -> None:
    facts_log.append(work, refs(work, "z", "a", "m", "a"))
    locks = [statement for statement in count_statements if "pg_advisory_xact_lock" in statement]
    assert len(locks) == 3  # one per partition, however many facts
    held = work.session.scalar(
        text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
    )
    assert held == 3


def test_many_facts_are_one_insert(work: Work, count_statements: list[str]) -> None:
    facts_log.append(work, refs(work, *["p"] * 50))
    assert sum("INSERT INTO kit_facts" in statement for statement in count_statements) == 1


def test_waiting_for_writers_leaves_no_lock(work: Work) -> None:
    facts_log.wait_for_writers(work.session, ["log.k", "log.other"], "free")
    facts_log.wait_for_writers(work.session, [], "free")
    held = work.session.scalar(
        text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
    )
    assert held == 0


def test_a_cursor_starts_at_zero_and_moves(work: Work) -> None:
    assert facts_log.take_cursor(work.session, "log.c", "p") == 0
    facts_log.move_cursor(work.session, "log.c", "p", 17)
    work.session.flush()
    assert facts_log.take_cursor(work.session, "log.c", "p") == 17
    assert facts_log.take_cursor(work.session, "log.c", "q") == 0
    assert facts_log.take_cursor(work.session, "log.d", "p") == 0


def test_taking_a_cursor_twice_makes_one_row(work: Work) -> None:
    facts_log.take_cursor(work.session, "log.once", "p")
    facts_log.take_cursor(work.session, "log.once", "p")
    rows = work.session.query(CursorRow).filter_by(consumer="log.once").count()
    assert rows == 1


def test_who_is_behind_is_told_in_the_order_asked(work: Work) -> None:
    facts_log.append(work, [*refs(work, "p", "p"), *refs(work, "q", kind="log.other")])
    seq = facts_log.waiting(work.session, "log.k", "p", 0, 10)[-1].seq
    kinds = {"log.z": "log.k", "log.a": "log.k", "log.x": "log.other"}
    assert facts_log.consumers_behind(work.session, kinds, "p") == ["log.z", "log.a"]
    assert facts_log.consumers_behind(work.session, kinds, "q") == ["log.x"]
    assert facts_log.consumers_behind(work.session, {}, "p") == []
    facts_log.take_cursor(work.session, "log.z", "p")
    facts_log.move_cursor(work.session, "log.z", "p", seq)
    assert facts_log.consumers_behind(work.session, kinds, "p") == ["log.a"]
    counts = [facts_log.count_behind(work.session, name, kind, "p") for name, kind in kinds.items()]
    assert counts == [0, 2, 0]


def test_partitions_are_found_with_facts_past_the_cursor(work: Work) -> None:
    facts_log.append(work, refs(work, *"cab", *"cab"))
    last = facts_log.waiting(work.session, "log.k", "b", 0, 10)[-1].seq
    facts_log.take_cursor(work.session, "log.c", "b")
    facts_log.move_cursor(work.session, "log.c", "b", last - 1)
    assert facts_log.partitions_behind(work.session, "log.c", "log.k", None) == ["a", "b", "c"]
    facts_log.move_cursor(work.session, "log.c", "b", last)
    assert facts_log.partitions_behind(work.session, "log.c", "log.k", None) == ["a", "c"]
    assert facts_log.partitions_behind(work.session, "log.c", "log.k", work.tenant_id) == ["a", "c"]
    assert facts_log.partitions_behind(work.session, "log.c", "log.k", UUID(int=5)) == []
    assert facts_log.partitions_behind(work.session, "log.c", "log.none", None) == []


def test_what_is_set_aside_says_what_went_wrong(work: Work) -> None:
    fact = FactRef("log.k", "p", work.tenant_id, UUID(int=7), seq=9)
    facts_log.set_aside(work, "log.c", fact, "ValueError: poison")
    work.session.flush()
    row = work.session.get_one(StuckRow, ("log.c", 9))
    assert (row.fact_id, row.problem, row.stuck_at, row.tenant_id) == (
        UUID(int=7), "ValueError: poison", work.now(), work.tenant_id,
    )  # fmt: skip


def test_partitions_are_found_whoever_has_read_them(work: Work) -> None:
    facts_log.append(work, [*refs(work, *"cab", *"cab"), *refs(work, "z", kind="log.other")])
    assert facts_log.partitions(work.session, "log.k") == ["a", "b", "c"]
    assert facts_log.partitions(work.session, "log.none") == []


def test_many_sequences_are_read_in_one_query_each_past_its_own_place(work: Work, count_statements: list[str]) -> None:
    facts = [*refs(work, *"aab", *"aac"), *refs(work, "a", kind="log.other")]
    facts_log.append(work, facts)
    wells = [("log.k", "a"), ("log.k", "b"), ("log.other", "a"), ("log.k", "empty")]
    count_statements.clear()
    ends = facts_log.ends(work.session, wells)
    found = facts_log.waiting_each(work.session, dict.fromkeys(wells, 0), 3)
    assert len(count_statements) == 2
    assert [one.fact_id for one in found] == [
        facts[number].fact_id for number in (0, 1, 2, 3, 6)
    ]  # "c" is not asked for
    assert [(one.kind, one.partition) for one in found][-1] == ("log.other", "a")
    assert ends["log.k", "empty"] == 0
    assert ends["log.k", "a"] > found[3].seq  # there is a fourth
    assert facts_log.waiting_each(work.session, ends, 3) == []
    past = ends | {("log.k", "a"): found[0].seq}
    assert [one.fact_id for one in facts_log.waiting_each(work.session, past, 9)] == [
        facts[number].fact_id for number in (1, 3, 4)
    ]
    assert facts_log.waiting_each(work.session, {}, 3) == []
    assert facts_log.ends(work.session, []) == {}
