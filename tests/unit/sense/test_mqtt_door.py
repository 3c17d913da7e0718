"""The session with a broker on a made-up client: when it acknowledges, when it lets go, how it comes back."""

from __future__ import annotations

import ssl
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.enums import MQTTErrorCode

from pipewarden.kit.errors import InputError, UnavailableError
from pipewarden.sense.adapters.mqtt import Broker, MqttDoor, Published, backoff_s, broker_of, published

LOST = MQTTErrorCode.MQTT_ERR_CONN_LOST
FINE = MQTTErrorCode.MQTT_ERR_SUCCESS
BROKER = Broker("127.0.0.1", 1883, tls=False, client_id="t")


@dataclass
class Reason:
    """What a broker answers a connect with."""

    value: int = 0

    @property
    def is_failure(self) -> bool:
        return self.value >= 128


@dataclass
class Message:
    """A message as paho hands it on."""

    topic: str
    payload: bytes = b"{}"
    retain: bool = False
    mid: int = 1
    qos: int = 1


@dataclass
class Wire:
    """Stands for paho's client: what happens in each turn of its loop is written down by the test."""

    turns: list[Any]
    refuses: bool = False
    reason: Reason = field(default_factory=Reason)
    told: list[str] = field(default_factory=list)
    acked: list[int] = field(default_factory=list)
    made: dict[str, Any] = field(default_factory=dict)
    on_connect: Any = None
    on_message: Any = None

    def __call__(self, *_: object, **made: Any) -> Wire:
        self.made = made
        return self

    def connect(self, *_: object, **__: object) -> None:
        self.told.append("connect")
        if self.refuses:
            raise ConnectionRefusedError("nobody there")
        self.on_connect(self, None, None, self.reason, None)

    def subscribe(self, topic: str, qos: int) -> None:
        self.told.append(f"subscribe {topic} {qos}")

    def username_pw_set(self, user: str, password: str | None) -> None:
        self.told.append(f"user {user} {password}")

    def tls_set_context(self, context: ssl.SSLContext) -> None:
        assert context.verify_mode is ssl.CERT_REQUIRED
        self.told.append("tls")

    def loop(self, timeout: float) -> MQTTErrorCode:  # noqa: ARG002  paho names it
        turn = self.turns.pop(0) if self.turns else LOST
        if isinstance(turn, Message):
            self.on_message(self, None, turn)
            return FINE
        if callable(turn):
            turn()
            return FINE
        return MQTTErrorCode(turn)

    def disconnect(self) -> None:
        self.told.append("disconnect")

    def ack(self, mid: int, qos: int) -> None:
        assert qos == 1
        self.acked.append(mid)


class Stopping(threading.Event):
    """Remembers how long was waited, and never really waits; ends after so many waits."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most, self.waited = most, list[float]()

    def wait(self, timeout: float | None = None) -> bool:
        self.waited.append(timeout or 0.0)
        if len(self.waited) >= self.most:
            self.set()
        return self.is_set()


def run(wire: Wire, hear: Any, *, waits: int = 1, chance: float = 0.5, broker: Broker = BROKER) -> Stopping:
    stopping = Stopping(waits)
    MqttDoor(broker, hear, chance=lambda: chance, make=wire).run(stopping)
    return stopping


def test_the_session_is_kept_and_acknowledged_by_hand() -> None:
    wire = Wire([])
    run(wire, lambda _: None)
    assert wire.made == {"client_id": "t", "clean_session": False, "manual_ack": True}
    assert wire.told[:2] == ["connect", "subscribe pw/v1/+/+/alarm 1"]


def test_a_message_is_acknowledged_after_it_was_kept_and_never_before() -> None:
    kept: list[tuple[str, list[int]]] = []
    wire = Wire([Message("pw/v1/t/d/alarm", b"x", mid=7, retain=True)])

    def hear(told: Published) -> None:
        assert told == Published("t", "d", b"x", retained=True)
        kept.append((told.device, list(wire.acked)))

    run(wire, hear)
    assert kept == [("d", [])]
    assert wire.acked == [7]


def test_what_could_not_be_kept_is_not_acknowledged_and_nothing_overtakes_it() -> None:
    wire = Wire([Message("pw/v1/t/a/alarm", mid=1), Message("pw/v1/t/b/alarm", mid=2)])
    heard: list[str] = []

    def hear(told: Published) -> None:
        heard.append(told.device)
        raise UnavailableError(field="database", problem="away", fix="Wait.")

    run(wire, hear)
    assert (heard, wire.acked) == (["a"], [])
    assert "disconnect" in wire.told, "so that the broker sends it again"


def test_a_topic_that_is_none_of_ours_is_acknowledged_and_not_heard() -> None:
    wire = Wire([Message("pw/v1/t/alarm", mid=3)])
    run(wire, lambda _: pytest.fail("not ours"))
    assert wire.acked == [3]


def test_a_refused_user_ends_it_because_waiting_does_not_help() -> None:
    wire = Wire([], reason=Reason(135))
    with pytest.raises(InputError) as error:
        run(wire, lambda _: None, waits=5)
    assert error.value.field == "PIPEWARDEN_MQTT_USER"


def test_a_thousand_breaks_leak_no_thread_and_no_client() -> None:
    before = Counter(type(one).__name__ for one in threading.enumerate())
    wire = Wire([])
    stopping = run(wire, lambda _: None, waits=1000)
    assert wire.told.count("connect") == 1000
    assert len(stopping.waited) == 1000
    assert Counter(type(one).__name__ for one in threading.enumerate()) == before


def test_pauses_grow_while_nobody_answers_and_begin_anew_after_a_connection() -> None:
    wire = Wire([], refuses=True)
    grown = run(wire, lambda _: None, waits=8, chance=0.999).waited
    assert grown == sorted(grown)
    assert grown[0] < 2.1
    assert 59 < grown[-1] <= 60
    answered = Wire([])
    assert max(run(answered, lambda _: None, waits=8, chance=0.999).waited) <= 1.0


@given(st.integers(0, 50), st.floats(0, 1, exclude_max=True))
def test_no_pause_is_nothing_and_none_is_endless(failures: int, chance: float) -> None:
    assert 0.1 <= backoff_s(failures, lambda: chance) <= 60.0


def test_two_hundred_workers_do_not_come_back_together() -> None:
    pauses = [backoff_s(6, lambda part=part: part / 200) for part in range(200)]
    seconds = Counter(int(pause) for pause in pauses)
    assert max(seconds.values()) <= 200 / 50


@pytest.mark.parametrize(
    "url", ["http://x", "mqtt://", "mqtts://u:p@host", "mqtts://host/x", "mqtts://host:99999", "mqtt://gas.example"]
)
def test_an_address_that_cannot_be_or_goes_bare_is_refused(url: str) -> None:
    with pytest.raises(InputError) as error:
        broker_of(url, client_id="c", plain=False)
    assert error.value.field == "PIPEWARDEN_MQTT_URL"


def test_an_address_is_read_and_its_password_is_never_shown() -> None:
    made = broker_of("mqtts://gas.example", client_id="c", plain=False, user="u", password="hidden")  # noqa: S106
    assert (made.host, made.port, made.tls) == ("gas.example", 8883, True)
    assert "hidden" not in repr(made)
    assert broker_of("mqtt://127.0.0.1:1884", client_id="c", plain=False).port == 1884
    assert not broker_of("mqtt://gas.example", client_id="c", plain=True).tls


def test_tls_and_user_reach_the_client() -> None:
    wire = Wire([])
    secret = Broker("gas.example", 8883, tls=True, client_id="c", user="u", password="p")  # noqa: S106
    run(wire, lambda _: None, broker=secret)
    assert wire.told[:2] == ["user u p", "tls"]


@pytest.mark.parametrize(
    "topic", ["", "pw/v1/t/d", "pw/v1/t/d/alarm/x", "xx/v1/t/d/alarm", "pw/v2/t/d/alarm", "pw/v1/t/d/state"]
)
def test_other_topics_are_none_of_ours(topic: str) -> None:
    assert published(topic, b"", retained=False) is None
