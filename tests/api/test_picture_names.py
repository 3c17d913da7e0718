"""What a picture's file is called means nothing: no name of a sender reaches a path, a header or a row (safety T4)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import hostile_pictures
import pytest
from sqlalchemy import text

if TYPE_CHECKING:
    from conftest import Town

BROKEN = b"\xff\xd8\xff\xe0 cut off"


@pytest.mark.parametrize("name", hostile_pictures.NAMES)
def test_a_file_name_is_left_at_the_door(town: Town, name: str) -> None:
    town.made += 1
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": f"named-{town.made}",
        "source": "phone",
        "type": "pipewarden.report",
        "data": {"words": "挖机在管线旁", "lon": 116.71, "lat": 39.51, "accuracy_m": 8.0},
    }
    files = {"event": (None, json.dumps(event)), "picture": (name, BROKEN, "text/html")}
    answer = town.client.as_(town.who("grid_worker"), "POST", "/v1/observations", files=files)
    assert answer.status_code == 201, answer.text
    made = answer.json()["items"][0]["observation_id"]
    town.drain()
    with town.at(town.a) as work:
        row = work.session.execute(
            text("SELECT picture_name, stream, source_id FROM sense_observations WHERE id = :id"), {"id": made}
        ).one()
    assert not [told for told in row if name in told]
    outside = [one for one in town.home.folder.rglob("*") if one.is_file() and town.home.blobs.root not in one.parents]
    assert not [one for one in outside if one.name in {name, name.rpartition("/")[2], "x"}]
