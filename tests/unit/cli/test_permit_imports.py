"""``pipewarden permits import``, ``audit`` and ``expect``: what is said, with which exit code, what stays as it is."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import permit_rows as rows
import pytest
from list_town import ListTown
from typer.testing import CliRunner

from pipewarden.cli import opened as opening
from pipewarden.cli import permit_imports
from pipewarden.cli.app import app
from pipewarden.kit.errors import InputError
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipewarden.kit.work import Work
    from pipewarden.main.home import Home


@pytest.fixture
def town(work: Work, monkeypatch: pytest.MonkeyPatch) -> ListTown:
    """A tenant whose home the commands open."""

    @contextmanager
    def opened(_tenant: str | None = None) -> Iterator[Work]:
        yield work

    monkeypatch.setattr(permit_imports, "opened", opened)
    return ListTown(work)


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["permits", *words])
    return done.exit_code, done.output


def told(*words: str) -> tuple[int, list[dict[str, Any]]]:
    done = CliRunner().invoke(app, ["permits", *words, "--json"])
    return done.exit_code, [json.loads(line) for line in done.stdout.splitlines()]


def zurich(number: str, **change: Any) -> dict[str, Any]:
    return rows.zurich(Baunummer=number, **{"Baubeginn": "20261201", "Bauende": "20261210", **change})


def test_a_list_is_imported_and_again_changes_nothing(town: ListTown, tmp_path: Path) -> None:
    path = str(rows.written(tmp_path, rows.features(zurich("1"), zurich("2"))))
    code, dry = told("import", path, "--mapping", "zurich-tiefbau", "--dry-run")
    assert (code, dry[-1]["summary"]["filed"], dry[-1]["summary"]["applied"], town.filings()) == (0, 2, False, [])
    code, said = told("import", path, "--mapping", "zurich-tiefbau")
    ids = {str(one.filing.id) for one in town.filings()}
    assert (code, {one["row"]["filing"] for one in said if "row" in one}) == (0, ids)
    assert said[-1]["summary"] == {
        "source": "zurich-tiefbau", "dry_run": False, "applied": True, "read": 2, "filed": 2, "revised": 0,
        "cancelled": 0, "unchanged": 0, "left_out": 0, "refused": 0, "no_permit": 0, "urgent": 0, "without_area": 0,
        "missing": 0,
    }  # fmt: skip
    code, said = told("import", path, "--mapping", "zurich-tiefbau")
    assert (code, said[-1]["summary"]["unchanged"], len(town.filings())) == (0, 2, 2)


@pytest.mark.parametrize(
    ("change", "field"), [({"Bauende": "20270230"}, "properties.Bauende"), ({"Baubeginn": ""}, "properties.Baubeginn")]
)
def test_a_bad_row_keeps_all_of_it_out(town: ListTown, tmp_path: Path, change: dict[str, Any], field: str) -> None:
    path = str(rows.written(tmp_path, rows.features(zurich("1"), zurich("2", **change))))
    code, said = told("import", path, "--mapping", "zurich-tiefbau")
    (bad,) = [one["refused"] for one in said if "refused" in one]
    assert (code, bad["row"], bad["field"], said[-1]["summary"]["applied"]) == (1, 2, field, False)
    assert bad["fix"]
    assert town.filings() == []
    code, text = run("import", path, "--mapping", "zurich-tiefbau")
    assert code == 1
    assert "nothing was changed" in text
    assert field.split(".")[1] in text
    code, said = told("import", path, "--mapping", "zurich-tiefbau", "--skip-refused")
    assert (code, len(town.filings()), said[-1]["summary"]["applied"]) == (1, 1, True)


def test_missing_geometry_and_two_reference_systems_are_refused(town: ListTown, tmp_path: Path) -> None:
    path = str(rows.written(tmp_path, rows.features(zurich("1") | {"geometry": None})))
    code, said = told("import", path, "--mapping", "zurich-tiefbau")
    assert (code, said[0]["refused"]["field"]) == (1, "geometry")
    two = {"crs": {"type": "name", "properties": {"name": "EPSG:2056"}}}
    path = str(rows.written(tmp_path, rows.features(zurich("1"), **two)))
    code, said = told("import", path, "--mapping", "zurich-tiefbau")
    assert (code, said[0]["refused"]["field"], town.filings()) == (1, "crs", [])


def test_rows_left_out_are_named_to_people(town: ListTown, tmp_path: Path) -> None:
    town.area(0, 0, 1, 1)
    code, text = run("import", str(rows.written(tmp_path, rows.features(zurich("1")))), "--mapping", "zurich-tiefbau")
    assert code == 0
    assert "left out: outside every area of this operator: 1 rows, 1" in " ".join(text.split())


def test_what_is_missing_has_an_exit_code(town: ListTown, tmp_path: Path) -> None:
    assert run("audit")[0] == 0
    gone = {"TicketStatus": "Cancelled", "StationCode": "N"}
    for number in ("1", "4"):
        text = rows.ticket(number, SequenceNumber=number, **gone)
        told("import", str(rows.written(tmp_path, text, "a.xml")), "--mapping", "usan811")
    code, said = told("audit")
    hole = {"list": "usan811", "station": "N", "day": "2026-09-15", "first": 2, "last": 3}
    assert (code, said[1]["missing"]) == (1, hole)
    assert said[-1]["summary"] == {"lists": 1, "silent": 0, "missing": 2}
    assert "2 to 3" in run("audit")[1]
    code, said = told("expect", "usan811", "--every", "12")
    assert (code, said[0]["every_h"]) == (0, 12)
    assert told("expect", "usan811", "--every", "0")[1][0]["every_h"] is None
    assert run("expect", "sf-sewer", "--every", "12")[0] == 2
    assert len(town.breaches()) == 1


def test_a_tenant_is_named_by_its_key(home: Home) -> None:
    key = next(one.key for one in _tenants(home))
    assert opening._tenant(home, key) == home.tenant_id
    with pytest.raises(InputError, match="no tenant here"):
        opening._tenant(home, "nobody")


def _tenants(home: Home) -> list[Any]:
    with home.work() as work:
        return [one for one in people.tenants(work, people.operator()) if one.id == home.tenant_id]
