"""Brings a database to the present shape and hands the app role just the rights it needs."""

from __future__ import annotations

import importlib
import pkgutil
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import inspect, text

import pipewarden
from pipewarden.kit.db import Base
from pipewarden.kit.errors import UnavailableError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

_LOCK = 7_216_004_113  # any number no other program uses: one migration at a time


def load_tables() -> None:
    """Import every slice's store and nothing else: the metadata is whole, and each command that opens a home waits."""
    importlib.import_module("pipewarden.kit.facts_log")
    for piece in pkgutil.iter_modules(pipewarden.__path__, "pipewarden."):
        if piece.ispkg and piece.name != "pipewarden.lab" and find_spec(f"{piece.name}.store") is not None:
            store = importlib.import_module(f"{piece.name}.store")
            for one in pkgutil.walk_packages(getattr(store, "__path__", ()), f"{piece.name}.store."):
                importlib.import_module(one.name)


def config(connection: Connection) -> Config:
    """Return Alembic's configuration bound to an open connection."""
    made = Config()
    made.set_main_option("script_location", str(Path(pipewarden.__file__).parent / "migrations"))
    made.attributes["connection"] = connection
    return made


def known(revision: str) -> bool:
    """Say whether this program knows a revision: it may be a newer program's."""
    folder = Path(pipewarden.__file__).parent / "migrations"
    try:
        return ScriptDirectory(str(folder)).get_revision(revision) is not None
    except CommandError:
        return False


def upgrade(owner: Engine, app_role: str) -> None:
    """Migrate to the newest version as the owner and grant the app role its rights; safe from several processes.

    Raises:
        UnavailableError: the database was migrated by a newer program; this one serves nothing from it.
    """
    load_tables()
    with owner.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
        connection.rollback()
        if current is not None and not known(current):
            raise UnavailableError(
                field="PIPEWARDEN_DATABASE_URL",
                problem=f"the database is at revision {current}, unknown to this program: a newer one was here",
                fix="Install that newer Pipewarden, or restore the backup that was taken before it.",
            )
        settings = config(connection)
        if current == ScriptDirectory.from_config(settings).get_current_head() and _granted(connection, app_role):
            return
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
        connection.commit()
        try:
            command.upgrade(settings, "head")
            connection.commit()
            _grant(connection, app_role)
            connection.commit()
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
            connection.commit()


def _granted(connection: Connection, app_role: str) -> bool:
    """Say whether the app role may work: a first start cut short, or a new role in the URL, has no rights."""
    answer = connection.scalar(
        text("SELECT has_table_privilege(:role, 'people_tenants', 'INSERT')"), {"role": app_role}
    )
    connection.rollback()
    return bool(answer)


def _grant(connection: Connection, app_role: str) -> None:
    role = connection.dialect.identifier_preparer.quote(app_role)
    if app_role == connection.scalar(text("SELECT current_user")):
        return  # one role for both: a small installation by URL, said in the operator's guide
    for statement in (
        f"GRANT USAGE ON SCHEMA public TO {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
        f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {role}",
        f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {role}",
    ):
        connection.execute(text(statement))
    there = set(inspect(connection).get_table_names())
    for table in Base.metadata.sorted_tables:
        if table.info.get("append_only") and table.name in there:
            connection.execute(text(f"REVOKE UPDATE, DELETE ON {table.name} FROM {role}"))
            if blanks := ", ".join(table.info.get("blanks", ())):  # retention takes these out, and nothing else
                connection.execute(text(f"GRANT UPDATE ({blanks}) ON {table.name} TO {role}"))
        if table.info.get("forgets") and table.name in there:  # written once, and gone when its days are over
            connection.execute(text(f"REVOKE UPDATE ON {table.name} FROM {role}"))
