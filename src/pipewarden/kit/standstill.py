"""While a backup reads the blobs none is deleted: whoever deletes asks here, in the transaction that does it.

A backup's rows are those of one snapshot; the files that they name are read later, over minutes. A file deleted in
between would be a row without its picture on the day of the restore. The lock lives in the database, because workers
may stand on several machines, and goes with the connection that holds it: a killed backup holds nothing up.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import text

from pipewarden.kit.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection
    from sqlalchemy.orm import Session

_LOCK = 7_216_004_114  # any number no other program uses; next to the migrations' own
_PATIENCE_S = 120.0  # of a backup, for deletions that are under way
_PAUSE_S = 0.1


def may_delete(session: Session) -> bool:
    """Say whether blobs may be deleted now; a yes holds until the transaction ends, and backups wait for it.

    Ask before the first file goes, in the transaction that writes down that it went. After a no delete nothing: the
    same work is found again by the next run.
    """
    return bool(session.scalar(text("SELECT pg_try_advisory_xact_lock_shared(:key)"), {"key": _LOCK}))


@contextmanager
def standstill(connection: Connection, *, patience_s: float = _PATIENCE_S) -> Iterator[None]:
    """Let nobody delete blobs while the context lasts; deletions under way are waited for.

    Args:
        connection: a connection of its own, in no transaction; it must stay open as long as the context.
        patience_s: seconds to wait for deletions, or for another backup of the same database.

    Raises:
        UnavailableError: they did not end in that time.
    """
    deadline = time.monotonic() + patience_s
    while not _alone(connection):
        if time.monotonic() >= deadline:
            raise UnavailableError(
                field="backup",
                problem=f"deletions of pictures, or another backup, have been under way for {patience_s:.0f} s",
                fix="Let it end and run the backup again; `SELECT * FROM pg_locks` names who holds it.",
            )
        time.sleep(_PAUSE_S)
    try:
        yield
    finally:
        if not connection.closed:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
            connection.commit()


def _alone(connection: Connection) -> bool:
    got = bool(connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _LOCK}))
    connection.commit()  # the lock is the connection's, not the transaction's
    return got
