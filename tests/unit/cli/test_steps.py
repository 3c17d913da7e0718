"""``pipewarden case steps`` prints the policy; ``pipewarden network proposals`` lists what was measured, for a GIS."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
import shapely
from typer.testing import CliRunner

from pipewarden.casework.store import shipped_steps
from pipewarden.cli import network as command
from pipewarden.cli.app import app
from pipewarden.network import service
from pipewarden.network.facts.proposal import Measured, ProposalKind
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipewarden.kit.work import Work

SITE = UUID(int=1)


def run(*words: str) -> tuple[int, str, str]:
    said = CliRunner().invoke(app, list(words))
    return said.exit_code, said.stdout, said.stderr


def test_every_step_of_the_policy_is_printed_with_its_clause() -> None:
    code, out, _ = run("case", "steps", "--json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert {row["step"] for row in rows} == {one.step for one in shipped_steps().steps}
    assert all(row["asks"] and row["clause"] and row["document"] for row in rows)
    mine = next(row for row in rows if row["step"] == "ready" and row["asks"].startswith("first"))
    assert (mine["where"], mine["clause"]) == ("zone protection", "城镇燃气管理条例 第三十四条")


def test_one_step_alone_and_a_step_that_is_none() -> None:
    code, out, _ = run("case", "steps", "completed", "--json")
    assert code == 0
    assert {json.loads(line)["step"] for line in out.splitlines()} == {"completed"}
    code, _, err = run("case", "steps", "complete")
    assert code == 2
    assert "completed" in err
    assert "泄漏检测合格" in run("case", "steps", "completed")[1]


@pytest.fixture
def measured(work: Work, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two proposals in the home that the commands open, the second one accepted."""

    @contextmanager
    def opened() -> Iterator[Work]:
        yield work

    monkeypatch.setattr(command, "opened", opened)
    point, line = shapely.Point(116.7, 39.5), shapely.LineString([(116.7, 39.5), (116.701, 39.5)])
    by = f"person:{SITE}"
    made = service.propose(
        work,
        [
            Measured(ProposalKind.DEPTH, "P1", shapely.to_wkb(point), 0.05, 1.1, by, SITE, SITE),
            Measured(ProposalKind.AS_BUILT, "", shapely.to_wkb(line), 0.1, None, by, SITE, SITE),
        ],
    )
    service.decide(work, people.operator(work.tenant_id), made[1].id, accept=True, why="relaid")
    return [str(one.id) for one in made]


def test_proposals_are_listed_and_written_for_a_gis(measured: list[str], tmp_path: Path) -> None:
    file = tmp_path / "survey.geojson"
    code, out, _ = run("network", "proposals", "--geojson", str(file), "--json")
    rows = {row["id"]: row for row in map(json.loads, out.splitlines())}
    assert (code, set(rows)) == (0, set(measured))
    assert (rows[measured[0]]["depth_m"], rows[measured[0]]["state"]) == (1.1, "open")
    whole = json.loads(file.read_text(encoding="utf-8"))
    assert whole["type"] == "FeatureCollection"
    kinds = {one["id"]: one["geometry"]["type"] for one in whole["features"]}
    assert kinds == {measured[0]: "Point", measured[1]: "LineString"}
    assert "P1" in run("network", "proposals")[1]


def test_proposals_are_narrowed_by_state_and_a_state_that_is_none_is_told(measured: list[str]) -> None:
    _, out, _ = run("network", "proposals", "--state", "accepted", "--json")
    assert [json.loads(line)["id"] for line in out.splitlines()] == [measured[1]]
    code, _, err = run("network", "proposals", "--state", "done")
    assert code == 2
    assert "settled" in err
