"""One site over HTTP and who acts on it, as several suites lead it."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

import step_records

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
SIGNED = {"signed_by": ["owner", "contractor", "supervisor", "operator"], "words": "No. 7"}


class File:
    """One site and who acts on it."""

    def __init__(self, town: Any, place: tuple[float, float]) -> None:
        self.town, self.place = town, place
        self.id = town.site_at(town.who("safety_manager"), place)
        self.version = self.get()["version"]

    def get(self, what: str = "", who: str = "safety_manager") -> Any:
        answer = self.town.client.as_(self.town.who(who), "GET", f"/v1/sites/{self.id}{what}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, kind: str, who: str = "dispatcher", **told: Any) -> Any:
        body = {"version": told.pop("version", self.version), "act": {"kind": kind} | told}
        answer = self.town.client.as_(self.town.who(who), "POST", f"/v1/sites/{self.id}/events", json=body)
        if answer.status_code == 200:
            self.version = answer.json()["version"]
        return answer

    def done(self, kind: str, who: str = "dispatcher", **told: Any) -> Any:
        answer = self.post(kind, who, **told)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def picture(self, who: str = "patroller") -> str:
        files = {"picture": ("p.png", base64.b64decode(PIXEL), "image/png")}
        answer = self.town.client.as_(self.town.who(who), "POST", f"/v1/sites/{self.id}/pictures", files=files)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def records(self) -> dict[str, dict[str, Any]]:
        """Return records of every step, written down when the site came to its state."""
        return step_records.records(datetime.fromisoformat(self.get()["since"]), self.place)

    def step(self, to: str) -> Any:
        """Take a step of the path with all that it asks for, what comes before it included."""
        written, proof = self.records(), SIGNED | {"pictures": [self.picture()]}
        for first in {"located": ("marking", "trial_pits"), "plan_signed": ("agreement",)}.get(to, ()):
            self.done("record", step=first, proof=proof, record=written[first])
        return self.done("advance", to=to, proof=proof, record=written.get(to))

    def look(self, *, true: bool) -> Any:
        """Send the patroller there, and let them say what they see."""
        person = str(self.town.who("patroller").id)
        if self.get()["owner_id"] != person:
            self.done("assign", person_id=person, why="nearest")
        self.done("accept", "patroller")
        here = {"lon": self.place[0], "lat": self.place[1], "accuracy_m": 5}
        self.done("arrive", "patroller", proof=here)
        code = "digging" if true else "passing_vehicle"
        proof = {"pictures": [self.picture()], "words": "I stand here"}
        return self.done("verify", "patroller", true=true, code=code, proof=proof)

    def reported(self, to: str = "城管") -> str:
        """Tell an authority, and return the report's id."""
        return str(self.done("report", to=to, reason="they dig on without a plan")["reports"][-1]["id"])
