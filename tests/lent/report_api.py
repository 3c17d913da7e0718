"""How a phone reports, for the tests of the doors."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import cv2
import numpy as np

HERE = (116.8, 39.62)


def place(dx: float = 0.0, dy: float = 0.0, **more: Any) -> dict[str, Any]:
    """A place beside the pipe of these tests, as a phone says it."""
    return {"lon": HERE[0] + dx, "lat": HERE[1] + dy, "crs": "wgs84", "accuracy_m": 8, "source": "device"} | more


def jpeg(level: int = 77) -> bytes:
    """A picture of its own."""
    pixels = np.full((120, 160, 3), level, np.uint8)
    cv2.circle(pixels, (40 + level % 60, 60), 25, (10, 200, level), -1)
    done, encoded = cv2.imencode(".jpg", pixels)
    assert done
    return bytes(encoded)


def send(
    town: Any, pictures: tuple[bytes, ...] = (), path: str = "/v1/public/reports", who: Any = None, **said: Any
) -> Any:
    """Send a report with its pictures; what is not said is that an excavator digs beside the pipe."""
    body = {"draft": str(uuid4()), "kind": "digging", "words": "挖机", "place": place(), "device": str(uuid4())} | said
    files: list[Any] = [("report", (None, json.dumps(body)))]
    files += [("picture", (f"{n}.jpg", one, "image/jpeg")) for n, one in enumerate(pictures)]
    return town.client.as_(who, "POST", path, files=files)


def taken(answer: Any) -> dict[str, Any]:
    """The answer to a report that is new and on disk."""
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def status(town: Any, token: str) -> dict[str, Any]:
    """What a link shows."""
    answer = town.client.get(f"/v1/public/reports/{token}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def near(town: Any, kind: str = "", **at: Any) -> dict[str, Any]:
    """What stands open near a place."""
    where = place(**at)
    del where["source"]
    answer = town.client.get("/v1/public/near", params=where | {"kind": kind})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def minded(town: Any, report_id: str, who: Any) -> dict[str, Any]:
    """A report as who places reports sees it."""
    found = town.client.as_(who, "GET", "/v1/reports?limit=200").json()["items"]
    return dict(next(one for one in found if one["id"] == report_id))
