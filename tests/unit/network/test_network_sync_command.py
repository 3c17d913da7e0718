"""``pipewarden network sync`` and ``diff``, on drawn streets and on a city's real map: said first, then done whole."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import shapely
from typer.testing import CliRunner

from pipewarden.cli import network as network_cli
from pipewarden.cli import network_sync
from pipewarden.cli.app import app
from pipewarden.network import service
from pipewarden.network.adapters import FileReader
from pipewarden.network.facts import Regime

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.unit.network.conftest import Town

    from pipewarden.kit.work import Work

WGS = ("--crs", "EPSG:4326")


def run(*words: object) -> tuple[int, str, str]:
    said = CliRunner().invoke(app, ["network", *(str(word) for word in words)])
    assert said.exception is None or isinstance(said.exception, SystemExit), said.exception
    return said.exit_code, said.stdout, " ".join(said.stderr.split())


def told(*words: object) -> dict[str, Any]:
    code, out, err = run(*words, "--json")
    assert code == 0, err
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    return found


def refused(*words: object) -> tuple[int, dict[str, Any]]:
    code, out, _ = run(*words, "--json")
    found: dict[str, Any] = json.loads(out.splitlines()[-1])["error"]
    assert found["fix"]
    return code, found


def features(town: Town, count: int = 4, **changed: dict[str, Any]) -> list[dict[str, Any]]:
    """Streets of medium pressure, 30 m apart; some of them as a test wants them."""
    return [
        town.feature(
            f"LINESTRING (0 {30 * n}, 900 {30 * n})",
            **({"id": f"s{n}", "pressure": "中压", "diameter": 200} | changed.get(f"s{n}", {})),
        )
        for n in range(count)
    ]


@pytest.fixture
def here(work: Work, monkeypatch: pytest.MonkeyPatch) -> Work:
    """The commands in the test's own transaction."""

    @contextmanager
    def opened() -> Iterator[Work]:
        with work.session.begin_nested():
            yield work

    monkeypatch.setattr(network_sync, "opened", opened)
    monkeypatch.setattr(network_cli, "opened", opened)
    return work


@pytest.fixture
def streets(here: Work, town: Town, tmp_path: Path) -> Work:
    path = town.geojson(tmp_path / "base.geojson", features(town))
    service.import_network(here, FileReader(), path, crs="EPSG:4326", jurisdiction="CN-HE-langfang")
    return here


def active(work: Work) -> int:
    return next(one.number for one in service.versions(work) if one.active)


def test_a_dry_run_says_what_the_delivery_then_does(streets: Work, town: Town, tmp_path: Path) -> None:
    rows = features(town, 5, s1={"diameter": 315})[1:]
    path = town.geojson(tmp_path / "d.geojson", rows)
    dry = told("sync", path, *WGS, "--dry-run", "--allow-shrink")
    assert (dry["added"], dry["changed"], dry["removed"]) == (1, 1, 1)
    assert (dry["version"], dry["base"], dry["dry_run"]) == (None, 1, True)
    assert active(streets) == 1
    done = told("sync", path, *WGS, "--allow-shrink")
    assert {key: done[key] for key in ("added", "changed", "removed", "summary")} == {
        key: dry[key] for key in ("added", "changed", "removed", "summary")
    }
    assert (done["version"], active(streets)) == (2, 2)
    again = told("sync", path, *WGS)
    assert (again["version"], again["added"], again["changed"], again["removed"]) == (None, 0, 0, 0)


def test_the_diff_of_a_version_is_what_its_delivery_said(streets: Work, town: Town, tmp_path: Path) -> None:
    rows = features(town, s1={"diameter": 315, "pressure": "高压"})
    done = told("sync", town.geojson(tmp_path / "d.geojson", rows), *WGS)
    found = told("diff")
    assert found == told("diff", "2")
    assert (found["version"], found["base"], found["partial"]) == (2, 1, False)
    assert found["summary"] == done["summary"]
    (one,) = found["changes"]
    assert (one["pipe_id"], one["change"], one["downgrade"], one["moved_m"]) == ("s1", "changed", False, None)
    assert (one["class_before"], one["class_after"]) == ("medium", "high")
    assert {"name": "diameter_mm", "before": "200", "after": "315"} in one["fields"]
    code, out, err = run("diff", "2")
    assert code == 0
    assert "s1" in out
    assert "version 2 against version 1" in err
    assert active(streets) == 2


def test_a_weaker_class_is_loud_on_every_way(streets: Work, town: Town, tmp_path: Path) -> None:
    path = town.geojson(tmp_path / "d.geojson", features(town, s2={"pressure": "低压"}))
    code, error = refused("sync", path, *WGS)
    assert (code, error["field"]) == (4, "pressure class")
    assert "DANGER" in error["problem"]
    assert "--allow-downgrade" in error["fix"]
    assert active(streets) == 1
    code, _, err = run("sync", path, *WGS, "--dry-run")
    assert code == 0
    assert "DANGER: 1 pipes count as weaker" in err
    assert "s2: medium to low" in err
    assert "would be refused: pressure class" in err
    code, out, err = run("sync", path, *WGS, "--allow-downgrade")
    assert code == 0
    assert "DANGER" in err, "who takes it is told once more"
    assert "version 2 is active, made of version 1" in err
    assert "s2" in out
    assert told("diff")["changes"][0]["downgrade"] is True


def test_a_partial_delivery_by_its_own_columns(streets: Work, town: Town, tmp_path: Path) -> None:
    rows = [
        town.feature(None, 资产号="s0", 动作="删除"),
        town.feature("LINESTRING (0 60, 900 63)", 资产号="s2", 动作="变更", pressure="中压", diameter=200),
    ]
    path = town.geojson(tmp_path / "d.geojson", rows)
    code, error = refused("sync", path, *WGS, "--partial", "--operation", "动作")
    assert code == 2
    assert "--key" in error["fix"]
    words = ("--partial", "--operation", "动作", "--key", "资产号", "--allow-shrink")
    done = told("sync", path, *WGS, *words)
    assert (done["partial"], done["removed"], done["changed"], done["added"]) == (True, 1, 1, 0)
    left = {one.pipe_id for one in service.pipes(streets, service.versions(streets)[0].id)}
    assert left == {"s1", "s2", "s3"}


def test_the_changed_pipes_can_be_laid_on_a_map_before_and_after(streets: Work, town: Town, tmp_path: Path) -> None:
    moved = features(town)
    moved[1] = town.feature("LINESTRING (0 30, 900 36)", id="s1", pressure="中压", diameter=200)
    path, drawn = town.geojson(tmp_path / "d.geojson", moved[:3]), tmp_path / "changed.geojson"
    code, _, err = run("sync", path, *WGS, "--allow-shrink", "--geojson", drawn)
    assert code == 0
    assert "3 features in" in err
    whole = json.loads(drawn.read_text("utf-8"))
    by_state = {(one["properties"]["pipe_id"], one["properties"]["state"]): one for one in whole["features"]}
    assert set(by_state) == {("s1", "before"), ("s1", "after"), ("s3", "before")}
    end = shapely.get_coordinates(shapely.from_geojson(json.dumps(by_state["s1", "after"]["geometry"])))[-1]
    assert end == pytest.approx(town.lonlat([(900, 36)])[0], abs=1e-7)
    run("diff", "--geojson", tmp_path / "again.geojson")
    assert json.loads((tmp_path / "again.geojson").read_text("utf-8")) == whole
    assert active(streets) == 2


def test_what_cannot_be_named_is_asked_back(streets: Work, town: Town, tmp_path: Path) -> None:
    path = town.geojson(tmp_path / "d.geojson", features(town, 5))
    for words, field in (
        (("sync", path), "--crs"),
        (("sync", path, *WGS, "--regime", "water"), "--regime"),
        (("sync", tmp_path / "nowhere.geojson", *WGS), "nowhere.geojson"),
        (("sync", path, *WGS, "--key", "GUID"), "--key"),
        (("diff", "9"), "VERSION"),
        (("diff", "--regime", "long_distance"), "--regime"),
    ):
        code, error = refused(*words)
        assert code == 2
        assert field in error["field"]
    code, error = refused("diff", "1")
    assert code == 4
    assert "imported whole" in error["problem"]
    assert active(streets) == 1


def test_before_anything_is_imported_there_is_nothing_to_compare(here: Work, town: Town, tmp_path: Path) -> None:
    code, error = refused("sync", town.geojson(tmp_path / "d.geojson", features(town)), *WGS)
    assert code == 4
    assert "network import" in error["fix"]
    assert service.versions(here) == []


def test_with_both_regimes_the_words_say_which(streets: Work, town: Town, tmp_path: Path) -> None:
    far = town.geojson(tmp_path / "far.geojson", [town.feature("LINESTRING (0 900, 900 900)", id="L", pressure="高压")])
    service.import_network(streets, FileReader(), far, crs="EPSG:4326", jurisdiction="CN-LONGDISTANCE")
    path = town.geojson(tmp_path / "d.geojson", features(town, 5))
    assert refused("sync", path, *WGS)[1]["field"] == "--regime"
    assert told("sync", path, *WGS, "--regime", "city_gas")["added"] == 1
    assert refused("diff")[1]["field"] == "--regime"
    assert told("diff", "--regime", "city_gas")["changes"][0]["pipe_id"] == "s4"
    assert {one.regime for one in service.versions(streets) if one.active} == set(Regime)


# -- a city's real map


@pytest.mark.shared
def test_a_citys_own_map_in_its_other_system_changes_nothing_by_id(here: Work, shared_data: Path) -> None:
    """Schutterwald publishes one map in Gauss-Krueger and in WGS-84: the same network, delivered the other way."""
    maps = shared_data / "geo" / "network" / "schutterwald"
    first, second = maps / "schutterwald_gas_pipes.geojson", maps / "schutterwald_gas_pipes_wgs84.geojson"
    service.import_network(
        here, FileReader(), first, crs="EPSG:31467", jurisdiction="CN-GB55009", mapping="schutterwald"
    )
    same = told("sync", first, "--crs", "EPSG:31467", "--map", "schutterwald")
    assert (same["version"], same["added"], same["changed"], same["removed"]) == (None, 0, 0, 0)
    other = told("sync", second, *WGS, "--map", "schutterwald", "--dry-run")
    assert (other["added"], other["removed"], other["downgrades"]) == (0, 0, [])
    assert other["import"]["shift"]["median_m"] < 0.1


@pytest.mark.shared
def test_a_street_taken_out_of_a_real_map_and_one_moved(here: Work, shared_data: Path, tmp_path: Path) -> None:
    """All rows of Kaohsiung's map have one id, so that its pipes are met by their lines: one moved is another one."""
    whole = shared_data / "geo" / "network" / "kaohsiung" / "kh_ng_pipelines_wgs84.geojson"
    service.import_network(here, FileReader(), whole, crs="EPSG:4326", jurisdiction="CN-GB55009", mapping="kaohsiung")
    body = json.loads(whole.read_text("utf-8"))
    for corner in body["features"][7]["geometry"]["coordinates"]:
        corner[1] += 0.0001
    del body["features"][3]
    path = tmp_path / "kaohsiung.geojson"
    path.write_text(json.dumps(body), encoding="utf-8")
    done = told("sync", path, *WGS, "--map", "kaohsiung")
    assert (done["version"], done["added"], done["changed"], done["removed"]) == (2, 1, 0, 2)
    assert done["import"]["accepted"] == 608
    kinds = {one["change"] for one in told("diff")["changes"]}
    assert kinds == {"added", "removed"}
