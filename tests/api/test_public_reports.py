"""Reports without an account, as a phone sends them: kept once, placed, answered, followed by a link."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from pipewarden.kit.clock import SetClock  # noqa: F401

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = (116.8, 39.62)


@pytest.fixture(scope="module", autouse=True)
def pipes(town: Any) -> Iterator[None]:
    """The operator whose pipe lies there."""
    line = [(HERE[0] - 0.05, HERE[1]), (HERE[0] + 0.05, HERE[1])]
    with town.network(town.a, {"pipe-report": line}):
        yield


def place(dx: float = 0.0, dy: float = 0.0, **more: Any) -> dict[str, Any]:
    return {"lon": HERE[0] + dx, "lat": HERE[1] + dy, "crs": "wgs84", "accuracy_m": 8, "source": "device"} | more


def send(
    town: Any, pictures: tuple[bytes, ...] = (), path: str = "/v1/public/reports", who: Any = None, **said: Any
) -> Any:
    body = {"draft": str(uuid4()), "kind": "digging", "words": "挖机", "place": place()} | said
    files: list[Any] = [("report", (None, json.dumps(body)))]
    files += [("picture", (f"{n}.jpg", one, "image/jpeg")) for n, one in enumerate(pictures)]
    return town.client.as_(who, "POST", path, files=files)


def status(town: Any, token: str) -> Any:
    answer = town.client.get(f"/v1/public/reports/{token}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_report_is_kept_once_goes_through_the_river_and_is_followed_by_its_link(town: Any) -> None:
    draft = str(uuid4())
    first = send(town, draft=draft)
    assert first.status_code == 201, first.text
    said = first.json()
    assert said["state"] == "received"
    assert said["link"] == f"/m/r/{said['token']}"
    assert said["hotline"] is None
    again = send(town, draft=draft)
    assert (again.status_code, again.json()["token"], again.json()["id"]) == (200, said["token"], said["id"])
    other = send(town, draft=draft, words="something else")
    assert (other.status_code, other.json()["field"]) == (422, "draft")
    town.drain()
    now = status(town, said["token"])
    assert [one["key"] for one in now["steps"]][:2] == ["received", "placed"]
    assert now["answer"]["zh"]
    assert UUID(said["id"])
