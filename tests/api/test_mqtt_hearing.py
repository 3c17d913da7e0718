"""What is acknowledged to a broker and what must come again, without one: the house's own trouble loses no message."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError, InterfaceError, InternalError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from pipewarden.kit.errors import UnavailableError
from pipewarden.main import mqtt as use
from pipewarden.people import service as people
from pipewarden.sense import service as sense
from pipewarden.sense.adapters.mqtt import Published
from pipewarden.sense.facts import NewDevice


def published(town: Any, **more: Any) -> Published:
    """One message of a device that is registered here for it."""
    town.made += 1
    key = f"mh-{town.made}"
    with town.at(town.a) as work:
        sense.register_device(work, NewDevice(key=key, name=key, dialect="das"))
        tenant = next(one.key for one in people.tenants(work, people.operator()) if one.id == town.a)
    body = json.dumps({"fibre": "f", "class": "mechanical_digging"} | more).encode()
    return Published(tenant, key, body, retained=False)


def known(town: Any, told: Published) -> Any:
    with town.at(town.a) as work:
        return next(one for one in sense.all_devices(work) if one.key == told.device)


@pytest.mark.parametrize(
    "trouble",
    [
        OSError(28, "No space left on device"),
        PoolTimeoutError("QueuePool limit"),
        InterfaceError("SELECT", None, Exception("the connection is closed")),
        OperationalError("SELECT", None, Exception("the server went away")),
        InternalError("INSERT", None, Exception("read-only transaction")),
        ProgrammingError("INSERT", None, Exception("no such column")),
    ],
    ids=["disk full", "pool spent", "connection closed", "server gone", "standby", "old schema"],
)
def test_what_the_house_cannot_keep_now_comes_again_and_is_not_counted_as_refused(
    town: Any, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    told = published(town)

    def broken(*_: Any, **__: Any) -> None:
        raise trouble

    with monkeypatch.context() as patch:
        patch.setattr(sense, "take_published", broken)
        with pytest.raises(UnavailableError, match="cannot keep messages"):
            use.hear(town.home, told)
    assert known(town, told).refused == 0
    use.hear(town.home, told)  # the broker hands it on again
    assert known(town, told).heard_at is not None


@pytest.mark.parametrize("trouble", [KeyError("a bug"), IntegrityError("INSERT", None, Exception("a value"))])
def test_a_message_that_breaks_the_house_is_refused_for_good_and_its_body_kept(
    town: Any, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    told = published(town)

    def broken(*_: Any, **__: Any) -> None:
        raise trouble

    monkeypatch.setattr(sense, "take_published", broken)
    use.hear(town.home, told)
    assert known(town, told).refused == 1
    problem = str(known(town, told).problem)
    if isinstance(trouble, KeyError):
        assert problem.startswith("the house itself failed (KeyError)")
        assert town.home.blobs.get(problem.rpartition(" ")[2]) == told.content
    else:
        assert problem.startswith("body: holds a value that cannot be stored")


def test_signs_that_no_database_keeps_lose_no_message(town: Any) -> None:
    told = published(town, text="a\x00\ud800", vendor="\x00")
    use.hear(town.home, told)
    assert (known(town, told).refused, known(town, told).heard_at is not None) == (0, True)
