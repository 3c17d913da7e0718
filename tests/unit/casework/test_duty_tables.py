"""The tables of duties as the migrations make them: what the rows promise is held by the database, not by the code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from duty_town import DutyTown
from sqlalchemy import MetaData, insert, select
from sqlalchemy.exc import IntegrityError

from pipewarden.casework import service
from pipewarden.casework.store.duty_tables import BreachRow, RungRow, SiteDutyRow
from pipewarden.kit.db import Base
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from sqlalchemy import Table

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work
    from pipewarden.main.home import Home

OURS = [
    "casework_breaches",
    "casework_calls",
    "casework_chains",
    "casework_duties",
    "casework_rungs",
    "casework_shelves",
    "casework_shift_log",
    "casework_swept",
    "people_substitutions",
]


def test_the_migrations_make_what_the_code_expects(home: Home) -> None:
    wanted = MetaData()
    for name in [*OURS, "casework_sites", "people_duties", "people_areas", "people_persons"]:
        Base.metadata.tables[name].to_metadata(wanted)
    with home.factory.sessions() as session:
        options = {"include_name": lambda name, kind, _parents: kind != "table" or name in OURS}
        context = MigrationContext.configure(session.connection(), opts=options)
        found = [one for one in compare_metadata(context, wanted) if _name(one) in OURS]
    assert found == []


def _name(difference: object) -> str:
    thing = difference[1] if isinstance(difference, tuple) else None
    table: Table | None = getattr(thing, "table", thing)
    return getattr(table, "name", "") if table is not None else ""


def copy_of(row: object, **changed: object) -> dict[str, object]:
    table = row.__table__  # type: ignore[attr-defined]
    return {column.name: getattr(row, column.name) for column in table.columns} | changed


def test_the_database_lets_a_duty_run_once_only(work: Work, clock: SetClock) -> None:
    town = DutyTown(work, clock)
    town.on_duty(Role.PATROLLER)
    town.site()
    row = work.session.scalars(select(SiteDutyRow).where(SiteDutyRow.tenant_id == work.tenant_id)).first()
    with pytest.raises(IntegrityError, match="uq_casework_duties_running"), work.session.begin_nested():
        work.session.execute(insert(SiteDutyRow).values(copy_of(row, id=work.ids.new())))
    done = copy_of(row, id=work.ids.new(), state="done")
    work.session.execute(insert(SiteDutyRow).values(done))  # one that is over stands beside it


def test_the_database_lets_a_step_fire_once_only(work: Work, clock: SetClock) -> None:
    town = DutyTown(work, clock)
    town.on_duty(Role.PATROLLER)
    town.site()
    service.sweep(work)
    row = work.session.scalars(select(RungRow).where(RungRow.tenant_id == work.tenant_id)).one()
    with pytest.raises(IntegrityError, match="pk_casework_rungs"), work.session.begin_nested():
        work.session.execute(insert(RungRow).values(copy_of(row, call_id=None)))


def test_the_database_lets_a_breach_stand_once_a_day_only(work: Work, clock: SetClock) -> None:
    town = DutyTown(work, clock)
    town.site()  # nobody is there at all
    row = work.session.scalars(select(BreachRow).where(BreachRow.tenant_id == work.tenant_id)).first()
    with pytest.raises(IntegrityError, match="uq_casework_breaches"), work.session.begin_nested():
        work.session.execute(insert(BreachRow).values(copy_of(row, id=work.ids.new())))
