"""A connection of its own, on which the next batch is sent before those of the one before it are woken."""

from __future__ import annotations

import re
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.generators import execute
from psycopg.pq import ExecStatus
from sqlalchemy.exc import DBAPIError

from pipewarden.ledger.store import book as store

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection
    from sqlalchemy.orm import Session

_NAME = re.compile(r"%\((\w+)\)s")


@cache
def _numbered(statement: str) -> tuple[bytes, tuple[str, ...]]:
    """Return a statement as the server takes it, and the names of its parameters in order."""
    names = tuple(dict.fromkeys(_NAME.findall(statement)))
    return _NAME.sub(lambda found: f"${names.index(found[1]) + 1}", statement).encode(), names


class Wire:
    """Writes batches, each in one statement that commits itself; one at a time is on its way.

    It talks to the driver below its cursors: they look at each parameter anew, and know no sending without waiting.
    """

    def __init__(self, sessions: Callable[[], Session]) -> None:
        """Take a connection; it is given back by ``close``."""
        self._session = sessions()
        self.connection: Connection = self._session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
        self.connection.exec_driver_sql("SET plan_cache_mode = force_generic_plan")  # one plan fits every batch
        driver: Any = self.connection.connection.driver_connection
        self._driver: psycopg.Connection[Any] = driver
        self._prepared: dict[str, bytes] = {}
        self._balances = 0
        self._failed: BaseException | None = None

    def send(self, parameters: dict[str, object], balances: int) -> None:
        """Send what ``store.written`` made of a batch; what goes wrong ``collect`` says."""
        self._balances, self._failed = balances, None
        try:
            self._send(store.statement(parameters), parameters)
        except BaseException as error:
            self._failed = error
            if not isinstance(error, Exception):
                raise

    def _send(self, statement: str, parameters: dict[str, object]) -> None:
        text, names = _numbered(statement)
        raw = self._driver.pgconn
        name = self._prepared.get(statement)
        if name is None:
            name = b"ledger_%d" % len(self._prepared)
            _checked(raw.prepare(name, text), self._driver)
            self._prepared[statement] = name
        raw.send_query_prepared(name, [str(parameters[one]).encode() for one in names])
        raw.flush()  # what the socket does not take at once ``collect`` sends

    def collect(self) -> bool:
        """Wait for the batch that was sent; False when the chain had moved, and nothing was written.

        Raises:
            IntegrityError: the database refused it, whole.
            DBAPIError: it could not be written, or nobody knows whether it was.
            RuntimeError: not every balance was there to change: a mistake in the program.
        """
        try:
            if self._failed is not None:
                raise self._failed
            (found,) = self._driver.wait(execute(self._driver.pgconn))
            _checked(found, self._driver)
        except psycopg.Error as error:
            raise DBAPIError.instance("", None, error, psycopg.Error, hide_parameters=True) from error
        if not found.ntuples:
            return False
        return store.all_written(int(found.get_value(0, 0) or 0), self._balances)

    def close(self) -> None:
        """Give the connection back as it was taken, or away when it is gone."""
        with suppress(Exception):  # of a connection that is gone
            if self._driver.closed:
                self.connection.invalidate()
            else:
                for name in self._prepared.values():
                    self.connection.exec_driver_sql(f"DEALLOCATE {name.decode()}")
                self.connection.exec_driver_sql("RESET plan_cache_mode")
        with suppress(Exception):  # as above
            self._session.close()


def _checked(found: Any, driver: psycopg.Connection[Any]) -> None:
    if found.status not in {ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK}:
        raise psycopg.errors.error_from_result(found, encoding=driver.info.encoding)
