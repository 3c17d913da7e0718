"""``pipewarden contractors``, ``compounds import`` and the lists of unfiled works and by risk, as people type them."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from duty_town import NORTH, SOUTH, DutyTown
from typer.testing import CliRunner

from pipewarden.casework import service
from pipewarden.casework.facts import Severity, ViolationOpened
from pipewarden.cli import case, contractors
from pipewarden.cli.app import app
from pipewarden.network.facts import Zone

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipewarden.kit.work import Work


def run(*words: str) -> tuple[int, str, str]:
    said = CliRunner().invoke(app, [*words])
    return said.exit_code, said.stdout, said.stderr


def lines(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


@pytest.fixture
def town(work: Work, clock: Any, monkeypatch: pytest.MonkeyPatch) -> DutyTown:
    """Two open sites, of one of which the contractor is named and has broken a rule."""

    @contextmanager
    def opened() -> Iterator[Work]:
        yield work

    for module in (case, contractors):
        monkeypatch.setattr(module, "opened", opened)
    made = DutyTown(work, clock)
    here = made.site(NORTH, zone=Zone.CONTROL)
    made.site(None, zone=Zone.UNKNOWN)
    opened_one = ViolationOpened(work.ids.new(), "V-SIGNS", Severity.MINOR, "clause", "no signs")
    made.happen(here.id, service.contractor_named(work, "广厦建筑", "", "the board"), opened_one)
    service.renew_waiting(work, limit=9)
    return made


@pytest.mark.usefixtures("town")
def test_contractors_are_listed_and_shown_with_every_entry() -> None:
    code, out, _ = run("contractors", "list", "--json")
    row, summary = lines(out)
    assert (code, summary) == (0, {"summary": {"contractors": 1}})
    assert (row["name"], row["points"], row["strikes"], row["history"]) == ("广厦建筑", 1.0, 0, "ordinary")
    code, out, _ = run("contractors", "show", row["id"], "--json")
    (entry,) = lines(out)[0]["entries"]
    assert (code, entry["kind"], entry["code"], entry["counts"], entry["appeals"]) == (0, "minor", "V-SIGNS", True, [])
    for words in (("contractors", "list"), ("contractors", "show", row["id"])):
        code, out, err = run(*words)
        assert code == 0
        assert "广厦建筑" in out + err
    assert lines(run("contractors", "list", "--name", "别家", "--json")[1]) == [{"summary": {"contractors": 0}}]
    code, _, err = run("contractors", "show", "x")
    assert (code, "is no id" in err) == (2, True)


@pytest.mark.usefixtures("town")
def test_unfiled_works_are_listed_and_the_list_goes_by_risk() -> None:
    code, out, _ = run("case", "list", "--unfiled", "--json")
    rows = lines(out)
    assert (code, rows[-1]["summary"]["sites"]) == (0, 1)
    assert (rows[0]["filing"], rows[0]["filing_id"], rows[0]["compound"]) == ("unfiled", None, None)
    code, out, _ = run("case", "list", "--by-risk", "--json")
    rows = lines(out)[:-1]
    assert (code, [row["risk_level"] for row in rows]) == (0, [1, 1])
    assert rows[0]["risk_score"] > rows[1]["risk_score"]
    code, out, _ = run("case", "list")
    assert code == 0
    assert "unfiled" in out


@pytest.mark.usefixtures("town")
def test_compounds_are_imported_or_refused_whole(tmp_path: Path) -> None:
    (lon, lat), h = SOUTH, 0.001
    ring = [[lon - h, lat - h], [lon + h, lat - h], [lon + h, lat + h], [lon - h, lat - h]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    body = {"type": "FeatureCollection", "features": [{"type": "Feature", "id": "c1", "geometry": shape}]}
    file = tmp_path / "c.geojson"
    file.write_text(json.dumps(body), encoding="utf-8")
    code, out, _ = run("compounds", "import", str(file), "--crs", "EPSG:4326", "--json")
    assert (code, lines(out)) == (0, [{"added": 1, "redrawn": 0, "same": 0}])
    code, _, err = run("compounds", "import", str(file), "--crs", "EPSG:4326")
    assert (code, "1 same" in err) == (0, True)
    code, _, err = run("compounds", "import", str(file))
    assert (code, "never guessed" in err) == (2, True)
    file.write_text("{", encoding="utf-8")
    assert "is no JSON" in run("compounds", "import", str(file), "--crs", "EPSG:4326")[2]
    assert "no such file" in run("compounds", "import", str(tmp_path / "gone"), "--crs", "EPSG:4326")[2]
