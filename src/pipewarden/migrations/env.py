"""Alembic's entry: binds the migrations to the connection that ``main.migrate`` hands over."""

from __future__ import annotations

from alembic import context

from pipewarden.kit.db import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    transaction_per_migration=True,
    include_object=lambda _object, name, kind, *_rest: not (kind == "table" and str(name).startswith("procrastinate_")),
)
connection.exec_driver_sql("SET lock_timeout = '5s'")  # a migration must not queue behind work and block everyone
with context.begin_transaction():
    context.run_migrations()
