"""People of their own around one piece of road works over HTTP, on a clock that the story alone moves."""

from __future__ import annotations

import base64
import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import filing_api
import step_records
from second_factor import given

from pipewarden.casework import service as casework
from pipewarden.kit.clock import SetClock
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, Role, SignedIn
from pipewarden.people.http import COOKIE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from second_factor import Authenticator

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
CLOUDEVENT = {"content-type": "application/cloudevents+json"}


@dataclass(slots=True)
class Crew:
    """Who files, visits, signs and stands by at one place.

    Attributes:
        place: of the works, lon/lat.
        pipe: the id of the pipe that lies there.
        site: the id of the site, once there is one.
    """

    town: Any
    clock: SetClock
    place: tuple[float, float]
    pipe: str
    logins: dict[Role, str] = field(default_factory=dict)
    ids: dict[Role, str] = field(default_factory=dict)
    devices: dict[Role, Authenticator | None] = field(default_factory=dict)
    site: str = ""

    # -- asking

    def who(self, role: Role) -> Any:
        """Return the crew's own person of a role, signed in anew: a story lasts longer than a session."""
        if role not in self.logins:
            person = self.town.person(role, area=self.town.east)
            self.ids[role], self.devices[role] = str(person.id), person.device
            self.logins[role] = f"{role.value.replace('_', '-')}-{self.town.made}"
        self.town.made += 1
        source = f"10.8.{self.town.made // 250 % 250}.{self.town.made % 250}"
        with self.town.at(PLATFORM) as work:
            answer = people.sign_in(work, self.town.gate, self.logins[role], "Kein Bagger am Rohr 7", source=source)
            assert isinstance(answer, SignedIn)
            if (device := self.devices[role]) is not None:
                answer = given(work, self.town.gate, answer, device, source)
        headers = {"Cookie": f"{COOKIE}={answer.token}", "X-CSRF-Token": answer.csrf}
        return type("Who", (), {"headers": lambda _self: headers})()

    def ask(self, role: Role, method: str, path: str, status: int = 200, **more: Any) -> Any:
        """Ask as a role, hold the status, return the answer's JSON."""
        answer = self.raw(role, method, path, status, **more)
        return answer.json()

    def raw(self, role: Role, method: str, path: str, status: int = 200, **more: Any) -> Any:
        """Ask as a role, hold the status, return the answer itself."""
        answer = self.town.client.as_(self.who(role), method, path, **more)
        assert answer.status_code == status, answer.text
        return answer

    def get(self, what: str = "") -> Any:
        """Read of the site what its safety manager reads."""
        return self.ask(Role.SAFETY_MANAGER, "GET", f"/v1/sites/{self.site}{what}")

    def events(self) -> list[dict[str, Any]]:
        return list(self.get("/events?limit=200")["items"])

    def rules(self) -> dict[str, str]:
        return {one["code"]: one["result"] for one in self.get("/rules")["rules"]}

    def papers(self) -> str:
        return str(next(one["value"] for one in self.get("/risk")["factors"] if one["factor"] == "papers"))

    # -- acting

    def do(self, role: Role, kind: str, status: int = 200, **told: Any) -> Any:
        """Do one act to the site as it stands."""
        body = {"version": self.get()["version"], "act": {"kind": kind} | told}
        done = self.ask(role, "POST", f"/v1/sites/{self.site}/events", status, json=body)
        self.town.drain()
        return done

    def here(self, role: Role, words: str = "No. 7") -> dict[str, Any]:
        """Return what proves that somebody of this role stands there: position and a picture of today."""
        files = {"picture": ("p.png", base64.b64decode(PIXEL), "image/png")}
        sent = self.ask(role, "POST", f"/v1/sites/{self.site}/pictures", 201, files=files)
        at = {"lon": self.place[0], "lat": self.place[1], "accuracy_m": 5}
        return {"pictures": [sent["id"]], "words": words} | at

    def record(self, step: str, **changed: Any) -> dict[str, Any]:
        """Return what is written down of a step half an hour after it took place."""
        return step_records.records(self.clock.now(), self.place, self.pipe)[step] | changed

    def write(self, step: str, status: int = 200, **changed: Any) -> Any:
        """Write down a step that leads to no state of its own."""
        proof = self.here(Role.PATROLLER)
        return self.do(Role.DISPATCHER, "record", status, step=step, proof=proof, record=self.record(step, **changed))

    def go(self, to: str, status: int = 200, **changed: Any) -> Any:
        """Take a step of the path with all that its policy asks for."""
        proof = self.here(Role.PATROLLER) | {"signed_by": ["王经理"]}
        record = self.record(to, **changed) if to != "filed" else {}
        return self.do(Role.DISPATCHER, "advance", status, to=to, proof=proof, record=record)

    def report(self, name: str, words: str = "挖机在管线旁挖沟", role: Role = Role.GRID_WORKER) -> None:
        """Tell by the door of observations what is seen at the place now, and let the river run."""
        data = {"words": words, "lon": self.place[0], "lat": self.place[1], "accuracy_m": 5.0}
        event = {"specversion": "1.0", "id": name, "source": "phone", "type": "pipewarden.report", "data": data}
        told = json.dumps(event | {"time": self.clock.now().isoformat()})
        sent = self.ask(role, "POST", "/v1/observations", 201, content=told, headers=CLOUDEVENT)
        assert sent["items"][0]["observation_id"]
        self.town.drain()

    def check_in(self) -> Any:
        """Check in as the standby supervisor, with the readings that the policy asks for."""
        proof = self.here(Role.STANDBY_SUPERVISOR)
        return self.do(Role.STANDBY_SUPERVISOR, "standby", proof=proof, record=self.record("standby_check"))

    # -- time

    def at(self, days: int, clock: str, begun: datetime) -> datetime:
        """Go on to a local hour, so many days after the day on which it begun; return it."""
        hour, minute = (int(one) for one in clock.split(":"))
        day = begun.astimezone(filing_api.CHINA) + timedelta(days=days)
        wanted = day.replace(hour=hour, minute=minute, second=0, microsecond=0)
        assert wanted >= self.clock.now()
        self.clock.advance(wanted - self.clock.now())
        return wanted

    def ask_rules(self) -> int:
        """Ask the rules that time alone may change, as the worker's sweep does every two seconds; return how many."""
        with self.town.at(self.town.a) as work:
            asked = casework.ask_rules(work)
        self.town.drain()
        return asked


@contextmanager
def crew_at(town: Any, place: tuple[float, float], pipe: str) -> Iterator[Crew]:
    """Lend a crew whose clock begins twelve days ago at 09:00 in Langfang and is moved by the story alone."""
    real = town.home.factory.clock
    clock = SetClock((datetime.now(UTC) - timedelta(days=12)).replace(hour=1, minute=0, second=0, microsecond=0))
    object.__setattr__(town.home.factory, "clock", clock)
    try:
        yield Crew(town, clock, place, pipe)
    finally:
        object.__setattr__(town.home.factory, "clock", real)
