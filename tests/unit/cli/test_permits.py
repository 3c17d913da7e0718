"""``pipewarden permits``: lists are read without a database, and what is refused is told with an exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import permit_rows as rows
from typer.testing import CliRunner

from pipewarden.cli.app import app

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

RUN = CliRunner()


def told(path: Path, mapping: str, code: int) -> list[dict[str, Any]]:
    done = RUN.invoke(app, ["permits", "read", str(path), "--mapping", mapping, "--json"])
    assert done.exit_code == code, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_whole_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIPEWARDEN_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    found = told(rows.written(tmp_path, rows.features(rows.zurich())), "zurich-tiefbau", 0)
    permit = found[0]["permit"]
    assert permit["geometry"]["type"] == "Polygon"
    assert (permit["area"], permit["valid_from"], permit["valid_until"]) == (
        True, "2015-02-08T23:00:00Z", "2015-09-28T22:00:00Z",
    )  # fmt: skip
    assert found[-1]["summary"] == {
        "mapping": "zurich-tiefbau", "files": 1, "read": 1, "taken": 1, "refused": 0, "passed": 0, "warned": 0,
        "areas": 1, "lines": 0, "undated": 0, "urgent": 0, "by_method": {"open_cut": 1},
        "begins": "2015-02-08T23:00:00Z", "ends": "2015-09-28T22:00:00Z", "missing": 0, "whole": True,
    }  # fmt: skip


def test_a_list_with_a_bad_row(tmp_path: Path) -> None:
    path = rows.written(tmp_path, [rows.taipei(CO_TI="2200-0600"), rows.taipei(AC_NO="2", CE_DA="113/02/30")])
    found = told(path, "taipei-dig", 1)
    assert found[0]["permit"]["hours"] == ["22:00-06:00"]
    refused = next(one["refused"] for one in found if "refused" in one)
    assert (refused["file"], refused["row"], refused["field"]) == ("list.json", 2, "CE_DA")
    assert refused["fix"]
    assert (found[-1]["summary"]["whole"], found[-1]["summary"]["warned"]) == (False, 1)
    shown = RUN.invoke(app, ["permits", "read", str(path), "--mapping", "taipei-dig"])
    assert shown.exit_code == 1
    assert "CE_DA" in shown.output
    assert "1 rows would be left out" in shown.output


def test_missing_messages_are_told(tmp_path: Path) -> None:
    rows.written(tmp_path, rows.ticket("1", SequenceNumber="7"), "a.xml")
    rows.written(tmp_path, rows.ticket("2", SequenceNumber="9", TicketStatus="Cancel"), "b.xml")
    found = told(tmp_path, "usan811", 1)
    assert {"missing": {"station": "INVENTED", "day": "2026-09-15", "first": 8, "last": 8}} in found
    assert {"passed": {"file": "b.xml", "row": 1, "field": "", "words": "the ticket is cancelled"}} in found
    shown = RUN.invoke(app, ["permits", "read", str(tmp_path), "--mapping", "usan811"])
    assert "missing from INVENTED by 2026-09-15: 8 to 8" in shown.output


def test_much_of_one_kind_is_said_once_and_the_rest_counted(tmp_path: Path) -> None:
    bad = [rows.taipei(AC_NO=str(one), CE_DA="never") for one in range(25)]
    odd = [rows.taipei(AC_NO=f"b{one}", CO_TI=f"about {one}") for one in range(25)]
    shown = RUN.invoke(app, ["permits", "read", str(rows.written(tmp_path, bad + odd)), "--mapping", "taipei-dig"])
    assert shown.exit_code == 1
    assert "… and 5 more; --json lists all" in shown.output
    assert "25 rows, first 26: LON, LAT" in shown.output
    assert "… and 6 more; --json lists all" in shown.output


def test_what_cannot_be_used_is_exit_code_2(tmp_path: Path) -> None:
    found = told(tmp_path / "none.json", "taipei-dig", 2)
    assert "Check the path" in found[-1]["error"]["fix"]
    assert told(tmp_path, "atlantis", 2)[-1]["error"]["field"] == "--mapping"


def test_the_mappings_are_listed() -> None:
    done = RUN.invoke(app, ["permits", "mappings", "--json"])
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert found[-1] == {"summary": {"mappings": 9}}
    assert {"mapping": "taipei-dig", "format": "json", "crs": "EPSG:4326", "zone": "Asia/Taipei"}.items() <= next(
        one.items() for one in found if one.get("mapping") == "taipei-dig"
    )
    assert "street-manager" in RUN.invoke(app, ["permits", "mappings"]).output


def test_four_servers_say_the_same_bytes(tmp_path: Path) -> None:
    path = rows.written(tmp_path, [rows.taipei(CB_DA="112/12/31", CE_DA="113/01/01")])
    said = set()
    for zone in ("UTC", "Asia/Shanghai", "America/Los_Angeles", "Pacific/Kiritimati"):
        command = [
            sys.executable,
            "-m",
            "pipewarden",
            "permits",
            "read",
            str(path),
            "--mapping",
            "taipei-dig",
            "--json",
        ]
        said.add(subprocess.run(command, env={**os.environ, "TZ": zone}, capture_output=True, check=True).stdout)
    assert len(said) == 1
    assert b'"valid_from":"2023-12-30T16:00:00Z","valid_until":"2024-01-01T16:00:00Z"' in said.pop()
