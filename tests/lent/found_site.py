"""The site that a report has led to, and what was wished for about it."""

from __future__ import annotations

from typing import Any

from site_api import File
from sqlalchemy import text


class Found(File):
    """The site that a report has led to."""

    def __init__(self, town: Any, report: dict[str, Any]) -> None:
        self.town = town
        town.drain()
        with town.at(town.a) as work:
            row = work.session.execute(
                text(
                    "SELECT s.id, s.lon, s.lat FROM field_reports r JOIN dedupe_sightings g "
                    "ON g.observation_id = ANY(r.observations) JOIN casework_sites s ON s.alarm_id = g.alarm_id "
                    "WHERE r.id = :id LIMIT 1"
                ),
                {"id": report["id"]},
            ).one()
        self.id, self.place = str(row.id), (row.lon, row.lat)
        self.version = self.get()["version"]

    def verified(self, *, true: bool = True) -> list[dict[str, Any]]:
        """Let somebody on the spot say what is there, and return what was wished for."""
        self.look(true=true)
        self.town.drain()
        return self.wishes()

    def wishes(self) -> list[dict[str, Any]]:
        with self.town.at(self.town.a) as work:
            asked = text("SELECT key, report_id::text, person_id FROM field_rewards WHERE site_id = :id")
            return [dict(one) for one in work.session.execute(asked, {"id": self.id}).mappings()]
