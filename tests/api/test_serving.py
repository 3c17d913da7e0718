"""The commands as an operator runs them: real processes, real signals."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from mosquitto import free_port
from sqlalchemy import text

from pipewarden.kit.emit import Registry
from pipewarden.kit.errors import UnavailableError
from pipewarden.main import act, market, river
from pipewarden.main.web.app import bare
from pipewarden.main.web.secret import WebSettings, service_secret
from pipewarden.main.web.serving import ELSEWHERE, forget_answers, give_back, listening, refer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipewarden.kit.postgres import Urls

PASSWORD = "Kein Bagger am Rohr 7"  # noqa: S105  of made-up people in a database that is thrown away
GOOD = "5c8f0e6b1d2a4937a0b1c2d3e4f50617"
PATIENCE_S = 60.0


def environment(urls: Urls, folder: Path, **more: str) -> dict[str, str]:
    source = str(Path(__file__).resolve().parents[2] / "src")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PIPEWARDEN_")}
    return clean | {
        "PYTHONPATH": source,
        "PIPEWARDEN_HOME": str(folder),
        "PIPEWARDEN_DATABASE_URL": urls.app,
        "PIPEWARDEN_DATABASE_OWNER_URL": urls.owner,
    } | more  # fmt: skip


def run(words: list[str], env: dict[str, str], said: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pipewarden", *words]
    return subprocess.run(command, env=env, input=said, text=True, capture_output=True, timeout=120, check=False)


def settings(folder: Path, **more: Any) -> WebSettings:
    return WebSettings(home=folder, **more)


def test_the_embedded_home_makes_its_own_secret_once(tmp_path: Path) -> None:
    first = service_secret(settings(tmp_path), tmp_path)
    path = tmp_path / "service.secret"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(first) == 64
    assert service_secret(settings(tmp_path), tmp_path) == first
    other = tmp_path / "other"
    other.mkdir()
    assert service_secret(settings(other), other) != first
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []


def test_two_starts_at_once_make_one_secret(tmp_path: Path) -> None:
    found: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: found.append(service_secret(settings(tmp_path), tmp_path))) for _ in range(8)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert [one.name for one in tmp_path.iterdir()] == ["service.secret"]


def test_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    service_secret(settings(tmp_path), tmp_path)
    (tmp_path / "service.secret").chmod(0o644)
    with pytest.raises(UnavailableError, match="read by others"):
        service_secret(settings(tmp_path), tmp_path)
    (tmp_path / "service.secret").chmod(0o600)
    (tmp_path / "service.secret").write_text("short")
    with pytest.raises(UnavailableError, match="cut short"):
        service_secret(settings(tmp_path), tmp_path)


@pytest.mark.parametrize("word", [None, "", "short", "x" * 40, "secret" * 10])
def test_a_database_by_url_has_no_default_secret(tmp_path: Path, word: str | None) -> None:
    made = settings(tmp_path, database_url="postgresql://x/y", secret=word)
    with pytest.raises(UnavailableError) as caught:
        service_secret(made, tmp_path)
    assert caught.value.field == "PIPEWARDEN_SECRET"
    assert "openssl" in caught.value.fix
    assert list(tmp_path.iterdir()) == []


def test_a_given_secret_is_used_and_never_shown(tmp_path: Path) -> None:
    made = settings(tmp_path, database_url="postgresql://x/y", secret=GOOD)
    assert service_secret(made, tmp_path) == GOOD.encode()
    assert GOOD not in repr(made)


def test_serve_without_a_secret_is_refused(town: Any, api_urls: Urls, tmp_path: Path) -> None:
    assert town.home is not None
    done = run(["serve", "--port", "1", "--no-worker"], environment(api_urls, tmp_path))
    assert done.returncode == UnavailableError.exit_code
    assert "PIPEWARDEN_SECRET" in done.stderr
    assert "openssl rand -hex 32" in done.stderr


def test_the_server_wakes_the_drains_that_the_worker_runs() -> None:
    """The two lists are written in two places: this holds them together."""
    source = "".join(Path(str(one.__file__)).read_text(encoding="utf-8") for one in (river, market, act))
    named = re.findall(r'Consumer\("([a-z.]+)", ([A-Z_]+),', source)
    assert [name for name, _ in named] == [name for name, _ in ELSEWHERE]
    for (_, named_by), (_, kind) in zip(named, ELSEWHERE, strict=True):
        assert kind.replace(".", "_").upper().endswith(named_by)


def test_the_server_never_drains(town: Any) -> None:
    registry = Registry(defer=lambda *_all: None)
    refer(registry)
    with pytest.raises(UnavailableError, match="another process"), town.home.work() as work:
        registry._by_name["perceive.screen"].drain(work, [])


def test_openapi_needs_no_database(tmp_path: Path) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("PIPEWARDEN_")}
    source = str(Path(__file__).resolve().parents[2] / "src")
    done = run(["openapi"], env | {"PYTHONPATH": source, "PIPEWARDEN_HOME": str(tmp_path / "none")})
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document == json.loads(json.dumps(bare().openapi()))
    assert document["openapi"].startswith("3.1")
    assert not (tmp_path / "none").exists()


ASKED_OF_NOBODY = {
    "/healthz",
    "/livez",
    "/open311/v2/discovery.{form}",
    "/open311/v2/requests.{form}",
    "/open311/v2/requests/{service_request_id}.{form}",
    "/open311/v2/requests/{service_request_id}/pictures/{picture}",
    "/open311/v2/servicerequestupdates.{form}",
    "/open311/v2/services.{form}",
    "/open311/v2/services/{code}.{form}",
    "/open311/v2/tokens/{token}.{form}",
    "/readyz",
    "/v1/ack/{token}",
    "/v1/experts/invitations/{token}",
    "/v1/payouts/wechat/notify",
    "/v1/public/captures",
    "/v1/public/near",
    "/v1/public/near/{item_id}/confirm",
    "/v1/public/near/{item_id}/picture",
    "/v1/public/report-kinds",
    "/v1/public/reports",
    "/v1/public/reports/{token}",
    "/v1/public/reports/{token}/pictures/{number}",
    "/v1/public/reports/{token}/words",
    "/v1/public/reports/{token}/forget",
    "/v1/osmand",
    "/v1/sign-in/code",
    "/v1/sign-in/code/{challenge}",
    "/v1/sign-in/oidc",
    "/v1/sign-in/ways",
    "/v1/public/notices",
    "/v1/signing-key",
    "/verify/{token}",
}


def test_every_operation_says_who_may_ask_and_how_it_fails() -> None:
    document = bare().openapi()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            shapes = (
                {"application/json", "text/xml"} if path.startswith("/open311/") else set()
            )  # their specification's
            assert operation["responses"]["default"]["content"].keys() == {"application/problem+json"} | shapes
            assert operation["operationId"]
            public = path in ASKED_OF_NOBODY or (path, method) == ("/v1/session", "post")
            assert bool(operation["security"]) is not public
            if method != "get" and not public:
                assert operation["security"][0] == {"session": [], "csrf": []}
    names = [one["operationId"] for operations in document["paths"].values() for one in operations.values()]
    assert len(names) == len(set(names))


def wait_ready(address: str, process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        try:
            if httpx2.get(f"{address}/readyz", timeout=2.0).status_code == 200:
                return
        except httpx2.HTTPError:
            time.sleep(0.05)
    raise TimeoutError(address)


@pytest.fixture
def served(town: Any, api_urls: Urls) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """``pipewarden serve --no-worker`` on the town's database and blobs."""
    port = free_port()
    command = [sys.executable, "-m", "pipewarden", "serve", "--port", str(port), "--no-worker"]
    env = environment(api_urls, town.home.folder, PIPEWARDEN_SECRET=GOOD)
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as process:
        wait_ready(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}", process
        if process.poll() is None:
            process.kill()


def test_serve_answers_and_ends_politely_with_a_stream_open(town: Any, served: Any) -> None:
    address, process = served
    headers = town.who("dispatcher").headers()
    assert httpx2.get(f"{address}/v1/me", headers=headers).json()["kind"] == "person"
    with httpx2.stream("GET", f"{address}/v1/alarms/stream", headers=headers, timeout=30.0) as stream:
        lines = stream.iter_lines()
        assert next(lines).startswith("retry:")
        started = time.monotonic()
        process.send_signal(signal.SIGTERM)
        list(lines)  # the stream ends by itself
    assert process.wait(20) == 0
    assert time.monotonic() - started < 20


def test_what_is_under_way_is_answered_before_the_end(town: Any, served: Any) -> None:
    address, process = served
    who = town.who("patroller")
    answered: list[int] = []
    refused: list[str] = []

    def send(n: int) -> None:
        event = {"specversion": "1.0", "id": f"t{n}", "source": "term", "type": "pipewarden.report"}
        body = event | {"data": {"words": f"term {n}", "lon": 116.7, "lat": 39.5}}
        headers = who.headers() | {"content-type": "application/cloudevents+json"}
        try:
            answer = httpx2.post(f"{address}/v1/observations", json=body, headers=headers, timeout=20.0)
            answered.append(answer.status_code)
        except (httpx2.ConnectError, httpx2.RemoteProtocolError, httpx2.ReadError) as error:
            refused.append(type(error).__name__)

    threads = [threading.Thread(target=send, args=(n,)) for n in range(24)]
    for one in threads:
        one.start()
    time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    for one in threads:
        one.join()
    assert process.wait(20) == 0
    assert set(answered) <= {201, 503}
    with town.home.work() as work:
        stored = work.session.scalar(text("SELECT count(*) FROM sense_told WHERE source = 'term'"))
    assert stored == answered.count(201)


def test_a_taken_port_is_said(town: Any, api_urls: Urls) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = str(holder.getsockname()[1])
        env = environment(api_urls, town.home.folder, PIPEWARDEN_SECRET=GOOD)
        done = run(["serve", "--port", port, "--no-worker"], env)
    assert done.returncode != 0
    assert port in done.stderr


def test_the_port_is_held_from_the_first_moment() -> None:
    port = free_port()
    with listening("127.0.0.1", port), socket.create_connection(("127.0.0.1", port), timeout=5.0):
        with pytest.raises(UnavailableError) as caught, listening("127.0.0.1", port):
            pass
        assert caught.value.field == "--port"
        assert caught.value.problem == f"127.0.0.1:{port} cannot be listened on (Address already in use)"
    with listening("127.0.0.1", port):
        pass


def test_an_address_of_another_machine_cannot_be_listened_on() -> None:
    for host in ("192.0.2.1", "2001:db8::1"):  # both are kept for documentation
        with pytest.raises(UnavailableError, match=r"cannot be listened on \(.+\)"), listening(host, 8000):
            pass


def test_a_taken_port_is_said_before_a_home_is_made(tmp_path: Path) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PIPEWARDEN_")}
    env = clean | {"PYTHONPATH": str(Path(__file__).resolve().parents[2] / "src")}
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = str(holder.getsockname()[1])
        for command in ("serve", "demo"):
            done = run([command, "--port", port], env | {"PIPEWARDEN_HOME": str(tmp_path / "home")})
            assert done.returncode == 3
            assert f"--port: 127.0.0.1:{port}" in done.stderr
    assert not (tmp_path / "home").exists()


def test_a_setting_that_cannot_be_is_named(tmp_path: Path) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PIPEWARDEN_")}
    env = clean | {"PYTHONPATH": str(Path(__file__).resolve().parents[2] / "src")}
    for command in ("serve", "worker", "demo"):
        done = run([command], env | {"PIPEWARDEN_HOME": str(tmp_path / "home"), "PIPEWARDEN_THREADS": "0"})
        assert done.returncode == 2
        assert "PIPEWARDEN_THREADS" in done.stderr
        assert "Traceback" not in done.stderr


def sign_in(town: Any, login: str, password: str) -> Any:
    answer = town.client.request("POST", "/v1/session", json={"login": login, "password": password})
    town.client.cookies.clear()
    return answer


def add(town: Any, api_urls: Urls, *words: str, said: str = PASSWORD + "\n") -> subprocess.CompletedProcess[str]:
    town.made += 1
    line = ["user", "add", "--name", "Neu", "--password-stdin", "--json", *words]
    return run(line, environment(api_urls, town.home.folder), said)


def test_user_add_makes_somebody_who_can_sign_in(town: Any, api_urls: Urls) -> None:
    done = add(town, api_urls, "--login", "cli-one", "--role", "dispatcher", "--area", "east")
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert (made["login"], made["role"], made["area"]) == ("cli-one", "dispatcher", str(town.east))
    assert PASSWORD not in done.stdout + done.stderr
    answer = sign_in(town, "cli-one", PASSWORD)
    assert answer.status_code == 201
    assert answer.json()["must_change"] is True


@pytest.mark.parametrize(
    ("words", "said", "field"),
    [
        (["--login", "cli-two", "--role", "king"], PASSWORD, "--role"),
        (["--login", "cli-two", "--role", "dispatcher", "--area", "moon"], PASSWORD, "--area"),
        (["--login", "cli-two", "--role", "dispatcher", "--area", "east"], "short", "password"),
        (["--login", "cli-two", "--role", "dispatcher", "--area", "east"], "", "password"),
    ],
)
def test_user_add_never_makes_up_what_is_missing(
    town: Any, api_urls: Urls, words: list[str], said: str, field: str
) -> None:
    done = add(town, api_urls, *words, said=said + "\n")
    assert done.returncode == 2, done.stderr
    assert json.loads(done.stdout)["error"]["field"] == field
    with town.home.work() as work:
        added = text("SELECT count(*) FROM people_persons WHERE login = 'cli-two'")
        assert work.session.scalar(added) == 0


def test_a_lost_workers_job_is_given_back_once(town: Any) -> None:
    import asyncio  # noqa: PLC0415  only here

    app = town.home.queue.app
    town.report(town.who("patroller"), (116.69, 39.49))
    with town.home.work() as work:
        worker = work.session.scalar(
            text("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour') RETURNING id")
        )
        job = work.session.scalar(
            text(
                "UPDATE procrastinate_jobs SET status = 'doing', worker_id = :worker WHERE id = "
                "(SELECT max(id) FROM procrastinate_jobs WHERE status = 'todo') RETURNING id"
            ),
            {"worker": worker},
        )

    async def twice() -> tuple[int, int]:
        async with app.open_async():
            return await give_back(app), await give_back(app)

    assert asyncio.run(twice()) == (1, 0)
    with town.home.work() as work:
        status = work.session.scalar(text("SELECT status FROM procrastinate_jobs WHERE id = :id"), {"id": job})
    assert status == "todo"
    town.drain()


def test_a_weeks_old_answer_is_dropped_and_a_young_one_kept(town: Any) -> None:
    who = town.who("patroller")
    for key in ("young", "aged"):
        event = {"specversion": "1.0", "id": f"forget-{key}", "source": "f", "type": "pipewarden.report"}
        headers = {"content-type": "application/cloudevents+json", "Idempotency-Key": key}
        body = json.dumps(event | {"data": {"words": "w"}})
        answer = town.client.as_(who, "POST", "/v1/observations", content=body, headers=headers)
        assert answer.status_code == 201
    with town.home.work() as work:
        work.session.execute(text("UPDATE people_answers SET made_at = made_at - interval '8 days' WHERE key = 'aged'"))
    assert forget_answers(town.home) == 1
    with town.home.work() as work:
        left = set(work.session.scalars(text("SELECT key FROM people_answers WHERE actor_id = :id"), {"id": who.id}))
    assert "young" in left
    assert "aged" not in left
