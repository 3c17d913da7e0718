"""What is looked up by place is found by an index, as the planner chooses with many rows on file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from judge_street import HERE, Street
from sqlalchemy import event, text

from pipewarden.casework import jobs as casework_jobs
from pipewarden.casework import service as casework
from pipewarden.casework.service import SiteFilter
from pipewarden.dedupe import store as dedupe_store
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Engine

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work

BOX = (HERE[0] - 0.01, HERE[1] - 0.01, HERE[0] + 0.01, HERE[1] + 0.01)
MANY = """
    INSERT INTO {table} SELECT (jsonb_populate_record(one, jsonb_build_object(
        'id', gen_random_uuid(), {more} 'lon', one.lon + n % 45 * 0.016, 'lat', one.lat + n / 45 * 0.016))).*
    FROM {table} one, generate_series(1, 2000) n
"""


@pytest.fixture
def town(work: Work, clock: SetClock, tmp_path: Path) -> Work:
    """A town of 80 km with 2,000 alarms and a site for each."""
    made = Street(work, clock, tmp_path)
    made.report()
    made.judge()
    casework_jobs.drain(work, work.take_facts())
    for table, more in (("dedupe_alarms", ""), ("casework_sites", "'alarm_id', gen_random_uuid(),")):
        work.session.execute(text(MANY.format(table=table, more=more)))
        work.session.execute(text(f"ANALYZE {table}"))
    return work


def plan(work: Work, engine: Engine, ask: Callable[[], Any]) -> str:
    """Ask, and return how the database finds what the first statement wants."""
    sent: list[tuple[str, Any]] = []

    def note(_c: object, _cur: object, statement: str, parameters: Any, *_rest: object) -> None:
        sent.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    ask()
    event.remove(engine, "before_cursor_execute", note)
    statement, parameters = next(one for one in sent if "lat" in one[0])
    return "\n".join(row[0] for row in work.session.connection().exec_driver_sql(f"EXPLAIN {statement}", parameters))


def test_alarms_on_changed_ground_are_found_by_place(town: Work, engine: Engine) -> None:
    told = plan(town, engine, lambda: dedupe_store.within(town, BOX, after=None, limit=200))
    assert "ix_dedupe_alarms_place" in told, told


def test_the_sites_of_a_piece_of_the_map_are_found_by_place(town: Work, engine: Engine) -> None:
    actor = people.operator(town.tenant_id)
    told = plan(town, engine, lambda: casework.sites(town, actor, SiteFilter(bbox=BOX), limit=100))
    assert "ix_casework_sites_place" in told, told
