"""Devices that speak MQTT: one session with a broker, in which a message is acknowledged after it is on disk.

paho itself and not aiomqtt: aiomqtt lets paho acknowledge before anybody has read the message (docs/adr/0019). The
session is kept by the broker (fixed client id, no clean start), so what was not acknowledged comes again.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import structlog
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from pipewarden.kit.errors import InputError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from threading import Event

log = structlog.get_logger(__name__)
TOPIC = "pw/v1/{tenant}/{device}/alarm"
_SUBSCRIBED = "pw/v1/+/+/alarm"
_PARTS = 5
_SCHEMES = {"mqtt": 1883, "mqtts": 8883}
_LOCAL = frozenset({"127.0.0.1", "::1", "localhost"})
_LOOP_S = 0.5
_KEEPALIVE_S = 30
_FIRST_S, _LONGEST_S = 1.0, 60.0
_QOS = 1


@dataclass(frozen=True, slots=True)
class Broker:
    """Whom to reach and as whom.

    Attributes:
        client_id: one worker each; the broker keeps what is not acknowledged under it.
        ca: PEM of the authority that signed the broker; None for the system's.
    """

    host: str
    port: int
    tls: bool
    client_id: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca: Path | None = None


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
        more: ``user``, ``password`` and ``ca`` of ``Broker``.

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


def published(topic: str, content: bytes, *, retained: bool) -> Published | None:
    """Return the message of a topic; None for a topic that is none of ours."""
    parts = topic.split("/")
    if len(parts) != _PARTS or (parts[0], parts[1], parts[4]) != ("pw", "v1", "alarm"):
        return None
    return Published(parts[2], parts[3], content, retained)


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
        self._client.on_message = self._message
        self._refused: str | None = None
        self._failed = False
        self.connects = 0

    def run(self, stopping: Event) -> None:
        """Connect, hear, and connect again after a pause that grows, until ``stopping`` is set.

        Raises:
            InputError: the broker refuses the user or its password: waiting does not help.
        """
        failures = 0
        while not stopping.is_set():
            before = self.connects
            problem = self._session(stopping)
            if stopping.is_set():
                return
            if self._refused is not None:
                raise InputError(
                    field="PIPEWARDEN_MQTT_USER", problem=f"is refused: {self._refused}", fix="Correct it or the ACL."
                )
            failures = 0 if self.connects > before and not self._failed else failures + 1
            pause = backoff_s(failures, self._chance)
            log.warning("broker lost, connecting again", problem=problem, pause_s=round(pause, 2))
            stopping.wait(pause)

    def _session(self, stopping: Event) -> str:
        """Hear one connection to its end and return why it ended."""
        self._failed = False
        try:
            self._client.connect(self._broker.host, self._broker.port, keepalive=_KEEPALIVE_S)
        except (OSError, ValueError) as error:  # a name that does not resolve, nobody there, TLS that does not fit
            return str(error)
        code = MQTTErrorCode.MQTT_ERR_SUCCESS
        while code == MQTTErrorCode.MQTT_ERR_SUCCESS and not stopping.is_set() and not self._failed:
            code = self._client.loop(timeout=_LOOP_S)
        self._client.disconnect()
        self._client.loop(timeout=_LOOP_S)  # so that the word leaves
        return "the house cannot keep messages now" if self._failed else code.name

    def _connected(self, client: Any, _data: object, _flags: object, reason: Any, _properties: object) -> None:
        if reason.is_failure:
            if reason.value in {134, 135}:  # bad user name or password, not authorized (MQTT 5, 3.2.2.2)
                self._refused = str(reason)
            return
        self.connects += 1
        client.subscribe(_SUBSCRIBED, qos=_QOS)

    def _message(self, client: Any, _data: object, message: Any) -> None:
        """Let a message be put on disk, and only then acknowledge it."""
        if self._failed:
            return
        told = published(message.topic, bytes(message.payload), retained=bool(message.retain))
        try:
            if told is not None:
                self._hear(told)
        except UnavailableError as error:
            log.warning("message not kept, it will come again", problem=str(error))
            self._failed = True  # what follows must not overtake it
            return
        client.ack(message.mid, message.qos)
