"""What one look of the watchdog costs, by ratio: ten times the open sites, and a hundred times as many closed ones.

Run: python bench/watchdog.py. It prints seconds and ratios of one look at a tenant; a test asserts neither.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from pipewarden.kit.settings import Settings
from pipewarden.main.act import open_post
from pipewarden.main.home import open_home
from pipewarden.operation import service

if TYPE_CHECKING:
    from pipewarden.main.home import Home

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "lent"))
OPEN, CLOSED, RUNS = 500, 50_000, 7


def row(home: Home, names: list[tuple[str, str]], *, is_open: bool) -> dict[str, Any]:
    """Return a site's row with every column that may not be empty."""
    now = home.factory.clock.now().isoformat()
    blank: dict[str, Any] = {
        "text": "", "uuid": "00000000-0000-7000-8000-000000000000", "boolean": False, "integer": 0, "bigint": 0,
        "double precision": 0.0, "timestamp with time zone": now, "jsonb": {}, "ARRAY": [], "bytea": "",
    }  # fmt: skip
    values = {name: blank[kind] for name, kind in names}
    return values | {"id": str(home.factory.ids.new()), "tenant_id": str(home.tenant_id), "open": is_open}


def add(home: Home, count: int, *, is_open: bool) -> None:
    """Insert so many sites."""
    with home.work() as work:
        names = work.session.execute(
            text(
                "SELECT column_name, data_type FROM information_schema.columns"
                " WHERE table_name = 'casework_sites' AND is_nullable = 'NO'"
            )
        )
        columns = [(name, kind) for name, kind in names]
        rows = [row(home, columns, is_open=is_open) for _ in range(count)]
        work.session.execute(
            text("INSERT INTO casework_sites SELECT * FROM jsonb_populate_recordset(NULL::casework_sites, :rows)"),
            {"rows": json.dumps(rows)},
        )
    with home.work() as work:
        work.session.execute(text("ANALYZE casework_sites"))


def look(home: Home) -> float:
    """Return the least seconds of several looks."""
    post = open_post(home.settings, b"a secret of this measurement!!!!")
    best = float("inf")
    for _ in range(RUNS):
        begun = time.perf_counter()
        with home.work() as work:
            service.tenant_reading(work, post)
        best = min(best, time.perf_counter() - begun)
    return best


def main() -> None:
    """Measure and print one JSON line."""
    with open_home(Settings(), temporary=True) as home:
        add(home, OPEN, is_open=True)
        few = look(home)
        add(home, CLOSED, is_open=False)
        with_closed = look(home)
        add(home, OPEN * 9, is_open=True)
        many = look(home)
    found = {
        "open": OPEN,
        "look_s": round(few, 4),
        f"with_{CLOSED}_closed_s": round(with_closed, 4),
        "ratio_closed": round(with_closed / few, 2),
        f"with_{OPEN * 10}_open_s": round(many, 4),
        "ratio_open": round(many / with_closed, 2),
    }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
