"""``pipewarden case``, ``contractors`` and ``compounds`` as people type them: narrowed, sorted, wrong, half bad."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from duty_town import NORTH, SOUTH, DutyTown
from typer.testing import CliRunner

from pipewarden.casework import service
from pipewarden.casework.facts import Severity, Struck, ViolationOpened
from pipewarden.casework.rules.step_file import STEP_NAMES
from pipewarden.casework.store import shipped_steps
from pipewarden.cli import case, contractors
from pipewarden.cli.app import app
from pipewarden.network.facts import Zone

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipewarden.casework.facts import Site
    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work

INPUT, NOT_FOUND = 2, 5
ASKED = {one.step for one in shipped_steps().steps}


def run(*words: str) -> tuple[int, str, str]:
    said = CliRunner().invoke(app, [*words])
    return said.exit_code, said.stdout, said.stderr


def rows(*words: str) -> list[dict[str, Any]]:
    """Return the rows of a list; the summary counts them."""
    code, out, _ = run(*words, "--json")
    assert code == 0
    *found, last = (json.loads(line) for line in out.splitlines())
    assert list(last["summary"].values()) == [len(found)]
    return found


def error(*words: str) -> tuple[int, dict[str, Any]]:
    code, out, said = run(*words, "--json")
    told: dict[str, Any] = json.loads(out)["error"]
    assert told["fix"]
    assert told["fix"] in said
    return code, told


@pytest.fixture
def town(work: Work, clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> DutyTown:
    @contextmanager
    def opened() -> Iterator[Work]:
        yield work

    for module in (case, contractors):
        monkeypatch.setattr(module, "opened", opened)
    return DutyTown(work, clock)


# -- the steps


@pytest.mark.parametrize("step", STEP_NAMES)
def test_each_step_is_printed_alone_or_said_to_ask_for_nothing(step: str) -> None:
    if step not in ASKED:
        code, told = error("case", "steps", step)
        assert (code, told["field"]) == (INPUT, "STEP")
        assert all(one in told["fix"] for one in ASKED)
        return
    code, out, _ = run("case", "steps", step, "--json")
    found = [json.loads(line) for line in out.splitlines()]
    assert (code, {one["step"] for one in found}) == (0, {step})
    shown = run("case", "steps", step)[1]
    assert all(one["asks"] in shown and one["clause"] in shown for one in found)


@pytest.mark.parametrize("word", ["Briefed", "briefed ", "交底", "", "briefed ready"])
def test_a_step_is_named_as_it_is_written(word: str) -> None:
    assert error("case", "steps", word)[0] == INPUT


def test_each_line_of_the_table_stays_one_line() -> None:
    shown, (_, out, _) = run("case", "steps")[1], run("case", "steps", "--json")
    for row in (json.loads(line) for line in out.splitlines()):
        assert any(row["asks"] in line and row["clause"] in line and row["step"] in line for line in shown.splitlines())


# -- sites


@pytest.fixture
def sites(town: DutyTown, clock: SetClock) -> dict[str, Site]:
    """Three open sites, opened in this order: outside the ranges, in the control range, in the protection range."""
    found = {}
    for name, zone in {"far": Zone.OUTSIDE, "control": Zone.CONTROL, "near": Zone.PROTECTION}.items():
        found[name] = town.site(NORTH, zone=zone)
        clock.advance(timedelta(minutes=1))
    service.renew_waiting(town.work, limit=9)
    return found


def names(sites: dict[str, Site], found: list[dict[str, Any]]) -> list[str]:
    by_id = {str(one.id): name for name, one in sites.items()}
    return [by_id[row["id"]] for row in found]


def test_by_risk_the_gravest_is_first_and_the_limit_cuts_the_least(sites: dict[str, Site]) -> None:
    found = rows("case", "list", "--by-risk")
    scores = [(row["risk_level"], -row["risk_score"]) for row in found]
    assert scores == sorted(scores)
    assert names(sites, found) == ["near", "control", "far"]
    for limit in (1, 2):
        assert rows("case", "list", "--by-risk", "--limit", str(limit)) == found[:limit]


def test_unfiled_and_by_risk_are_asked_together(sites: dict[str, Site]) -> None:
    unfiled = rows("case", "list", "--unfiled")
    both = rows("case", "list", "--unfiled", "--by-risk")
    assert {row["filing"] for row in unfiled} == {"unfiled"}
    assert sorted(names(sites, both)) == sorted(names(sites, unfiled))
    assert names(sites, both) == [one for one in ("near", "control", "far") if one in names(sites, unfiled)]
    assert "near" in names(sites, unfiled)


@pytest.mark.usefixtures("sites")
def test_what_has_ended_and_what_is_overdue_are_lists_of_their_own(clock: SetClock) -> None:
    assert rows("case", "list", "--ended") == rows("case", "list", "--ended", "--by-risk") == []
    assert rows("case", "list", "--overdue", "--unfiled") == []
    due = [row["next_due_at"] for row in rows("case", "list")]
    assert any(due)
    clock.advance(timedelta(days=40))
    late = rows("case", "list", "--overdue", "--by-risk")
    assert len(late) == sum(one is not None for one in due)


@pytest.mark.parametrize("limit", ["0", "201", "-1", "ten"])
def test_a_limit_is_from_1_to_200(limit: str) -> None:
    for words in (("case", "list"), ("contractors", "list")):
        code, out, said = run(*words, "--limit", limit)
        assert (code, out, "--limit" in said) == (INPUT, "", True)


def test_one_site_is_asked_for_by_an_id_that_is_there(town: DutyTown) -> None:
    assert town.work
    code, told = error("case", "show", "7")
    assert (code, told["field"]) == (INPUT, "SITE")
    assert error("case", "show", str(UUID(int=7)))[0] == NOT_FOUND
    assert error("risk", "explain", "7")[0] == INPUT


# -- contractors


def broke(town: DutyTown, site: Site, contractor: str, code: str = "") -> None:
    named = service.contractor_named(town.work, contractor, code, "the board")
    town.happen(site.id, named, ViolationOpened(town.work.ids.new(), "V-SIGNS", Severity.MINOR, "c", "no signs"))


def test_one_contractor_is_found_however_the_name_is_written(town: DutyTown, sites: dict[str, Site]) -> None:
    broke(town, sites["near"], "广厦建筑（北京）有限公司")
    broke(town, sites["far"], " 广厦建筑(北京)有限公司 ")
    broke(town, sites["control"], "长河市政")
    service.renew_waiting(town.work, limit=9)
    assert {row["name"] for row in rows("contractors", "list")} == {"广厦建筑（北京）有限公司", "长河市政"}
    for part in ("广厦", "建筑(北京)", "建筑（北京）", "有限公司"):
        (row,) = rows("contractors", "list", "--name", part)
        assert row["points"] == 2.0, part
    assert len(rows("contractors", "list", "--limit", "1")) == 1


@pytest.mark.parametrize("part", ["' OR 1=1 --", "广%建", "广_建", "厦广"])
def test_signs_of_the_database_stand_for_no_letter(town: DutyTown, sites: dict[str, Site], part: str) -> None:
    broke(town, sites["near"], "广厦建筑")
    assert rows("contractors", "list", "--name", part) == []


@pytest.mark.parametrize("part", ["%", "_", "（）"])
def test_signs_alone_are_no_name_and_do_not_list_everybody(town: DutyTown, sites: dict[str, Site], part: str) -> None:
    broke(town, sites["near"], "广厦建筑")
    assert error("contractors", "list", "--name", part)[0] == INPUT


def test_a_strike_is_shown_with_its_site_and_counts(town: DutyTown, sites: dict[str, Site]) -> None:
    broke(town, sites["near"], "长河市政")
    town.happen(sites["near"].id, Struck("the bucket"))
    service.renew_waiting(town.work, limit=9)
    (row,) = rows("contractors", "list")
    assert (row["strikes"], row["points"] > 1) == (1, True)
    code, out, _ = run("contractors", "show", row["id"], "--json")
    told = json.loads(out)
    assert (code, {one["kind"] for one in told["entries"]}) == (0, {"minor", "strike"})
    assert {one["site_id"] for one in told["entries"]} == {str(sites["near"].id)}
    assert all(one["until"] > one["at"] for one in told["entries"])
    shown = run("contractors", "show", row["id"])
    assert "1 strikes" in shown[2]
    assert str(sites["near"].id) in shown[1]


def test_a_contractor_who_is_not_here_is_not_found(town: DutyTown) -> None:
    assert town.work
    code, told = error("contractors", "show", str(UUID(int=7)))
    assert (code, told["field"]) == (NOT_FOUND, "contractor")
    code, told = error("contractors", "show", "广厦建筑")
    assert (code, told["field"]) == (INPUT, "CONTRACTOR_ID")


# -- compounds


def square(place: tuple[float, float], key: str, half: float = 0.001) -> dict[str, Any]:
    (lon, lat), h = place, half
    ring = [[lon - h, lat - h], [lon + h, lat - h], [lon + h, lat + h], [lon - h, lat + h], [lon - h, lat - h]]
    return {"type": "Feature", "id": key, "geometry": {"type": "Polygon", "coordinates": [ring]}}


class Sheet:
    """A file of compounds, brought as it stands."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, *features: Any, before: str = "") -> None:
        body = json.dumps({"type": "FeatureCollection", "features": list(features)}, ensure_ascii=False)
        self.path.write_text(before + body, encoding="utf-8")

    def words(self, crs: str = "EPSG:4326") -> tuple[str, ...]:
        return ("compounds", "import", str(self.path), "--crs", crs)

    def done(self) -> dict[str, int]:
        code, out, _ = run(*self.words(), "--json")
        assert code == 0
        told: dict[str, int] = json.loads(out)
        return told


@pytest.fixture
def sheet(town: DutyTown, tmp_path: Path) -> Sheet:
    assert town.work
    return Sheet(tmp_path / "院落.geojson")


def test_one_bad_compound_keeps_the_whole_file_out(sheet: Sheet) -> None:
    line = square(SOUTH, "b") | {"geometry": {"type": "LineString", "coordinates": [[116.7, 39.5], [116.8, 39.5]]}}
    sheet.write(square(NORTH, "a"), line)
    code, told = error(*sheet.words())
    assert (code, told["field"]) == (INPUT, "院落.geojson feature 2")
    sheet.write(square(NORTH, "a"))
    assert sheet.done() == {"added": 1, "redrawn": 0, "same": 0}, "the first of the bad file was not taken"
    sheet.write(square(NORTH, "a", 0.0005), square(SOUTH, "b"))
    assert sheet.done() == {"added": 1, "redrawn": 1, "same": 0}
    assert sheet.done() == {"added": 0, "redrawn": 0, "same": 2}


def test_a_byte_order_mark_is_no_part_of_the_file(sheet: Sheet) -> None:
    sheet.write(square(NORTH, "a"), before="\ufeff")
    assert sheet.done()["added"] == 1


@pytest.mark.parametrize("text", ["", "[" * 100_000, '{"type": "FeatureCollection"', "a,b\n1,2\n"])
def test_what_is_no_json_is_told_by_its_name(sheet: Sheet, text: str) -> None:
    sheet.path.write_text(text, encoding="utf-8")
    code, told = error(*sheet.words())
    assert (code, told["field"], "is no JSON" in told["problem"]) == (INPUT, "院落.geojson", True)


def test_a_file_in_another_code_page_is_told_so(sheet: Sheet) -> None:
    sheet.path.write_bytes('{"name": "小区"}'.encode("gb18030"))
    assert error(*sheet.words())[0] == INPUT


@pytest.mark.parametrize("crs", ["EPSG:99999", "somewhere", "EPSG:4548"])
def test_a_system_that_is_none_or_does_not_fit_is_refused(sheet: Sheet, crs: str) -> None:
    sheet.write(square(NORTH, "a"))
    assert error(*sheet.words(crs))[0] == INPUT
    assert sheet.done()["added"] == 1
