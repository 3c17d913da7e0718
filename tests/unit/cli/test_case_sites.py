"""``pipewarden case list`` and ``show``: what stands open, what happened there, why a step cannot be taken."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from pipewarden.casework import service
from pipewarden.casework.facts import Discovered, Ended, Noted, SiteState
from pipewarden.cli import case
from pipewarden.cli.app import app
from pipewarden.network.facts import Zone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipewarden.casework.facts import Site
    from pipewarden.kit.work import Work


def run(*words: str) -> tuple[int, str, str]:
    said = CliRunner().invoke(app, ["case", *words])
    return said.exit_code, said.stdout, said.stderr


def lines(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


@pytest.fixture
def sites(work: Work, monkeypatch: pytest.MonkeyPatch) -> list[Site]:
    """Two open sites and one that has ended, in the home that the commands open."""

    @contextmanager
    def opened() -> Iterator[Work]:
        yield work

    monkeypatch.setattr(case, "opened", opened)
    made = [
        service.open_site(work, Discovered(None, zone, level, 116.7, 39.5, "seen"))
        for zone, level in ((Zone.CONTROL, 2), (Zone.PROTECTION, 1), (Zone.CONTROL, 2))
    ]
    ended = Ended(SiteState.FALSE, "passing_vehicle", "drove on")
    return [
        made[0],
        service.append(work, made[1], [Noted("a word")], "person:1"),
        service.append(work, made[2], [ended]),
    ]


def test_open_sites_are_listed_the_protection_range_first(sites: list[Site]) -> None:
    code, out, _ = run("list", "--json")
    assert code == 0
    rows = lines(out)
    assert [row["id"] for row in rows[:-1]] == [str(sites[1].id), str(sites[0].id)]
    assert rows[-1] == {"summary": {"sites": 2}}
    assert (rows[0]["zone"], rows[0]["level"], rows[0]["owner"], rows[0]["headline"]) == (
        "protection", 1, None, "discovered")  # fmt: skip


def test_ended_sites_are_listed_apart_and_a_table_is_for_people(sites: list[Site]) -> None:
    code, out, _ = run("list", "--ended")
    assert code == 0
    assert str(sites[2].id) in out
    assert str(sites[0].id) not in out
    assert "负责人 owner" in out
    assert lines(run("list", "--overdue", "--json")[1])[-1]["summary"]["sites"] == 0
    assert len(lines(run("list", "--limit", "1", "--json")[1])) == 2


def test_one_site_is_shown_with_its_history_and_its_next_steps(sites: list[Site]) -> None:
    code, out, _ = run("show", str(sites[1].id), "--json")
    assert code == 0
    (told,) = lines(out)
    assert [one["kind"] for one in told["events"]] == ["discovered", "noted"]
    assert told["events"][1]["actor"] == "person:1"
    exempt = next(one for one in told["next"] if one["act"] == "end_exempt")
    assert "nobody has looked" in exempt["refused"][0]
    assert "城镇燃气管理条例" in exempt["refused"][0]
    code, _, said = run("show", str(sites[1].id))
    assert code == 0
    assert "noted person:1" in said
    assert "-> end_false: may be taken" in said


def test_what_is_no_site_is_named(sites: list[Site]) -> None:
    assert sites
    code, out, _ = run("show", "nonsense", "--json")
    assert code == 2
    assert lines(out)[0]["error"]["field"] == "SITE"
    code, _, said = run("show", "00000000-0000-7000-8000-000000000000")
    assert code == 5
    assert "site: does not exist" in said
