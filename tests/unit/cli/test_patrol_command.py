"""``pipewarden patrol``: GPX files become patrols of a person who agreed, once each; coverage in metres of pipe."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from duty_town import NORTH
from duty_town import DutyTown as Town
from tile_town import load
from typer.testing import CliRunner

from pipewarden.cli import patrol as command
from pipewarden.cli.app import app
from pipewarden.field.service import patrols as service
from pipewarden.kit.geo import near_frame
from pipewarden.people import service as people
from pipewarden.people.facts import Role
from pipewarden.people.facts.privacy import Purpose

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Person


@pytest.fixture
def town(work: Work, clock: SetClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Town:
    """A tenant with a pipe of 340 m at a place, and the command line on the test's own transaction."""
    made = Town(work, clock)
    load(work, tmp_path, {"main": NORTH})

    @contextmanager
    def opened() -> Iterator[Work]:
        with work.session.begin_nested():
            yield work

    monkeypatch.setattr(command, "opened", opened)
    return made


@pytest.fixture
def walker(town: Town) -> Person:
    found = town.person(Role.PATROLLER, area=town.north)
    people.say_consent(town.work, town.actor(found), Purpose.LOCATION, 1, given=True)
    return found


def gpx(path: Path, began: datetime, *, seed: int = 1, metres: float = 320.0) -> Path:
    """Write a walk of 1.3 m/s eastward along the pipe, 4 m beside it, a point each 5 s, with a receiver's noise."""
    chance = np.random.default_rng(seed)
    frame = near_frame(*NORTH)
    t = np.arange(0, metres / 1.3, 5.0)
    wander = 0.5 * np.cumsum(chance.normal(0, 1.0, (len(t), 2)), axis=0) / np.sqrt(np.arange(1, len(t) + 1))[:, None]
    xy = np.column_stack([1.3 * t - metres / 2, np.full(len(t), 4.0)]) + chance.normal(0, 1.0, (len(t), 2)) + wander
    rows = [
        f'<trkpt lat="{lat:.7f}" lon="{lon:.7f}"><time>{began + timedelta(seconds=float(at)):%Y-%m-%dT%H:%M:%SZ}</time>'
        "<hdop>1.1</hdop></trkpt>"
        for (lon, lat), at in zip(frame.to_lonlat(frame.to_metres(np.array([NORTH])) + xy), t, strict=True)
    ]
    head = '<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>'
    path.write_text(f"{head}{''.join(rows)}</trkseg></trk></gpx>", encoding="utf-8")
    return path


def run(*words: object) -> tuple[int, str, str]:
    made = CliRunner().invoke(app, ["patrol", *(str(word) for word in words)])
    assert made.exception is None or isinstance(made.exception, SystemExit), made.exception
    return made.exit_code, made.stdout, " ".join(made.stderr.split())


def lines(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def covered() -> dict[str, Any]:
    code, out, _ = run("coverage", "--json")
    assert code == 0
    return next(one for one in lines(out) if one["pressure_class"] == "medium_a" or one["metres"] > 0)


def test_a_walk_from_a_file_covers_the_pipe_that_it_passed(town: Town, walker: Person, tmp_path: Path) -> None:
    before = covered()
    assert (before["covered_m"], before["never_m"]) == (0, before["metres"])
    file = gpx(tmp_path / "walk.gpx", town.clock.now() - timedelta(hours=2))
    code, out, _ = run("import", file, "--person", walker.login, "--json")
    assert code == 0, out
    (told,) = lines(out)
    assert told["new"] is True
    assert told["verified"] is True, told["reasons"]
    assert told["points"] == 50
    assert 250 < told["walked_m"] < 420
    assert 250 < told["seen_m"] <= before["metres"] + 1
    after = covered()
    assert after["covered_m"] == pytest.approx(told["seen_m"], abs=2)
    assert after["overdue_m"] == pytest.approx(after["metres"] - after["covered_m"], abs=2)


def test_the_same_file_again_is_the_same_patrol(town: Town, walker: Person, tmp_path: Path) -> None:
    file = gpx(tmp_path / "walk.gpx", town.clock.now() - timedelta(hours=2))
    first = lines(run("import", file, "--person", walker.login, "--json")[1])[0]
    copy = tmp_path / "another name.gpx"
    copy.write_bytes(file.read_bytes())
    code, out, _ = run("import", copy, "--person", walker.login, "--json")
    (again,) = lines(out)
    assert code == 0
    assert (again["patrol"], again["new"], again["points"]) == (first["patrol"], False, first["points"])
    assert "was there before" in run("import", copy, "--person", walker.login)[2]
    assert len(service.patrols(town.work, town.actor(walker), limit=9)) == 1


def test_a_walk_sent_again_as_tomorrows_is_kept_and_not_believed(town: Town, walker: Person, tmp_path: Path) -> None:
    """The old trick: yesterday's file with today's times. It is told why, and covers nothing anew."""
    old, new = (gpx(tmp_path / f"{day}.gpx", town.clock.now() - timedelta(days=day, hours=1), seed=7) for day in (1, 0))
    first = lines(run("import", old, "--person", walker.login, "--json")[1])[0]
    assert first["verified"] is True, first["reasons"]
    told = lines(run("import", new, "--person", walker.login, "--json")[1])[0]
    assert told["verified"] is False
    assert "replay" in {one["doubt"] for one in told["reasons"]}
    assert "not believed" in run("import", new, "--person", walker.login)[2]


def test_a_way_along_the_drawn_line_itself_is_not_believed(town: Town, walker: Person, tmp_path: Path) -> None:
    frame = near_frame(*NORTH)
    along = np.column_stack([np.arange(-150.0, 150.0, 6.0), np.zeros(50)])
    places = frame.to_lonlat(frame.to_metres(np.array([NORTH])) + along)
    began = town.clock.now() - timedelta(hours=1)
    rows = "".join(
        f'<trkpt lat="{lat}" lon="{lon}"><time>{began + timedelta(seconds=5 * n):%Y-%m-%dT%H:%M:%SZ}</time></trkpt>'
        for n, (lon, lat) in enumerate(places)
    )
    file = tmp_path / "drawn.gpx"
    file.write_text(f'<gpx version="1.1"><trk><trkseg>{rows}</trkseg></trk></gpx>', encoding="utf-8")
    (told,) = lines(run("import", file, "--person", walker.login, "--json")[1])
    assert told["verified"] is False
    assert {"on_line", "smooth"} & {one["doubt"] for one in told["reasons"]}
    assert covered()["covered_m"] == 0


def test_without_consent_no_way_is_recorded(town: Town, tmp_path: Path) -> None:
    silent = town.person(Role.PATROLLER, area=town.north)
    file = gpx(tmp_path / "walk.gpx", town.clock.now() - timedelta(hours=2))
    code, out, _ = run("import", file, "--person", silent.login, "--json")
    assert code != 0
    assert lines(out)[-1]["error"]["field"] == "consent"
    assert covered()["covered_m"] == 0


@pytest.mark.parametrize("login", ["nobody-at-all", "dispatcher"])
def test_a_file_belongs_to_a_patroller(town: Town, tmp_path: Path, login: str) -> None:
    who = login if login == "nobody-at-all" else town.person(Role.DISPATCHER, area=town.north).login
    file = gpx(tmp_path / "walk.gpx", town.clock.now() - timedelta(hours=2))
    code, out, _ = run("import", file, "--person", who, "--json")
    assert code != 0
    assert lines(out)[-1]["error"]["field"] == "person"


@pytest.mark.parametrize(
    "content",
    [
        b"not xml at all",
        b"<gpx><trk><trkseg><trkpt lat='1' lon='2'/></trkseg></trk></gpx>",
        b"<!DOCTYPE gpx [<!ENTITY a 'b'>]><gpx>&a;</gpx>",
        b"<gpx><trk><trkseg><trkpt lat='91' lon='2'><time>2026-11-20T00:00:00Z</time></trkpt></trkseg></trk></gpx>",
    ],
)
def test_what_is_no_timed_track_is_named_by_its_file(
    town: Town, walker: Person, tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "odd.gpx"
    file.write_bytes(content)
    code, out, _ = run("import", file, "--person", walker.login, "--json")
    assert code != 0
    assert lines(out)[-1]["error"]["field"] == "odd.gpx"
    assert service.patrols(town.work, town.actor(walker), limit=9) == []


def test_one_bad_file_of_several_leaves_the_others(town: Town, walker: Person, tmp_path: Path) -> None:
    good = gpx(tmp_path / "a.gpx", town.clock.now() - timedelta(hours=2))
    bad = tmp_path / "b.gpx"
    bad.write_text("x", encoding="utf-8")
    code, out, _ = run("import", good, bad, "--person", walker.login, "--json")
    assert code != 0
    assert lines(out)[0]["file"] == "a.gpx"
    assert len(service.patrols(town.work, town.actor(walker), limit=9)) == 1


@pytest.mark.usefixtures("town")
def test_coverage_is_a_table_for_people() -> None:
    code, out, _ = run("coverage")
    assert code == 0
    assert "超期" in out


@pytest.mark.usefixtures("town")
def test_the_real_tracks_are_read_whole(walker: Person, shared_data: Path) -> None:
    """A walk around a lake and a drive, recorded by people (gpxpy's test files): every timed point is kept."""
    folder = shared_data / "geo" / "trajectories" / "gpx"
    want = {"cerknicko-jezero.gpx": 296, "around-visnjan-with-car.gpx": 104}
    code, out, _ = run("import", *(folder / name for name in want), "--person", walker.login, "--json")
    assert code == 0, out
    told = {one["file"]: one for one in lines(out)}
    assert {name: one["points"] for name, one in told.items()} == want
    assert all(one["walked_m"] > 1000 for one in told.values())
    assert all(one["seen_m"] == 0 for one in told.values()), "no pipe of ours lies there"


def test_help_teaches() -> None:
    for words in (["--help"], ["import", "--help"], ["coverage", "--help"]):
        code, out, _ = run(*words)
        assert code == 0
        assert len(out) > 200
    assert "Example" in run("import", "--help")[1]
