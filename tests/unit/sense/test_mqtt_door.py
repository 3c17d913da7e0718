"""The session with a broker on a made-up client: when it acknowledges, when it lets go, how it comes back."""

from __future__ import annotations

import gc
import json
import random
import socket
import ssl
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.enums import MQTTErrorCode

from pipewarden.kit.errors import InputError, UnavailableError
from pipewarden.sense.adapters.mqtt import LARGEST, Broker, MqttDoor, Published, backoff_s, broker_of, published

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
    dup: bool = False


class Garbled(Message):
    """Its topic is no UTF-8: paho says so when it is asked for."""

    def __getattribute__(self, name: str) -> Any:
        if name == "topic":
            b"\xff".decode()
        return super().__getattribute__(name)


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
    on_subscribe: Any = None
    on_message: Any = None

    def __call__(self, *_: object, **made: Any) -> Wire:
        self.made = made
        return self

    def connect(self, *_: object, **__: object) -> None:
        self.told.append("connect")
        if self.refuses:
            raise ConnectionRefusedError("nobody there")
        self.on_connect(self, None, None, self.reason, None)

    def subscribe(self, topics: list[tuple[str, int]]) -> None:
        self.told += [f"subscribe {topic} {qos}" for topic, qos in topics]

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
    held = Wire([turn for _ in range(8) for turn in [FINE] * 21 + [LOST, LOST]])
    assert max(run(held, lambda _: None, waits=8, chance=0.999).waited) <= 1.0


def test_a_session_that_somebody_takes_over_again_and_again_is_not_fought_for_each_second() -> None:
    taken = run(Wire([]), lambda _: None, waits=8, chance=0.999).waited
    assert taken[-1] > 59


def test_a_broker_that_refuses_the_topics_ends_it_and_is_not_heard_in_vain() -> None:
    wire = Wire([])
    wire.turns = [lambda: wire.on_subscribe(wire, None, 1, [Reason(135)], None)]
    with pytest.raises(InputError, match=r"may not read pw/v1/\+/\+/alarm"):
        run(wire, lambda _: None, waits=5)


FIRST = Message("pw/v1/t/d/alarm", b"begin", mid=4)


@pytest.mark.parametrize(
    ("second", "heard"),
    [
        (Message("pw/v1/t/d/alarm", b"begin", mid=4, dup=True), 1),
        (Message("pw/v1/t/d/alarm", b"begin", mid=4), 2),  # the device said it again
        (Message("pw/v1/t/d/alarm", b"begin", mid=5, dup=True), 2),  # another message, first cut off on its way
        (Message("pw/v1/t/d/alarm", b"other", mid=4, dup=True), 2),
        (Message("pw/v1/t/e/alarm", b"begin", mid=4, dup=True), 2),
    ],
)
def test_what_was_acknowledged_and_comes_again_is_acknowledged_again_and_not_heard(second: Message, heard: int) -> None:
    said: list[Published] = []
    wire = Wire([FIRST, LOST, LOST, second])
    run(wire, said.append, waits=2)
    assert (len(said), len(wire.acked)) == (heard, 2)


def test_a_packet_identifier_given_anew_is_another_message() -> None:
    said: list[Published] = []
    again = Message("pw/v1/t/d/alarm", b"begin", mid=4, dup=True)
    wire = Wire([FIRST, Message("pw/v1/t/d/alarm", b"end", mid=4), LOST, LOST, again])
    run(wire, said.append, waits=2)
    assert [one.content for one in said] == [b"begin", b"end", b"begin"]


def test_what_was_refused_for_now_is_heard_when_it_comes_again() -> None:
    said: list[Published] = []
    wire = Wire([FIRST, LOST, Message("pw/v1/t/d/alarm", b"begin", mid=4, dup=True)])

    def hear(told: Published) -> None:
        said.append(told)
        if len(said) == 1:
            raise UnavailableError(field="database", problem="away", fix="Wait.")

    run(wire, hear, waits=2)
    assert (len(said), wire.acked) == (2, [4])


def test_what_is_remembered_is_bounded() -> None:
    wire = Wire([Message("pw/v1/t/d/alarm", mid=number) for number in range(1, 3001)])
    door = MqttDoor(BROKER, lambda _: None, chance=lambda: 0.5, make=wire)
    door.run(Stopping(1))
    assert len(wire.acked) == 3000
    assert len(door._acknowledged) == 1000


def test_a_topic_that_is_no_text_is_acknowledged_and_ends_nothing() -> None:
    wire = Wire([Garbled("", mid=9), Message("pw/v1/t/d/alarm", mid=10)])
    said: list[Published] = []
    run(wire, said.append)
    assert (wire.acked, len(said)) == ([9, 10], 1)


def test_a_thousand_real_breaks_leak_no_descriptor_and_no_thread() -> None:
    """A broker of a socket only, that hangs up on everybody; paho itself."""
    listening = socket.create_server(("127.0.0.1", 0))
    hung_up = 0

    def hang_up() -> None:
        nonlocal hung_up
        while hung_up < 1001:
            listening.accept()[0].close()
            hung_up += 1

    broker = Broker("127.0.0.1", listening.getsockname()[1], tls=False, client_id="t")
    door = MqttDoor(broker, lambda _: None, chance=lambda: 0.5)
    hand = threading.Thread(target=hang_up)
    hand.start()
    door.run(Stopping(1))  # paho makes what it keeps
    before = held()
    door.run(Stopping(1000))
    hand.join(10)
    assert hung_up == 1001
    assert held() == before - 1, "the hand itself"
    listening.close()


def held() -> int:
    """Return how many descriptors and threads this process holds."""
    gc.collect()
    return len(list(Path("/proc/self/fd").iterdir())) + threading.active_count()


@given(st.integers(0, 50), st.floats(0, 1, exclude_max=True))
def test_no_pause_is_nothing_and_none_is_endless(failures: int, chance: float) -> None:
    assert 0.1 <= backoff_s(failures, lambda: chance) <= 60.0


def tries_of(seed: int, down_s: float) -> list[float]:
    """Return when a worker of its own chance tries a broker that is down for so long; the last try gets in."""
    wire, chance = Wire([LOST], refuses=False), random.Random(seed)  # noqa: S311  no secret
    tries: list[float] = []

    class Clock(Stopping):
        def wait(self, timeout: float | None = None) -> bool:
            self.waited.append(timeout or 0.0)
            tries.append(sum(self.waited))
            wire.refuses = tries[-1] < down_s
            if not wire.refuses:
                self.set()
            return self.is_set()

    MqttDoor(BROKER, lambda _: None, chance=chance.random, make=wire).run(Clock(10**6))
    return tries


def test_two_hundred_workers_of_a_broker_that_comes_back_do_not_come_together() -> None:
    """Virtual time: the broker is away for ten minutes; each worker's pauses are its own."""
    tries = [tries_of(seed, 600.0) for seed in range(200)]
    late = Counter(int(one) for mine in tries for one in mine if one > 60)
    back = [mine[-1] - 600.0 for mine in tries]
    assert max(back) <= 60.0, "nobody waits longer than the longest pause"
    assert max(late.values()) <= 20, "of 200 in any one second"
    assert max(Counter(int(one) for one in back).values()) <= 20


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
    "topic",
    [
        "",
        "pw/v1/t/d",
        "pw/v1/t/a\x00b/alarm",
        "pw/v1/\ud800/d/alarm",
        "pw/v1/t/" + "d" * 65 + "/alarm",
        "pw/v1/t/d/alarm/x",
        "xx/v1/t/d/alarm",
        "pw/v2/t/d/alarm",
        "pw/v1/t/d/state",
    ],
)
def test_other_topics_are_none_of_ours(topic: str) -> None:
    with pytest.raises(InputError, match="topic"):
        published(topic, b"", retained=False)


GATEWAY = "v1/gateway/telemetry"
THINGSBOARD = Broker("127.0.0.1", 1883, tls=False, client_id="t", thingsboard_tenant="langfang")


def names(topic: str, body: Any, tenant: str | None = "langfang") -> list[tuple[str, str, dict[str, Any]]]:
    told = published(topic, json.dumps(body).encode(), retained=False, thingsboard_tenant=tenant)
    return [(one.tenant, one.device, json.loads(one.content)) for one in told]


def test_a_gateway_of_thingsboard_speaks_for_each_device_that_it_names() -> None:
    body = {
        "fibre-1": [{"ts": 1, "values": {"alarm": "vibration"}}, {"alarm": "motion"}],
        "laser 2": {"alarm": "methane"},
    }
    assert names(GATEWAY, body) == [
        ("langfang", "fibre-1", {"ts": 1, "values": {"alarm": "vibration"}, "device": "fibre-1"}),
        ("langfang", "fibre-1", {"values": {"alarm": "motion"}, "device": "fibre-1"}),
        ("langfang", "laser 2", {"values": {"alarm": "methane"}, "device": "laser 2"}),
    ]


def test_a_device_of_thingsboard_is_named_by_the_topic_or_by_its_body() -> None:
    assert names("v1/devices/fibre-1/telemetry", {"alarm": "vibration"})[0][1] == "fibre-1"
    assert names("v1/devices/me/telemetry", {"device": "fibre-2", "values": {}})[0][1] == "fibre-2"
    with pytest.raises(InputError, match="does not tell who sent it"):
        names("v1/devices/me/telemetry", {"alarm": "vibration"})


def test_a_device_never_speaks_as_another_by_its_body() -> None:
    told = names("v1/devices/fibre-1/telemetry", {"device": "fibre-9", "values": {"alarm": "vibration"}})
    assert told == [("langfang", "fibre-1", {"device": "fibre-1", "values": {"alarm": "vibration"}})]


@pytest.mark.parametrize(
    "body",
    [[], {}, "x", 7, None, {"a": 3}, {"a": []}, {"a": [7]}, {"a" * 65: {}}, {"a": [{}] * 1001}, {"\ud800": {}}],
)
def test_telemetry_that_names_nothing_is_refused(body: Any) -> None:
    with pytest.raises(InputError):
        names(GATEWAY, body)


@pytest.mark.parametrize("bad", [{"laser": 7}, {"laser": [None, {"n": 2}]}, {"x" * 65: {"n": 2}}, {"a\x00": {"n": 2}}])
def test_one_bad_entry_of_a_gateway_costs_no_other_device_its_alarm(bad: Any) -> None:
    wire = Wire([Message(GATEWAY, json.dumps({"first": {"n": 1}, **bad, "last": {"n": 3}}).encode(), mid=9)])
    heard: list[str] = []
    run(wire, lambda told: heard.append(told.device), broker=THINGSBOARD)
    assert [one for one in heard if one != "laser"] == ["first", "last"]
    assert wire.acked == [9]


def test_an_entry_that_names_nobody_costs_no_other_its_alarm() -> None:
    told = names("v1/devices/me/telemetry", [{"alarm": "vibration"}, {"device": "fibre-2", "values": {}}])
    assert [device for _, device, _ in told] == ["fibre-2"]


def test_a_gateway_that_names_a_device_me_means_that_device() -> None:
    assert names(GATEWAY, {"me": {"device": "fibre-9", "values": {}}})[0][1] == "me"


def test_a_gateways_message_is_measured_before_it_is_read() -> None:
    body = json.dumps({"a": {"text": "x" * LARGEST}}).encode()
    with pytest.raises(InputError, match="larger than 1 MB"):
        published(GATEWAY, body, retained=False, thingsboard_tenant="langfang")
    assert len(published("pw/v1/t/a/alarm", body, retained=False)) == 1, "refused on the device's record, not here"


def test_telemetry_that_is_no_json_is_refused() -> None:
    for junk in (b"", b"\xff", b"{", b"[" * 100_000):
        with pytest.raises(InputError, match="no JSON"):
            published(GATEWAY, junk, retained=False, thingsboard_tenant="langfang")


def test_without_a_tenant_nobody_speaks_by_thingsboards_topics() -> None:
    with pytest.raises(InputError, match="none of ours"):
        names(GATEWAY, {"a": {"alarm": "vibration"}}, tenant=None)
    assert BROKER.topics == ("pw/v1/+/+/alarm",)
    wire = Wire([])
    run(wire, lambda _: None, broker=THINGSBOARD)
    assert wire.told[1:4] == [
        "subscribe pw/v1/+/+/alarm 1",
        "subscribe v1/gateway/telemetry 1",
        "subscribe v1/devices/+/telemetry 1",
    ]


def test_what_a_gateway_sent_goes_on_behind_the_last_device_that_is_on_disk() -> None:
    body = json.dumps({"a": {"n": 1}, "b": {"n": 2}, "c": {"n": 3}}).encode()
    told = Message(GATEWAY, body, mid=9)
    wire = Wire([told, LOST, Message(GATEWAY, body, mid=9, dup=True), LOST])
    heard: list[str] = []
    away = [True]

    def hear(one: Published) -> None:
        if one.device == "b" and away:
            away.clear()
            raise UnavailableError(field="database", problem="away", fix="Wait.")
        heard.append(one.device)

    run(wire, hear, waits=2, broker=THINGSBOARD)
    assert heard == ["a", "b", "c"]
    assert wire.acked == [9]


def test_another_message_begins_with_its_first_device() -> None:
    """The packet identifier is used again: only the same body goes on where the last one stopped."""
    first, second = (json.dumps({"a": {"n": n}, "b": {"n": n}}).encode() for n in (1, 2))
    wire = Wire([Message(GATEWAY, first, mid=9), LOST, Message(GATEWAY, second, mid=9), LOST])
    heard: list[str] = []

    def hear(one: Published) -> None:
        heard.append(one.device)
        if len(heard) == 2:
            raise UnavailableError(field="database", problem="away", fix="Wait.")

    run(wire, hear, waits=2, broker=THINGSBOARD)
    assert heard == ["a", "b", "a", "b"]
