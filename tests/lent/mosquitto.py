"""The system's mosquitto for tests, the house that hears it and devices that speak through it."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from pipewarden.main import mqtt as use
from pipewarden.sense.adapters.mqtt import Broker, MqttDoor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pipewarden.sense.adapters.mqtt import Published

MOSQUITTO = "/usr/sbin/mosquitto"
PASSWORD = "nur ein Test"  # noqa: S105  of a broker that is thrown away
PATIENCE_S = 30.0
DEVICES = 200


def free_port() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


class Mosquitto:
    """The system's broker with users, an access list and a store on disk, killed and started at will."""

    def __init__(self, folder: Path, tenant: str, *, more: str = "") -> None:
        """Write users, list and settings; ``more`` are further lines of mosquitto.conf."""
        self.folder, self.port = folder, free_port()
        self.child: subprocess.Popen[bytes] | None = None
        users = folder / "users"
        names = ["house", "fibre", "stranger", *(f"mq-{number}" for number in range(DEVICES))]
        users.write_text("".join(f"{name}:{PASSWORD}\n" for name in names))
        subprocess.run(["mosquitto_passwd", "-U", str(users)], check=True)
        (folder / "acl").write_text(
            f"pattern write pw/v1/{tenant}/%u/alarm\n"
            "user house\ntopic read pw/v1/+/+/alarm\ntopic read v1/#\n"
            "user fibre\ntopic write v1/gateway/telemetry\n"
            f"topic write pw/v1/{tenant}/mq-fibre/alarm\ntopic write pw/v1/{tenant}/mq-none/alarm\n"
            "topic write pw/v1/nobody/mq-fibre/alarm\n"
            "user stranger\ntopic write pw/v1/elsewhere/mq-fibre/alarm\n"
        )
        (folder / "conf").write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous false\npassword_file {users}\nacl_file {folder / 'acl'}\n"
            f"persistence true\npersistence_location {folder}/\nautosave_interval 1\nautosave_on_changes true\n"
            f"max_queued_messages 0\nuse_username_as_clientid true\n{more}"
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


def wait(done: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
    """Wait until it is done."""
    until = time.monotonic() + patience_s
    while not done():
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.05)


@contextmanager
def house(
    town: Any,
    port: int,
    hear: Callable[[Published], None] | None = None,
    *,
    ca: Path | None = None,
    patience_s: float = PATIENCE_S,
    thingsboard_tenant: str | None = None,
) -> Iterator[MqttDoor]:
    """Hear the broker in a thread, as ``pipewarden mqtt`` does."""
    secure = ca is not None
    about = Broker(
        "127.0.0.1",
        port,
        tls=secure,
        client_id="house",
        user="house",
        password=PASSWORD,
        ca=ca,
        thingsboard_tenant=thingsboard_tenant,
    )
    door = MqttDoor(about, hear or (lambda told: use.hear(town.home, told)), chance=lambda: 0.0)
    stopping = threading.Event()
    hand = threading.Thread(target=door.run, args=(stopping,))
    hand.start()
    try:
        wait(lambda: door.connects > 0, patience_s)
        yield door
    finally:
        stopping.set()
        hand.join(PATIENCE_S)
        assert not hand.is_alive()


@contextmanager
def device(broker: Mosquitto, user: str = "fibre", client_id: str = "any") -> Iterator[Callable[..., bool]]:
    """A device that publishes and says whether the broker has acknowledged."""
    client = connected(broker, user, client_id)

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


def connected(broker: Mosquitto, user: str, client_id: str = "any") -> Client:
    """Return a client that runs in a thread of its own and comes back when the broker does."""
    client = Client(CallbackAPIVersion.VERSION2, client_id=client_id)
    client.username_pw_set(user, PASSWORD)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    return client


class Swallower:
    """Stands between the house and the broker; can swallow what the house says, and cut the line."""

    def __init__(self, to: int) -> None:
        self.to, self.deaf, self.lines = to, False, list[socket.socket]()
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listening.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def cut(self) -> None:
        """End every line, as a router does that starts anew."""
        for line in self.lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        self.lines = []

    def _serve(self) -> None:
        with suppress(OSError):  # closed: the test is over
            while True:
                near, _ = self.listening.accept()
                far = socket.create_connection(("127.0.0.1", self.to))
                self.lines += [near, far]
                for one, other, mine in ((near, far, True), (far, near, False)):
                    threading.Thread(
                        target=self._hand_on, args=(one, other), kwargs={"mine": mine}, daemon=True
                    ).start()

    def _hand_on(self, one: socket.socket, other: socket.socket, *, mine: bool) -> None:
        with suppress(OSError), one:
            while content := one.recv(65536):
                if not (mine and self.deaf):
                    other.sendall(content)
        with suppress(OSError):
            other.shutdown(socket.SHUT_RDWR)


def das(fibre: str, **more: Any) -> dict[str, Any]:
    """Return an alarm of a fibre."""
    return {"fibre": fibre, "class": "excavator", "state": "active"} | more
