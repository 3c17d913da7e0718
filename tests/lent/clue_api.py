"""The board of sites and the clues of alarms, for tests of every operation: who is asked what."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

NOTHING = "00000000-0000-7000-8000-000000000000"


def with_pictures(town: Any, alarms: list[str], sha: str) -> None:
    """Let every clue of some alarms have a picture."""
    members = "SELECT observation_id FROM dedupe_sightings WHERE alarm_id = ANY(CAST(:ids AS uuid[]))"
    with town.home.work() as work:
        work.session.execute(
            text(f"UPDATE dedupe_frames SET picture = :sha WHERE observation_id IN ({members})"),  # noqa: S608  constant
            {"sha": sha, "ids": alarms},
        )


def first_clue(town: Any, alarm: str) -> str:
    """Return a clue of an alarm, whoever may see it."""
    wanted = text("SELECT finding_id FROM dedupe_sightings WHERE alarm_id = CAST(:id AS uuid) ORDER BY finding_id")
    with town.home.work() as work:
        return str(work.session.scalar(wanted, {"id": alarm}) or NOTHING)


def _board(town: Any, who: Any, things: Any) -> list[str]:
    answer = town.client.as_(who, "GET", "/v1/sites/board?each=50")
    if answer.status_code != 200:
        return [str(answer.status_code)] * 4
    ids = {one["id"] for column in answer.json()["columns"] for one in column["items"]}
    return ["in" if one in ids else "out" for one in things.sites]


def _clues(town: Any, who: Any, things: Any) -> list[str]:
    return [str(town.client.as_(who, "GET", f"/v1/alarms/{one}/clues").status_code) for one in things.alarms]


def _picture(town: Any, who: Any, things: Any) -> list[str]:
    paths = [f"/v1/alarms/{one}/clues/{first_clue(town, one)}/picture" for one in things.alarms]
    return [str(town.client.as_(who, "GET", path).status_code) for path in paths]


ASKS: dict[str, Any] = {
    "GET /v1/sites/board": _board,
    "GET /v1/alarms/{alarm_id}/clues": _clues,
    "GET /v1/alarms/{alarm_id}/clues/{finding_id}/picture": _picture,
}


def fuzzed(town: Any, alarm: str, sha: str) -> dict[str, dict[str, Any]]:
    """Return a request of each operation that is right; the alarm's clues get a picture for it."""
    with_pictures(town, [alarm], sha)
    path = {"alarm_id": alarm}
    return {
        "GET /v1/sites/board": {"query": {"open": True, "zone": "unknown", "each": 2, "q": "fuzz"}},
        "GET /v1/alarms/{alarm_id}/clues": {"path": path, "query": {"limit": 1}},
        "GET /v1/alarms/{alarm_id}/clues/{finding_id}/picture": {
            "path": path | {"finding_id": first_clue(town, alarm)},
        },
    }
