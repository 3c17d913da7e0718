"""``pipewarden retention`` and ``pipewarden hold`` as people type them."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from typer.testing import CliRunner

from pipewarden.cli import privacy
from pipewarden.cli.app import app
from pipewarden.main import home as main_home
from pipewarden.main import retention as main_retention
from pipewarden.people import service as people
from pipewarden.people.facts.privacy import ClassSum, DataClass, RetentionReport

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipewarden.kit.work import Work

TENANT = UUID("01a1f677-aa80-7000-802f-39ad80ed7d1e")


@dataclass(frozen=True, slots=True)
class Opened:
    """A home that hands out the test's own transaction."""

    unit: Any


def run(*words: str) -> tuple[int, str, str]:
    said = CliRunner().invoke(app, list(words))
    return said.exit_code, said.stdout, said.stderr


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, work: Work) -> Work:
    @contextmanager
    def opened() -> Iterator[Work]:
        yield work

    monkeypatch.setattr(privacy, "opened", opened)
    return work


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Note how retention was run; a backup reads in the house that it is run on."""
    seen: list[bool] = []

    @contextmanager
    def open_home(_settings: object) -> Iterator[Opened]:
        yield Opened(None)

    def done(_home: object, *, dry: bool) -> dict[UUID, RetentionReport]:
        seen.append(dry)
        sums = (
            ClassSum(DataClass.LOOKS, 30, 90, due=5, deleted=0 if dry else 3, held=2, needed=1),
            ClassSum(DataClass.LOGS, 200, 200),
        )
        return {TENANT: RetentionReport("CN-privacy@1", datetime(2026, 5, 1, tzinfo=UTC), dry, not dry, sums)}

    monkeypatch.setattr(main_home, "open_home", open_home)
    monkeypatch.setattr(main_retention, "run", done)
    return seen


def test_a_dry_run_says_class_by_class_what_would_go(asked: list[bool]) -> None:
    code, said, _ = run("retention", "--dry-run", "--json")
    lines = [json.loads(line) for line in said.splitlines()]
    assert (code, asked) == (0, [True])
    assert lines[0] == {
        "tenant": str(TENANT),
        "class": "looks",
        "days": 30,
        "key_days": 90,
        "due": 5,
        "deleted": 0,
        "held": 2,
        "needed": 1,
    }
    assert lines[-1] == {"summary": {"dry": True, "waits": False, "deleted": 0}}


def test_a_run_that_a_backup_holds_up_says_so(asked: list[bool]) -> None:
    code, said, told = run("retention")
    assert (code, asked) == (0, [False])
    assert "looks" in said
    assert "30 / 90" in said
    assert "Run it again when the backup has ended" in told


def test_a_hold_is_set_listed_and_lifted(here: Work) -> None:
    code, said, _ = run("hold", "set", "site:1", "--reason", "法院要求保全", "--json")
    made = json.loads(said)
    assert (code, made["kind"], made["subject"], made["class"]) == (0, "hold", "site:1", None)
    key = json.loads(run("hold", "set", "camera:1", "--key", "--class", "looks", "--reason", "门站", "--json")[1])
    assert (key["kind"], key["class"]) == ("key", "looks")
    lines = [json.loads(line) for line in run("hold", "list", "--json")[1].splitlines()]
    assert [one["id"] for one in lines[:-1]] == [made["id"], key["id"]]
    assert lines[-1] == {"summary": {"marks": 2}}
    code, _, told = run("hold", "lift", made["id"], "--reason", "案件已结")
    assert (code, "lifted" in told) == (0, True)
    assert "案件已结" in run("hold", "list", "--json")[1]
    assert "法院要求保全" in run("hold", "list")[1].replace("\n", "")
    assert here.tenant_id


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("set", "nonsense", "--reason", "why"), 2, "names nothing that is kept"),
        (("set", "*", "--reason", " "), 2, "empty or too long"),
        (("set", "*", "--reason", "why", "--class", "pictures"), 2, "is no class"),
        (("lift", str(TENANT), "--reason", "why"), 5, "does not exist"),
    ],
)
def test_what_cannot_be_done_says_what_to_do(words: tuple[str, ...], code: int, said: str) -> None:
    ended, _, told = run("hold", *words)
    assert (ended, said in told) == (code, True)
    assert "fix:" in told


def test_a_tenant_chooses_its_own_days_inside_the_floor_and_the_ceiling(here: Work) -> None:
    code, said, _ = run("hold", "days", "sent", "365", "--reason", "公司档案制度第七条", "--json")
    assert (code, json.loads(said)) == (0, {"class": "sent", "days": 365, "key_days": 365})
    code, _, told = run("hold", "days", "looks", "45", "--key-days", "120", "--reason", "公司档案制度第七条")
    assert (code, "looks: kept for 45 days, 120 at key places" in told) == (0, True)
    chosen = people.own_days(here)
    assert {one.value: (days.kept, days.kept_key) for one, days in chosen.items()} == {
        "sent": (365, 365),
        "looks": (45, 120),
    }


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (("looks", "29"), "kept"),
        (("looks", "9999"), "kept"),
        (("nothing", "30"), "CLASS"),
        (("looks", "60", "--key-days", "89"), "kept_key"),
    ],
)
def test_days_that_the_law_or_the_policy_forbids_are_refused(here: Work, words: tuple[str, ...], field: str) -> None:
    code, _, told = run("hold", "days", *words, "--reason", "公司档案制度第七条")
    assert code == 2, told
    assert field in told
    assert people.own_days(here) == {}
