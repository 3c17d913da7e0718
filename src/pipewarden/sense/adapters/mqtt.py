"""Devices that speak MQTT: one session with a broker, in which a message is acknowledged after it is on disk.

paho itself and not aiomqtt: aiomqtt lets paho acknowledge before anybody has read the message (docs/adr/0019). The
session is kept by the broker (fixed client id, no clean start), so what was not acknowledged comes again.
"""

from __future__ import annotations

import hashlib
import ssl
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import structlog
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from pipewarden.kit.errors import InputError, UnavailableError
from pipewarden.sense.adapters import thingsboard

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from threading import Event

log = structlog.get_logger(__name__)
LARGEST = 1 << 20  # bytes of one message
TOPIC = "pw/v1/{tenant}/{device}/alarm"
_SUBSCRIBED = "pw/v1/+/+/alarm"
_PARTS = 5
_SCHEMES = {"mqtt": 1883, "mqtts": 8883}
_LOCAL = frozenset({"127.0.0.1", "::1", "localhost"})
_LOOP_S = 0.5
_KEEPALIVE_S = 30
_FIRST_S, _LONGEST_S = 1.0, 60.0
_QOS = 1
_LONGEST_NAME = 64  # of a tenant's or a device's key
_HELD = 20  # turns of the loop, 10 s of quiet: a connection that ends before has not held
_UNSURE = 1000  # acknowledgements that a break may have swallowed; brokers send 20 messages ahead by default
_REFUSES = frozenset({134, 135})  # bad user name or password, not authorized (MQTT 5, 3.2.2.2)


@dataclass(frozen=True, slots=True)
class Broker:
    """Whom to reach and as whom.

    Attributes:
        client_id: one worker each; the broker keeps what is not acknowledged under it.
        ca: PEM of the authority that signed the broker; None for the system's.
        thingsboard_tenant: key of the tenant whose devices also speak by ThingsBoard's topics, which name none.
    """

    host: str
    port: int
    tls: bool
    client_id: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca: Path | None = None
    thingsboard_tenant: str | None = None

    @property
    def topics(self) -> tuple[str, ...]:
        """What is heard there."""
        return (_SUBSCRIBED, *(thingsboard.TOPICS if self.thingsboard_tenant else ()))


@dataclass(frozen=True, slots=True)
class Published:
    """One message as the broker handed it on.

    Attributes:
        retained: it was kept by the broker from before this subscription.
    """

    tenant: str
    device: str
    content: bytes
    retained: bool


def broker_of(url: str, *, client_id: str, plain: bool, **more: Any) -> Broker:
    """Return the broker of an address like mqtts://host:8883.

    Args:
        url: without user and password: they are settings of their own.
        client_id: name of the session.
        plain: let messages go to another machine without TLS.
        more: ``user``, ``password``, ``ca`` and ``thingsboard_tenant`` of ``Broker``.

    Raises:
        InputError: it is no such address, or without TLS beyond this machine.
    """
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError as error:
        raise InputError(field="PIPEWARDEN_MQTT_URL", problem="has no such port", fix="Write 1 to 65535.") from error
    if parts.scheme not in _SCHEMES or not parts.hostname or parts.username or parts.path not in {"", "/"}:
        raise InputError(
            field="PIPEWARDEN_MQTT_URL",
            problem="is no address of a broker",
            fix="Write mqtts://host:8883; user and password are settings of their own.",
        )
    tls = parts.scheme == "mqtts"
    if not tls and not plain and parts.hostname not in _LOCAL:
        raise InputError(
            field="PIPEWARDEN_MQTT_URL",
            problem="goes to another machine without TLS",
            fix="Write mqtts://, or set PIPEWARDEN_MQTT_PLAIN=true on a network of your own.",
        )
    return Broker(parts.hostname, port or _SCHEMES[parts.scheme], tls, client_id, **more)


def published(topic: str, content: bytes, *, retained: bool, thingsboard_tenant: str | None = None) -> list[Published]:
    """Return what a message says, one for each device that speaks in it.

    A device whose name no key can be is left out and logged: the others may be alarms. How large the message of a
    single device may be is for whoever hears it, who can put the refusal on that device's record.

    Raises:
        InputError: the topic is none of ours, holds signs that no key has, or its body names no device or is larger
            than ``LARGEST``.
    """
    parts = topic.split("/")
    if thingsboard_tenant is not None and thingsboard.is_telemetry(topic):
        if len(content) > LARGEST:
            raise InputError(field="body", problem=f"is larger than {LARGEST >> 20} MB", fix="Send fewer entries.")
        named = [(thingsboard_tenant, name, body) for name, body in thingsboard.telemetry(topic, content)]
    elif len(parts) == _PARTS and (parts[0], parts[1], parts[4]) == ("pw", "v1", "alarm"):
        named = [(parts[2], parts[3], content)]
    else:
        raise InputError(field="topic", problem="is none of ours", fix=f"Publish to {TOPIC}.")
    keys = [one for one in named if all(key.isprintable() and len(key) <= _LONGEST_NAME for key in one[:2])]
    if not keys:
        raise InputError(field="topic", problem="holds signs that no key has", fix=f"Publish to {TOPIC}.")
    if len(keys) < len(named):
        log.warning("devices whose names no key can be left out", topic=topic[:200], count=len(named) - len(keys))
    return [Published(tenant, device, body, retained) for tenant, device, body in keys]


def backoff_s(failures: int, chance: Callable[[], float]) -> float:
    """Return how long to wait before the next try: full jitter, so that no two workers come back together.

    M. Brooker 2015, "Exponential backoff and jitter": a random part of 1, 2, 4 … 60 s, never under a tenth of it.
    """
    most = min(_LONGEST_S, _FIRST_S * 2.0 ** min(failures, 10))
    return most * (0.1 + 0.9 * chance())


class MqttDoor:
    """Hears a broker until it is told to stop, however often the line breaks."""

    def __init__(
        self,
        broker: Broker,
        hear: Callable[[Published], None],
        *,
        chance: Callable[[], float],
        make: Callable[..., Any] = Client,
    ) -> None:
        """Take what it needs.

        Args:
            broker: whom to hear.
            hear: puts a message on disk; returns when it is there or refused for good, and raises UnavailableError
                when it must come again.
            chance: numbers of [0, 1), for the pauses.
            make: makes the client; another one in tests.
        """
        self._broker, self._hear, self._chance = broker, hear, chance
        self._client = make(
            CallbackAPIVersion.VERSION2, client_id=broker.client_id, clean_session=False, manual_ack=True
        )
        if broker.user is not None:
            self._client.username_pw_set(broker.user, broker.password)
        if broker.tls:
            context = ssl.create_default_context(cafile=None if broker.ca is None else str(broker.ca))
            self._client.tls_set_context(context)
        self._client.on_connect = self._connected
        self._client.on_subscribe = self._subscribed
        self._client.on_message = self._message
        self._acknowledged: OrderedDict[int, bytes] = OrderedDict()  # the last digest of each packet identifier
        self._begun: tuple[int, bytes, int] | None = None  # packet, digest, how many of its devices were heard
        self._held = False
        self._refused: str | None = None
        self._failed = False
        self.connects = 0

    def run(self, stopping: Event) -> None:
        """Connect, hear, and connect again after a pause that grows, until ``stopping`` is set.

        Raises:
            InputError: the broker refuses the user, its password or the topics: waiting does not help.
        """
        failures = 0
        while not stopping.is_set():
            problem = self._session(stopping)
            if self._refused is not None:
                raise InputError(
                    field="PIPEWARDEN_MQTT_USER", problem=f"is refused: {self._refused}", fix="Correct it or the ACL."
                )
            if stopping.is_set():
                return
            failures = 0 if self._held and not self._failed else failures + 1
            pause = backoff_s(failures, self._chance)
            log.warning("broker lost, connecting again", problem=problem, pause_s=round(pause, 2))
            stopping.wait(pause)

    def _session(self, stopping: Event) -> str:
        """Hear one connection to its end and return why it ended."""
        self._failed = self._held = False
        try:
            self._client.connect(self._broker.host, self._broker.port, keepalive=_KEEPALIVE_S)
        except (OSError, ValueError) as error:  # a name that does not resolve, nobody there, TLS that does not fit
            return str(error)
        code, turns = MQTTErrorCode.MQTT_ERR_SUCCESS, 0
        while code == MQTTErrorCode.MQTT_ERR_SUCCESS and not (stopping.is_set() or self._failed or self._refused):
            code = self._client.loop(timeout=_LOOP_S)
            turns += 1
        self._held = turns > _HELD
        self._client.disconnect()
        self._client.loop(timeout=_LOOP_S)  # so that the word leaves
        return "the house cannot keep messages now" if self._failed else code.name

    def _connected(self, client: Any, _data: object, _flags: object, reason: Any, _properties: object) -> None:
        if reason.is_failure:
            if reason.value in _REFUSES:
                self._refused = str(reason)
            return
        client.subscribe([(topic, _QOS) for topic in self._broker.topics])

    def _subscribed(self, _client: Any, _data: object, _mid: int, reasons: Any, _properties: object) -> None:
        """Refuse to sit at a broker that will hand on nothing."""
        if any(one.is_failure for one in reasons):
            self._refused = f"it may not read {' and '.join(self._broker.topics)}"
            return
        self.connects += 1  # only now is anything heard

    def _message(self, client: Any, _data: object, message: Any) -> None:
        """Let a message be put on disk, and only then acknowledge it."""
        if self._failed:
            return
        content = bytes(message.payload)
        try:
            topic = message.topic
        except UnicodeDecodeError:  # MQTT-1.5.3-1 forbids it to the broker, not every broker obeys
            topic = ""
        digest = hashlib.sha256(f"{topic}\n".encode(errors="replace") + content).digest()
        if not (message.dup and self._acknowledged.get(message.mid) == digest):
            try:
                self._hear_all(topic, content, retained=bool(message.retain), mark=(message.mid, digest))
            except InputError as error:
                log.warning("message is none of ours", topic=topic[:200], problem=str(error))
            except UnavailableError as error:
                log.warning("message not kept, it will come again", problem=str(error))
                self._failed = True  # what follows must not overtake it
                return
        self._acknowledge(client, message, digest)

    def _hear_all(self, topic: str, content: bytes, *, retained: bool, mark: tuple[int, bytes]) -> None:
        """Hear each device of a message; one that comes again goes on behind the last that is on disk."""
        told = published(topic, content, retained=retained, thingsboard_tenant=self._broker.thingsboard_tenant)
        heard = self._begun[2] if self._begun is not None and self._begun[:2] == mark else 0
        for number, one in enumerate(told[heard:], heard + 1):
            self._hear(one)
            self._begun = (*mark, number)
        self._begun = None

    def _acknowledge(self, client: Any, message: Any, digest: bytes) -> None:
        """Acknowledge, and remember it: a break may swallow the word, and a begin heard after its end begins anew."""
        if message.qos == _QOS:
            self._acknowledged[message.mid] = digest
            self._acknowledged.move_to_end(message.mid)
            if len(self._acknowledged) > _UNSURE:
                self._acknowledged.popitem(last=False)
        client.ack(message.mid, message.qos)
