"""Health over HTTP: alive, ready with each check by name, figures and metrics behind a key, nobody named in a label."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from pipewarden.main.operation import head, open_machine
from pipewarden.main.web.health import Doctor
from pipewarden.operation import jobs
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "the key of the metrics of this run"


class Machine:
    """The town's machine, with what a test says is wrong with it."""

    def __init__(self, town: Any, **more: Any) -> None:
        self._real, self._more = open_machine(town.home), more

    def free(self) -> int:
        return int(self._more.get("free", self._real.free()))

    def reserve(self) -> int:
        return int(self._more.get("reserve", 1))

    def at_head(self, _session: Any) -> bool:
        return bool(self._more.get("head", True))

    def elapsed(self) -> float:
        return self._real.elapsed()


@pytest.fixture(autouse=True)
def _as_it_was(town: Any) -> Iterator[None]:
    """Give the application back what a test put in its place."""
    state = town.app.state
    home, doctor = state.home, state.doctor
    yield
    state.home, state.doctor = home, doctor


@pytest.fixture
def keyed(town: Any) -> Any:
    """The town with a key for its metrics."""
    settings = town.home.settings.model_copy(update={"metrics_key": SecretStr(KEY)})
    town.app.state.home = replace(town.home, settings=settings)
    return town


def doctor(town: Any, home: Any = None, **more: Any) -> None:
    """Give the town a doctor that has not looked yet, on a machine as a test says."""
    made = Doctor(
        home or town.home, lambda: town.app.state.post, Machine(town, **more), town.home.registry.kinds, tick()
    )
    town.app.state.doctor = made


def tick() -> Any:
    """Return a stopwatch on which every look is an hour after the one before."""
    seconds = iter(range(0, 10**9, 3600))
    return lambda: float(next(seconds))


def get(town: Any, path: str, key: str | None = KEY) -> Any:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    return town.client.get(path, headers=headers)


def ready(town: Any) -> tuple[int, dict[str, Any], dict[str, bool]]:
    answer = town.client.get("/readyz")
    body = answer.json()
    return answer.status_code, body, {one["name"]: one["ok"] for one in body["checks"]}


@pytest.mark.parametrize("path", ["/livez", "/healthz"])
def test_alive_asks_nobody_and_rests_on_nothing(town: Any, path: str) -> None:
    town.app.state.doctor = None
    assert town.client.get(path).json() == {"status": "alive"}


def test_ready_names_every_check(town: Any) -> None:
    doctor(town)
    status, body, checks = ready(town)
    assert (status, body["status"]) == (200, "ready")
    assert list(checks) == ["database", "disk", "migrations", "queue", "clock"]
    assert checks["database"]
    with town.home.work() as work:
        assert work.session.scalar(text("SELECT at FROM operation_beats WHERE name = 'probe'")), (
            "it was written for real"
        )


@pytest.mark.parametrize(("wrong", "check"), [({"free": 1, "reserve": 2}, "disk"), ({"head": False}, "migrations")])
def test_what_an_acknowledgement_rests_on_shuts_the_door(town: Any, wrong: dict[str, Any], check: str) -> None:
    doctor(town, **wrong)
    status, body, checks = ready(town)
    assert status == 503
    assert checks[check] is False
    assert body["status"] != "ready"


def test_an_old_queue_is_said_and_reports_are_still_taken(town: Any) -> None:
    with town.home.work() as work:
        job = work.session.scalar(
            text(
                "INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('river', 'old of a test') RETURNING id"
            )
        )
        work.session.execute(
            text("UPDATE procrastinate_events SET at = now() - interval '1 hour' WHERE job_id = :id"), {"id": job}
        )
    doctor(town)
    status, _, checks = ready(town)
    with town.home.work() as work:
        work.session.execute(text("DELETE FROM procrastinate_jobs WHERE id = :id"), {"id": job})
    assert (status, checks["queue"]) == (200, False)


def test_a_database_that_does_not_answer_is_not_ready(town: Any) -> None:
    def away(_tenant: Any) -> Any:
        raise OperationalError("x", {}, Exception("gone"))

    doctor(town, home=SimpleNamespace(factory=SimpleNamespace(begin=away), settings=town.home.settings))
    status, body, checks = ready(town)
    assert (status, body["status"], checks) == (503, "the database does not answer", {"database": False})


def test_asking_over_and_over_writes_once_a_second(town: Any) -> None:
    made = Doctor(town.home, lambda: town.app.state.post, Machine(town), town.home.registry.kinds, lambda: 0.5)
    town.app.state.doctor = made
    first = made.checks()
    assert made.checks() is first
    assert town.client.get("/readyz").status_code == 200


@pytest.mark.parametrize("path", ["/metrics", "/statusz"])
def test_without_a_key_in_the_settings_there_is_nothing(town: Any, path: str) -> None:
    assert get(town, path).status_code == 404


@pytest.mark.parametrize("path", ["/metrics", "/statusz"])
def test_only_the_key_opens_it(keyed: Any, path: str) -> None:
    assert get(keyed, path, None).status_code == 401
    assert get(keyed, path, "wrong").status_code == 401
    assert keyed.client.as_(keyed.who("platform_admin"), "GET", path).status_code == 401
    assert get(keyed, path).status_code == 200


def samples(town: Any) -> dict[str, list[tuple[dict[str, str], float]]]:
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(get(town, "/metrics").text):
        for one in family.samples:
            found.setdefault(one.name, []).append((one.labels, one.value))
    return found


def test_what_is_acknowledged_and_who_is_not_let_in_is_counted(keyed: Any) -> None:
    def count(name: str, **labels: str) -> float:
        return sum(value for known, value in samples(keyed).get(name, []) if labels.items() <= known.items())

    acked = count("pipewarden_facts_acknowledged_total", kind="sense.observed")
    denied = count("pipewarden_auth_denials_total", status="401")
    assert keyed.report(keyed.who("patroller"), (116.69, 39.49)).status_code == 201
    assert keyed.client.get("/v1/me").status_code == 401
    assert count("pipewarden_facts_acknowledged_total", kind="sense.observed") == acked + 1
    assert count("pipewarden_auth_denials_total", status="401") == denied + 1
    assert count("pipewarden_request_seconds_count", route="/v1/observations", answer="2xx") >= 1
    keyed.client.get("/v1/nothing/that/anybody/made/up")
    assert count("pipewarden_request_seconds_count", route="none") >= 1, "a made-up path makes no series of its own"


def test_no_label_names_a_person_an_address_or_an_id(keyed: Any) -> None:
    doctor(keyed)
    allowed = {
        "tenant", "state", "kind", "lane", "stage", "quantile", "who", "model", "outcome", "step", "channel",
        "method", "route", "answer", "status", "le",
    }  # fmt: skip
    with keyed.home.work() as work:
        people_here = text("SELECT name FROM people_persons UNION SELECT login FROM people_persons")
        names = list(work.session.scalars(people_here))
    for series in samples(keyed).values():
        for labels, _ in series:
            assert labels.keys() <= allowed
            assert not set(labels.values()) & set(names)


def test_the_status_says_what_the_house_is_blind_to(keyed: Any) -> None:
    doctor(keyed)
    jobs.watch(keyed.home.factory.begin, keyed.app.state.post, Machine(keyed), {}, heartbeat=False)
    told = get(keyed, "/statusz").json()
    assert {one["tenant"] for one in told["tenants"]} >= {"default"}
    one = told["tenants"][0]
    assert {"blind", "off", "unstaffed", "nobody", "chain", "sites", "reviews", "messages", "models"} <= one.keys()
    assert {"lanes", "beats", "free", "head", "clock_s"} <= told["house"].keys()
    assert {one["kind"] for one in told["faults"]} >= {"worker_silent"}
    assert all(one["page"] == f"docs/runbook.md#{one['kind']}" for one in told["faults"])


def test_a_database_that_is_away_leaves_the_counters_and_says_so(keyed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> Any:
        raise OperationalError("x", {}, Exception("gone"))

    monkeypatch.setattr(Doctor, "_looked", lambda _self: away())
    keyed.app.state.doctor._figures = (float("-inf"), None)
    found = samples(keyed)
    assert found["pipewarden_database_writes"] == [({}, 0.0)]
    assert "pipewarden_auth_denials_total" in found


def test_the_newest_migration_is_what_the_database_has(town: Any) -> None:
    with town.home.work() as work:
        assert open_machine(town.home).at_head(work.session)
        assert work.session.scalar(text("SELECT version_num FROM alembic_version")) == head()


def desk(town: Any, who: str) -> Any:
    return town.client.as_(town.who(who), "GET", "/v1/operation")


def test_people_see_their_own_tenants_watch_the_faults_and_their_pages(town: Any) -> None:
    with town.at(town.a) as work:
        people.set_switch(work, people.operator(town.a), "upload:public", on=False, reason="flood of pictures")
    jobs.watch(town.home.factory.begin, town.app.state.post, Machine(town), {}, heartbeat=False)
    try:
        answer = desk(town, "safety_manager")
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert told["tenant_id"] == str(town.a)
        (off,) = [one for one in told["off"] if one["name"] == "upload:public"]
        assert off["reason"] == "flood of pictures"
        assert told["nobody"] in {True, False}
        silent = next(one for one in told["faults"] if one["kind"] == "worker_silent")
        assert silent["house"] is True
        assert silent["page"]["zh"]["first"]
        assert silent["page"]["en"]["title"] == "the worker is silent"
        assert json.dumps(told).count("Kein Bagger") == 0
    finally:
        with town.at(town.a) as work:
            people.set_switch(work, people.operator(town.a), "upload:public", on=True, reason="over")
    assert desk(town, "patroller").status_code == 403
