"""The dead man's handle: taken, refused, closed, broken; the machine's figures; the address that settings may name."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from pipewarden.kit.errors import InputError
from pipewarden.kit.outbound import Answer, Outbound, UnansweredError
from pipewarden.kit.settings import Settings
from pipewarden.main.operation import head, open_outside
from pipewarden.operation.adapters.machine import RealMachine
from pipewarden.operation.adapters.outside import Handle

URL = "https://beats.example.org/ping/canary-of-the-check"


@dataclass
class Wire:
    """An outbound guard that answers as a test wants."""

    says: Answer | Exception
    sent: list[tuple[str, bytes]] = field(default_factory=list)

    def post(self, url: str, content: bytes, headers: dict[str, str], *, within_s: float) -> Answer:
        assert within_s <= 10
        assert headers["Content-Type"] == "application/json"
        self.sent.append((url, content))
        if isinstance(self.says, Exception):
            raise self.says
        return self.says


@pytest.mark.parametrize(
    ("says", "problem"),
    [
        (Answer(200, b"", None), None),
        (Answer(204, b"", None), None),
        (Answer(302, b"", None), "answered 302"),
        (Answer(500, b"", None), "answered 500"),
        (UnansweredError(field="address", problem="no answer within 10 s", fix="x"), "no answer within 10 s"),
        (ValueError(URL), "broke (ValueError)"),
    ],
)
def test_what_the_outside_says_is_known_and_never_raised(says: Any, problem: str | None) -> None:
    wire = Wire(says)
    assert Handle(wire, URL).tell(b"{}") == problem  # type: ignore[arg-type]  # it posts, and that is all that is asked
    assert wire.sent == [(URL, b"{}")]


def test_the_guard_stands_before_it() -> None:
    handle = Handle(Outbound(), "http://127.0.0.1:9/ping")
    assert handle.tell(b"{}") == "is not allowed"


def test_the_address_is_shown_nowhere_and_must_be_one() -> None:
    handle = open_outside(Settings(heartbeat_url=SecretStr(URL)))
    assert handle.set_up
    assert "canary" not in repr(handle)
    assert not open_outside(Settings()).set_up
    with pytest.raises(InputError) as caught:
        open_outside(Settings(heartbeat_url=SecretStr("ftp://canary")))
    assert caught.value.field == "PIPEWARDEN_HEARTBEAT_URL"
    assert "canary" not in str(caught.value)


def test_the_machine_tells_its_disk_and_its_reserve(tmp_path: Path) -> None:
    machine = RealMachine(tmp_path, head())
    assert machine.free() > 0
    assert 256 << 20 <= machine.reserve() <= 10 << 30
    assert machine.elapsed() <= machine.elapsed()
    assert head() == max(one.name[:4] for one in (Path(__file__).parents[3] / VERSIONS).glob("[0-9]*.py"))


VERSIONS = "src/pipewarden/migrations/versions"
