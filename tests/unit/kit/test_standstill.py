"""Blobs are not deleted while a backup reads them, and a backup waits for deletions that began before it."""

import threading
import time

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pipewarden.kit.errors import UnavailableError
from pipewarden.kit.standstill import may_delete, standstill


def asked(engine: Engine) -> bool:
    with Session(engine) as session, session.begin():
        return may_delete(session)


def test_deleting_is_allowed_until_a_backup_begins_and_again_when_it_ended(engine: Engine) -> None:
    assert asked(engine)
    with engine.connect() as connection, standstill(connection):
        assert not asked(engine)
    assert asked(engine)


def test_two_may_delete_side_by_side(engine: Engine) -> None:
    with Session(engine) as one, one.begin(), Session(engine) as two, two.begin():
        assert may_delete(one)
        assert may_delete(two)


def test_a_backup_waits_for_the_deletion_under_way(engine: Engine) -> None:
    began = threading.Event()
    order: list[str] = []

    def back_up() -> None:
        with engine.connect() as connection:
            began.set()
            with standstill(connection):
                order.append("backup")

    with Session(engine) as session, session.begin():
        assert may_delete(session)
        other = threading.Thread(target=back_up)
        other.start()
        assert began.wait(5)
        other.join(0.3)
        assert other.is_alive()  # it does wait
        order.append("deleted")
    other.join(10)
    assert order == ["deleted", "backup"]


def test_a_backup_that_waits_too_long_says_so(engine: Engine) -> None:
    with Session(engine) as session, session.begin(), engine.connect() as connection:
        assert may_delete(session)
        with pytest.raises(UnavailableError, match="under way for 0 s"), standstill(connection, patience_s=0.0):
            pytest.fail("it must not begin")


def test_a_second_backup_does_not_begin_beside_the_first(engine: Engine) -> None:
    with engine.connect() as first, engine.connect() as second, standstill(first), pytest.raises(UnavailableError):
        standstill(second, patience_s=0.0).__enter__()
    assert asked(engine)  # the one that was refused has not taken the other's lock with it


def test_a_backup_that_breaks_or_dies_holds_nothing_up(engine: Engine) -> None:
    def fail() -> None:
        with engine.connect() as connection, standstill(connection):
            raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError):
        fail()
    assert asked(engine)
    with engine.connect() as connection:
        held = standstill(connection)
        held.__enter__()
        assert not asked(engine)
        connection.invalidate()  # as a kill does: the connection is gone, nobody unlocks
    assert any(asked(engine) or time.sleep(0.1) for _ in range(300)), "the server sees the end a moment later"


def test_the_transaction_that_the_backup_reads_in_may_have_failed(engine: Engine) -> None:
    with engine.connect() as connection, standstill(connection):
        with pytest.raises(Exception, match="division"):
            connection.exec_driver_sql("SELECT 1/0")
        assert not asked(engine)
    assert asked(engine)
