"""``pipewarden act`` on a home of its own, against a robot and a mail server on 127.0.0.1."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import shapely
from act_office import KEY, MAIL, SMS, WECOM
from robot_street import postbox, street, wecom
from typer.testing import CliRunner

from pipewarden.cli.app import app
from pipewarden.kit.settings import load_settings
from pipewarden.main.home import open_home
from pipewarden.people import service as people
from pipewarden.people.facts import NewArea, NewMembership, NewPerson, Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from click.testing import Result

    Run = Callable[..., Result]


@pytest.fixture(scope="module")
def place(roomy: Callable[[], Path]) -> Path:
    return roomy() / "home"


@pytest.fixture
def run(place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    with street(wecom(KEY)) as vendor, postbox() as box:
        told = {
            "PIPEWARDEN_HOME": str(place),
            "PIPEWARDEN_WECOM_URL": vendor.url,
            "PIPEWARDEN_OUTBOUND_OPEN": "127.0.0.0/8",
            "PIPEWARDEN_MAIL_HOST": "127.0.0.1",
            "PIPEWARDEN_MAIL_PORT": str(box.port),
            "PIPEWARDEN_MAIL_MODE": "insecure",
            "PIPEWARDEN_MAIL_SENDER": "gas@example.org",
        }
        for name, value in told.items():
            monkeypatch.setenv(name, value)
        yield lambda *words: CliRunner().invoke(app, ["act", *words])


def settle_in(login: str, *contacts: Any) -> None:
    """Add somebody who is on duty tomorrow, with contact points."""
    with open_home(load_settings()) as home, home.work() as work:
        root = people.operator(work.tenant_id)
        made = people.add_person(work, None, root, NewPerson(login, f"Person {login}", None))  # type: ignore[arg-type]
        begins = work.now() - timedelta(days=1)
        people.grant(work, root, NewMembership(made.id, work.tenant_id, Role.SAFETY_MANAGER, begins))
        people.set_contacts(work, root, made.id, contacts)
        square = bytes(shapely.to_wkb(shapely.box(116.2, 39.6, 116.4, 39.8)))
        area = people.add_area(work, root, NewArea(f"beat-{login}", "一号", wkb=square)).id
        now = datetime.now(UTC)
        span = {"begins_at": now + timedelta(hours=1), "ends_at": now + timedelta(hours=9)}
        people.put_on_duty(work, root, made.id, Role.SAFETY_MANAGER, area, **span)


def last(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return found


def test_somebody_with_three_channels_gets_three_tests(run: Run) -> None:
    settle_in("zhang", WECOM, SMS, MAIL)
    done = run("test", "--person", "zhang", "--json")
    assert done.exit_code == 0, done.output
    found = {one["channel"]: (one["state"], one["problem"]) for one in last(done)["tried"]}
    assert found == {
        "wecom": ("accepted", ""),
        "email": ("accepted", ""),
        "sms": ("logged", "no provider is set up: written to the log, nobody was reached"),
    }
    said = run("test", "--person", "zhang")
    assert "wecom" in said.output
    assert KEY not in said.output
    assert "13800001234" not in said.output


def test_somebody_without_a_real_channel_is_not_reached(run: Run) -> None:
    settle_in("li", SMS)
    done = run("test", "--person", "li")
    assert done.exit_code == 1
    assert "nobody was reached" in done.output
    asked = run("reach", "--json")
    assert asked.exit_code == 1
    found = last(asked)
    assert [(one["name"], one["why"]) for one in found["missing"]] == [("Person li", "log_only")]
    assert found["persons"] == 2
    said = run("reach").output
    assert "1 of 2 on duty cannot be reached" in said
    assert "only channels that are written to the log" in said


def test_nobody_of_that_name(run: Run) -> None:
    done = run("test", "--person", "nobody", "--json")
    assert done.exit_code != 0
    assert "accepted" not in done.output


def test_the_channels_are_shown_and_switched(run: Run) -> None:
    before = {one["channel"]: one for one in last(run("channels", "--json"))["items"]}
    assert before["wecom"] == {"channel": "wecom", "set_up": True, "real": True, "on": True}
    assert before["sms"] == {"channel": "sms", "set_up": True, "real": False, "on": True}
    assert "reaches people" in run("channels").output
    assert run("switch", "wecom", "off", "--reason", "key leaked").exit_code == 0
    assert last(run("switch", "email", "off", "--reason", "x", "--json")) == {
        "channel": "email",
        "on": False,
        "reason": "x",
    }
    after = {one["channel"]: one for one in last(run("channels", "--json"))["items"]}
    assert (after["wecom"]["on"], after["email"]["on"]) == (False, False)
    assert run("test", "--person", "zhang").exit_code == 1, "what is off is not tried"
    for kind in ("wecom", "email"):
        run("switch", kind, "on", "--reason", "mended")


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (("switch", "pigeon", "off", "--reason", "x"), "CHANNEL"),
        (("switch", "wecom", "dim", "--reason", "x"), "STATE"),
        (("switch", "wecom", "off", "--reason", " "), "reason"),
    ],
)
def test_what_cannot_be_switched_is_named(run: Run, words: tuple[str, ...], field: str) -> None:
    done = run(*words, "--json")
    assert done.exit_code == 2
    assert field in done.output


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PIPEWARDEN_OUTBOUND_OPEN", "10.0.0.1/8"),
        ("PIPEWARDEN_MAIL_SENDER", "nobody"),
        ("PIPEWARDEN_PUBLIC_URL", "gas.example.org"),
    ],
)
def test_a_setting_that_cannot_be_is_named(run: Run, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    done = run("channels", "--json")
    assert done.exit_code == 2
    assert name in done.output
