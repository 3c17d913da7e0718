"""A real broker between devices and the house (safety.md Q1): nothing acknowledged is lost, nothing comes twice."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from mosquitto import DEVICES, MOSQUITTO, PASSWORD, Mosquitto, Swallower, connected, das, device, free_port, house, wait
from sqlalchemy import text
from vision_fake import make_certificate

from pipewarden.kit.errors import InputError, UnavailableError
from pipewarden.main import mqtt as use
from pipewarden.sense import service as sense
from pipewarden.sense.facts import NewDevice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipewarden.kit.postgres import Urls
    from pipewarden.sense.adapters.mqtt import Published

pytestmark = pytest.mark.system(MOSQUITTO)


@pytest.fixture
def broker(town: Any) -> Iterator[Mosquitto]:
    folder = Path(tempfile.mkdtemp(prefix="pw-mq-"))
    folder.chmod(0o777)
    made = Mosquitto(folder, key_of(town))
    made.start()
    yield made
    made.stop()
    shutil.rmtree(folder, ignore_errors=True)


def key_of(town: Any) -> str:
    return str(town.home.settings.tenant)


@pytest.fixture
def fibre(town: Any) -> Iterator[Callable[[], dict[str, int]]]:
    """A registered fibre; what was heard of it: how often by originator."""
    with town.home.work() as work:
        made = sense.register_device(work, NewDevice("mq-fibre", "Fibre", "das", lon=116.7, lat=39.5))

    def heard() -> dict[str, int]:
        with town.home.work() as work:
            return {one.originator: one.count for one in sense.device_alarms(work, made, limit=1000)}

    yield heard
    with town.home.work() as work:
        sense.retire_device(work, "mq-fibre")


def observed(town: Any) -> int:
    with town.home.work() as work:
        return int(work.session.scalar(text("SELECT count(*) FROM sense_observations WHERE kind = 'device'")))


def test_what_a_device_publishes_is_on_disk(town: Any, broker: Mosquitto, fibre: Any) -> None:
    before = observed(town)
    with house(town, broker.port), device(broker) as publish:
        assert publish(das("first"))
        wait(lambda: fibre().get("first") == 1)
    assert observed(town) == before + 1


def test_a_gateway_of_thingsboard_is_heard_through_its_own_topic(town: Any, broker: Mosquitto) -> None:
    names = ["tb-fibre", "tb-laser"]
    with town.home.work() as work:
        made = [sense.register_device(work, NewDevice(one, one, "thingsboard", lon=116.7, lat=39.5)) for one in names]
    body = {
        "tb-fibre": [{"ts": int(datetime.now(UTC).timestamp() * 1000), "values": {"alarm": "vibration"}}],
        "tb-laser": [{"values": {"alarm": "methane"}}],
        "tb-nobody": [{"values": {"alarm": "motion"}}],
    }
    client = connected(broker, "fibre")
    with house(town, broker.port, thingsboard_tenant=key_of(town)):
        client.publish("v1/gateway/telemetry", json.dumps(body), qos=1).wait_for_publish(5)

        def kinds() -> list[list[str]]:
            with town.home.work() as work:
                return [[one.kind for one in sense.device_alarms(work, each)] for each in made]

        wait(lambda: kinds() == [["vibration"], ["methane"]])
    client.disconnect()
    client.loop_stop()
    with town.home.work() as work:
        for one in names:
            sense.retire_device(work, one)


def test_a_broker_that_restarts_loses_nothing_acknowledged_and_doubles_nothing(
    town: Any, broker: Mosquitto, fibre: Any
) -> None:
    before = observed(town)
    acknowledged: list[str] = []
    with house(town, broker.port) as door:
        for turn in range(3):
            with device(broker) as publish:
                for number in range(20):
                    name = f"r{turn}-{number}"
                    if publish(das(name)):
                        acknowledged.append(name)
            connects = door.connects
            broker.stop()
            broker.start()
            wait(lambda connects=connects: door.connects > connects)
        wait(lambda: set(acknowledged) <= set(fibre()))
    assert len(acknowledged) == 60
    assert observed(town) == before + 60


def test_what_came_while_the_house_was_away_waits_for_it(town: Any, broker: Mosquitto, fibre: Any) -> None:
    with house(town, broker.port):
        pass
    with device(broker) as publish:
        assert all(publish(das(f"away-{number}")) for number in range(10))
    with house(town, broker.port):
        wait(lambda: sum(name.startswith("away-") for name in fibre()) == 10)


def test_a_database_that_is_away_keeps_the_broker_waiting(town: Any, broker: Mosquitto, fibre: Any) -> None:
    refused = 0

    def hear(told: Published) -> None:
        nonlocal refused
        if refused < 3:
            refused += 1
            raise UnavailableError(field="database", problem="away", fix="Wait.")
        use.hear(town.home, told)

    with house(town, broker.port, hear), device(broker) as publish:
        assert publish(das("patient"))
        wait(lambda: fibre().get("patient") == 1)
    assert refused == 3


def test_repeats_make_no_second_observation(town: Any, broker: Mosquitto, fibre: Any) -> None:
    before = observed(town)
    with house(town, broker.port), device(broker) as publish:
        for _ in range(10):
            assert publish(das("again"))
        wait(lambda: fibre().get("again") == 10)
    assert observed(town) == before + 1


def test_junk_is_refused_once_with_its_reason_and_holds_up_nothing(town: Any, broker: Mosquitto, fibre: Any) -> None:
    with house(town, broker.port), device(broker) as publish:
        for junk in (
            b"\xff\xfe\x00",
            b"",
            b"[" * 100_000,
            b"x" * ((1 << 20) + 1),
            json.dumps(das("x", lon=900)).encode(),
        ):
            assert publish(junk)
        assert publish(das("x"), to="mq-none")
        assert publish(das("x"), tenant="nobody")
        assert publish(das("after"))
        wait(lambda: fibre().get("after") == 1)
    with town.home.work() as work:
        [made] = [one for one in sense.all_devices(work) if one.key == "mq-fibre"]
    assert made.refused >= 5
    assert made.problem


def test_retained_junk_is_no_news(town: Any, broker: Mosquitto, fibre: Any) -> None:
    with device(broker) as publish:
        assert publish(das("old", time="2026-01-01T00:00:00Z"), retain=True)
    with house(town, broker.port), device(broker) as publish:
        assert publish(das("marker"))
        wait(lambda: fibre().get("marker") == 1)
    assert "old" not in fibre()


def test_a_device_of_another_tenant_reaches_nothing_here(town: Any, broker: Mosquitto, fibre: Any) -> None:
    with house(town, broker.port), device(broker, "stranger") as theirs, device(broker) as ours:
        theirs(das("foreign"))  # refused by the access list
        theirs(das("foreign"), tenant="elsewhere")
        assert ours(das("own"))
        wait(lambda: fibre().get("own") == 1)
    assert "foreign" not in fibre()


def test_an_end_that_comes_before_its_begin_and_an_old_begin_after_it_make_nothing_new(
    town: Any, broker: Mosquitto, fibre: Any
) -> None:
    before, now = observed(town), datetime.now(UTC)
    began, ended = ((now - timedelta(seconds=ago)).isoformat() for ago in (60, 30))
    with house(town, broker.port), device(broker) as publish:
        for state, at in (("end", ended), ("active", began), ("end", ended), ("active", began)):
            assert publish(das("order", state=state, time=at))
        assert publish(das("after order"))
        wait(lambda: fibre().get("after order") == 1)
    assert fibre()["order"] == 2
    assert observed(town) == before + 2


def test_acknowledgements_that_a_break_swallows_make_no_second_observation(
    town: Any, broker: Mosquitto, fibre: Any
) -> None:
    before, between = observed(town), Swallower(broker.port)
    with house(town, between.port) as door, device(broker) as publish:
        between.deaf = True
        for state in ("active", "end"):  # without a time: nothing in them tells an echo from news
            assert publish(das("swallowed", state=state))
        wait(lambda: fibre().get("swallowed") == 2)
        connects, between.deaf = door.connects, False
        between.cut()
        wait(lambda: door.connects > connects)
        assert publish(das("after swallowed"))
        wait(lambda: fibre().get("after swallowed") == 1)
    between.listening.close()
    assert fibre()["swallowed"] == 2
    assert observed(town) == before + 2


def test_a_stolen_client_id_takes_nothing_from_the_house(town: Any, broker: Mosquitto, fibre: Any) -> None:
    with house(town, broker.port) as door, device(broker, "stranger", client_id="house") as theirs:
        theirs(das("foreign"))
        with device(broker) as publish:
            assert publish(das("kept"))
        wait(lambda: fibre().get("kept") == 1)
        assert door.connects == 1
    assert "foreign" not in fibre()


def test_two_hundred_devices_and_a_broker_that_goes_lose_nothing_and_double_nothing(
    town: Any, broker: Mosquitto
) -> None:
    keys = [f"mq-{number}" for number in range(DEVICES)]
    with town.home.work() as work:
        for key in keys:
            sense.register_device(work, NewDevice(key, key, "das", lon=116.7, lat=39.5))
    before = observed(town)
    clients = {key: connected(broker, key) for key in keys}
    acknowledged: list[str] = []
    for key, one in clients.items():
        one.on_publish = lambda *_all, key=key: acknowledged.append(key)

    def publish(name: str) -> None:
        for key, one in clients.items():
            one.publish(f"pw/v1/default/{key}/alarm", json.dumps(das(name)), qos=1)

    try:
        with house(town, broker.port) as door:
            publish("first")
            broker.stop()
            publish("second")  # into nothing: they send it when the broker is back
            broker.start()
            wait(lambda: len(acknowledged) >= 2 * DEVICES)
            wait(lambda: observed(town) >= before + 2 * DEVICES)
    finally:  # 200 threads that come back for ever would be every later test's
        for one in clients.values():
            one.disconnect()
            one.loop_stop()
    assert door.connects == 2
    assert observed(town) == before + 2 * DEVICES
    with town.home.work() as work:
        for key in keys:
            sense.retire_device(work, key)


def test_over_tls_a_broker_is_heard_by_its_authority_and_by_no_other(
    town: Any, broker: Mosquitto, fibre: Any, tmp_path: Path
) -> None:
    broker.stop()
    certificate, port = make_certificate(broker.folder), free_port()
    for path in (certificate, broker.folder / "key.pem"):
        path.chmod(0o644)
    with (broker.folder / "conf").open("a") as settings:
        settings.write(f"listener {port} 127.0.0.1\ncertfile {certificate}\nkeyfile {broker.folder / 'key.pem'}\n")
    broker.start()
    with house(town, port, ca=certificate), device(broker) as publish:
        assert publish(das("secret"))
        wait(lambda: fibre().get("secret") == 1)
    tmp_path.joinpath("other").mkdir()
    stranger = make_certificate(tmp_path / "other")
    with pytest.raises(AssertionError, match="too long"), house(town, port, ca=stranger, patience_s=2.0):
        pass


@contextmanager
def command(broker: Mosquitto, urls: Urls, folder: Path, password: str) -> Iterator[subprocess.Popen[str]]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PIPEWARDEN_")}
    env = clean | {
        "PYTHONPATH": str(Path(__file__).resolve().parents[2] / "src"),
        "PIPEWARDEN_HOME": str(folder),
        "PIPEWARDEN_DATABASE_URL": urls.app,
        "PIPEWARDEN_DATABASE_OWNER_URL": urls.owner,
        "PIPEWARDEN_MQTT_URL": f"mqtt://127.0.0.1:{broker.port}",
        "PIPEWARDEN_MQTT_USER": "house",
        "PIPEWARDEN_MQTT_PASSWORD": password,
        "PIPEWARDEN_LOG_LEVEL": "DEBUG",
    }
    words = [sys.executable, "-m", "pipewarden", "mqtt"]
    with subprocess.Popen(words, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as child:
        try:
            yield child
        finally:
            child.kill()


def test_the_command_hears_until_sigterm_and_never_shows_its_password(
    broker: Mosquitto, fibre: Any, api_urls: Urls, tmp_path: Path
) -> None:
    with command(broker, api_urls, tmp_path, PASSWORD) as child, device(broker) as publish:
        assert publish(b"\xff")
        wait(lambda: publish(das("by command")) and "by command" in fibre())  # nobody subscribed until it is up
        child.send_signal(signal.SIGTERM)
        said, _ = child.communicate(timeout=20)
    assert child.returncode == 0
    assert f"hearing 127.0.0.1:{broker.port}" in said
    assert PASSWORD not in said


def test_a_wrong_password_ends_the_command_with_what_to_do(broker: Mosquitto, api_urls: Urls, tmp_path: Path) -> None:
    with command(broker, api_urls, tmp_path, "kein Geheimnis") as child:
        said, _ = child.communicate(timeout=60)
    assert child.returncode == InputError.exit_code
    assert "PIPEWARDEN_MQTT_USER" in said
    assert "kein Geheimnis" not in said
