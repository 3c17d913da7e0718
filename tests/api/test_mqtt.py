"""A real broker between devices and the house (safety.md Q1): nothing acknowledged is lost, nothing comes twice."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import text

from pipewarden.kit.errors import UnavailableError
from pipewarden.main import mqtt as use
from pipewarden.sense import service as sense
from pipewarden.sense.adapters.mqtt import Broker, MqttDoor
from pipewarden.sense.facts import NewDevice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipewarden.sense.adapters.mqtt import Published

MOSQUITTO = "/usr/sbin/mosquitto"
pytestmark = pytest.mark.system(MOSQUITTO)
PASSWORD = "nur ein Test"  # noqa: S105  of a broker that is thrown away
PATIENCE_S = 20.0


def free_port() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


class Mosquitto:
    """The system's broker with users, an access list and a store on disk, killed and started at will."""

    def __init__(self, folder: Path, tenant: str) -> None:
        self.folder, self.port = folder, free_port()
        self.child: subprocess.Popen[bytes] | None = None
        users = folder / "users"
        users.touch()
        for user in ("house", "fibre", "stranger"):
            subprocess.run(["mosquitto_passwd", "-b", str(users), user, PASSWORD], check=True)
        (folder / "acl").write_text(
            "user house\ntopic read pw/v1/+/+/alarm\n"
            f"user fibre\ntopic write pw/v1/{tenant}/mq-fibre/alarm\ntopic write pw/v1/{tenant}/mq-none/alarm\n"
            "topic write pw/v1/nobody/mq-fibre/alarm\n"
            "user stranger\ntopic write pw/v1/elsewhere/mq-fibre/alarm\n"
        )
        (folder / "conf").write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous false\npassword_file {users}\nacl_file {folder / 'acl'}\n"
            f"persistence true\npersistence_location {folder}/\nautosave_interval 1\nautosave_on_changes true\n"
            "max_queued_messages 0\n"
        )
        for path in (users, folder / "acl", folder / "conf"):
            path.chmod(0o644)

    def start(self) -> None:
        self.child = subprocess.Popen([MOSQUITTO, "-c", str(self.folder / "conf")], stderr=subprocess.DEVNULL)
        wait(self._answers)

    def stop(self) -> None:
        if self.child is not None:
            self.child.terminate()  # it writes its store: a broker that is killed is the broker's own business
            self.child.wait(10)
            self.child = None

    def _answers(self) -> bool:
        with socket.socket() as made:
            return made.connect_ex(("127.0.0.1", self.port)) == 0


def wait(done: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not done():
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.05)


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


@contextmanager
def house(town: Any, broker: Mosquitto, hear: Callable[[Published], None] | None = None) -> Iterator[MqttDoor]:
    """Hear the broker in a thread, as ``pipewarden mqtt`` does."""
    about = Broker("127.0.0.1", broker.port, tls=False, client_id="house", user="house", password=PASSWORD)
    door = MqttDoor(about, hear or (lambda told: use.hear(town.home, told)), chance=lambda: 0.0)
    stopping = threading.Event()
    hand = threading.Thread(target=door.run, args=(stopping,))
    hand.start()
    try:
        wait(lambda: door.connects > 0)
        yield door
    finally:
        stopping.set()
        hand.join(PATIENCE_S)
        assert not hand.is_alive()


@contextmanager
def device(broker: Mosquitto, user: str = "fibre") -> Iterator[Callable[..., bool]]:
    """A device that publishes and says whether the broker has acknowledged."""
    client = Client(CallbackAPIVersion.VERSION2, client_id=f"dev-{user}")
    client.username_pw_set(user, PASSWORD)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()

    def publish(body: Any, *, to: str = "mq-fibre", tenant: str = "default", retain: bool = False) -> bool:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = client.publish(f"pw/v1/{tenant}/{to}/alarm", content, qos=1, retain=retain)
        try:
            sent.wait_for_publish(5)
        except RuntimeError:
            return False  # a broker that refuses a topic may cut the line
        return bool(sent.is_published())

    try:
        yield publish
    finally:
        client.disconnect()
        client.loop_stop()


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


def das(fibre: str, **more: Any) -> dict[str, Any]:
    return {"fibre": fibre, "class": "excavator", "state": "active"} | more


def test_what_a_device_publishes_is_on_disk(town: Any, broker: Mosquitto, fibre: Any) -> None:
    before = observed(town)
    with house(town, broker), device(broker) as publish:
        assert publish(das("first"))
        wait(lambda: fibre().get("first") == 1)
    assert observed(town) == before + 1


def test_a_broker_that_restarts_loses_nothing_acknowledged_and_doubles_nothing(
    town: Any, broker: Mosquitto, fibre: Any
) -> None:
    before = observed(town)
    acknowledged: list[str] = []
    with house(town, broker) as door:
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
    with house(town, broker):
        pass
    with device(broker) as publish:
        assert all(publish(das(f"away-{number}")) for number in range(10))
    with house(town, broker):
        wait(lambda: sum(name.startswith("away-") for name in fibre()) == 10)


def test_a_database_that_is_away_keeps_the_broker_waiting(town: Any, broker: Mosquitto, fibre: Any) -> None:
    refused = 0

    def hear(told: Published) -> None:
        nonlocal refused
        if refused < 3:
            refused += 1
            raise UnavailableError(field="database", problem="away", fix="Wait.")
        use.hear(town.home, told)

    with house(town, broker, hear), device(broker) as publish:
        assert publish(das("patient"))
        wait(lambda: fibre().get("patient") == 1)
    assert refused == 3


def test_repeats_and_what_comes_out_of_order_make_no_second_observation(
    town: Any, broker: Mosquitto, fibre: Any
) -> None:
    before = observed(town)
    with house(town, broker), device(broker) as publish:
        for _ in range(10):
            assert publish(das("again"))
        wait(lambda: fibre().get("again") == 10)
    assert observed(town) == before + 1


def test_junk_is_refused_once_with_its_reason_and_holds_up_nothing(town: Any, broker: Mosquitto, fibre: Any) -> None:
    with house(town, broker), device(broker) as publish:
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
    with house(town, broker), device(broker) as publish:
        assert publish(das("marker"))
        wait(lambda: fibre().get("marker") == 1)
    assert "old" not in fibre()


def test_a_device_of_another_tenant_reaches_nothing_here(town: Any, broker: Mosquitto, fibre: Any) -> None:
    with house(town, broker), device(broker, "stranger") as theirs, device(broker) as ours:
        theirs(das("foreign"))  # refused by the access list
        theirs(das("foreign"), tenant="elsewhere")
        assert ours(das("own"))
        wait(lambda: fibre().get("own") == 1)
    assert "foreign" not in fibre()
