"""The channels against servers that behave as the vendors document, and as networks do when they fail."""

from __future__ import annotations

import email
import json
import logging
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.header import decode_header, make_header
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
import requests
from act_office import HOOK_KEY, KEY, MAIL, WECOM
from apprise.plugins import dingtalk as apprise_dingtalk
from apprise.plugins import wecombot as apprise_wecom
from hypothesis import given
from hypothesis import strategies as st
from robot_street import dingtalk, feishu, postbox, said, street, wecom

from pipewarden.act.adapters.mail import Mail, MailServer
from pipewarden.act.adapters.robots import BASES, Robot
from pipewarden.act.adapters.webhook import Webhook
from pipewarden.act.adapters.written import Written
from pipewarden.act.facts import CLOUDEVENTS, Outcome, Outgoing, Receipt
from pipewarden.act.rules.sign import webhook_headers
from pipewarden.act.rules.words import split
from pipewarden.kit.addresses import read_opened
from pipewarden.kit.outbound import Answer, Outbound
from pipewarden.people.facts import ContactKind

if TYPE_CHECKING:
    from act_office import Office

HERE = Outbound(read_opened("127.0.0.0/8", "X"))
AT = datetime.now(UTC)  # the vendors compare it with their own clocks
TOKEN, SECRET = "abcdef0123456789", "SECfedcba9876543210"
TEXT = "【立即】Ⅰ级 红 施工逼近燃气管\n地点：东区 & <b>甲</b> 100% 🚧"


def message(channel: str, address: str, secret: str = "", body: str = TEXT) -> Outgoing:
    return Outgoing(UUID(int=7), channel, "【立即】施工逼近燃气管", body, address, secret, AT)


def robot(kind: ContactKind, base: str, outbound: Outbound = HERE) -> Robot:
    return Robot(kind, outbound, base)


def test_wecom_takes_a_text_as_it_is() -> None:
    with street(wecom(KEY)) as vendor:
        receipt = robot(ContactKind.WECOM, vendor.url).send(message("wecom", KEY), within_s=5.0)
    assert receipt == Receipt(Outcome.ACCEPTED, word="0")
    assert vendor.asked[0].json == {"msgtype": "text", "text": {"content": TEXT}}


def test_wecom_says_with_http_200_that_it_sent_nothing() -> None:
    """Apprise 2.3 alone calls both of these sent."""
    with street(wecom(KEY, most=0)) as vendor:
        way = robot(ContactKind.WECOM, vendor.url)
        full = way.send(message("wecom", KEY), within_s=5.0)
        wrong = way.send(message("wecom", "another-key-1234"), within_s=5.0)
    assert full == Receipt(Outcome.BUSY, "45009 api freq out of limit", "45009", timedelta(minutes=1))
    assert wrong.outcome is Outcome.REFUSED
    assert wrong.problem == "93000 invalid webhook url, key ***", "a vendor may repeat the key; we do not"


def test_a_long_text_is_split_at_what_wecom_takes_as_text() -> None:
    with street(wecom(KEY)) as vendor:
        way = robot(ContactKind.WECOM, vendor.url)
        whole = way.send(message("wecom", KEY, body="管" * 700), within_s=5.0)
        parts = split("管" * 700, way.limit)
        taken = [way.send(message("wecom", KEY, body=part), within_s=5.0).outcome for part in parts]
    assert whole.problem.startswith("40058")
    assert taken == [Outcome.ACCEPTED, Outcome.ACCEPTED]


def test_dingtalk_is_signed_so_that_a_strict_reader_agrees() -> None:
    with street(dingtalk(TOKEN, SECRET)) as vendor:
        receipts = [
            robot(ContactKind.DINGTALK, vendor.url).send(message("dingtalk", TOKEN, SECRET), within_s=5.0)
            for _ in range(8)  # signatures with + and / in them among these
        ]
    assert {one.outcome for one in receipts} == {Outcome.ACCEPTED}
    assert vendor.asked[0].json["text"]["content"] == TEXT


def test_dingtalk_refuses_a_wrong_sign_and_shuts_who_is_too_fast() -> None:
    with street(dingtalk(TOKEN, SECRET, most=0)) as vendor:
        way = robot(ContactKind.DINGTALK, vendor.url)
        unsigned = way.send(message("dingtalk", TOKEN), within_s=5.0)
        wrong = way.send(message("dingtalk", TOKEN, "SECanother0000000"), within_s=5.0)
        fast = way.send(message("dingtalk", TOKEN, SECRET), within_s=5.0)
    for one in (unsigned, wrong):
        assert (one.outcome, one.word) == (Outcome.REFUSED, "310000")
        assert one.problem.startswith("310000 sign not match")
    assert (fast.outcome, fast.again_after) == (Outcome.BUSY, timedelta(minutes=10))


def test_feishu_is_signed_which_apprise_leaves_out() -> None:
    with street(feishu("feishu-key-1", SECRET)) as vendor:
        way = robot(ContactKind.FEISHU, vendor.url)
        assert way.send(message("feishu", "feishu-key-1", SECRET), within_s=5.0).outcome is Outcome.ACCEPTED
        unsigned = way.send(message("feishu", "feishu-key-1"), within_s=5.0)
        unknown = way.send(message("feishu", "feishu-key-2", SECRET), within_s=5.0)
    assert vendor.asked[0].json["content"] == {"text": TEXT}
    assert (unsigned.outcome, unsigned.word) == (Outcome.REFUSED, "19021")
    assert (unknown.outcome, unknown.word) == (Outcome.REFUSED, "19001")


def test_feishu_too_fast_waits_a_minute() -> None:
    with street(feishu("feishu-key-1", "", most=0)) as vendor:
        fast = robot(ContactKind.FEISHU, vendor.url).send(message("feishu", "feishu-key-1"), within_s=5.0)
    assert (fast.outcome, fast.again_after) == (Outcome.BUSY, timedelta(minutes=1))


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (500, b"{}", Outcome.FAILED),
        (502, b"<html>", Outcome.FAILED),
        (404, b"{}", Outcome.REFUSED),
        (429, b"{}", Outcome.BUSY),
        (301, b"", Outcome.REFUSED),
        (200, b"<html>login</html>", Outcome.FAILED),
        (200, b"[]", Outcome.FAILED),
        (200, b'{"errmsg": "ok"}', Outcome.FAILED),
        (200, b'{"errcode": -1, "errmsg": "system busy"}', Outcome.FAILED),
        (200, b'{"errcode": "zero"}', Outcome.FAILED),
        (200, b"", Outcome.FAILED),
    ],
)
def test_whatever_else_comes_back_is_no_success(status: int, body: bytes, outcome: Outcome) -> None:
    with street(lambda _asked: (status, {"Location": "http://127.0.0.1:1/"}, body)) as vendor:
        receipt = robot(ContactKind.WECOM, vendor.url).send(message("wecom", KEY), within_s=5.0)
    assert receipt.outcome is outcome
    assert len(vendor.asked) == 1, "no redirect is followed"


ANSWERS = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-2, 99999), st.floats(allow_nan=False), st.text(max_size=20)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["errcode", "code", "StatusCode", "errmsg", "msg", "data"]), inner, max_size=4),
    ),
    max_leaves=8,
)


@dataclass(frozen=True, slots=True)
class Scripted:
    """A way out that answers as drawn."""

    answer: Answer

    def post(self, _url: str, _content: bytes, _headers: object, *, within_s: float) -> Answer:
        assert within_s > 0
        return self.answer


@given(said=ANSWERS, status=st.sampled_from([200, 200, 200, 204, 400, 500]), kind=st.sampled_from(sorted(BASES)))
def test_only_a_zero_of_the_vendors_own_is_a_success(said: Any, status: int, kind: ContactKind) -> None:
    body = json.dumps(said).encode()
    way = Robot(kind, Scripted(Answer(status, body, None)), "https://vendor.example")  # type: ignore[arg-type]
    receipt = way.send(message(kind.value, "abcdef0123456789"), within_s=1.0)
    zero = isinstance(said, dict) and any(
        type(said.get(name)) is int and said[name] == 0 for name in ("errcode", "code", "StatusCode")
    )
    if receipt.outcome is Outcome.ACCEPTED:
        assert status == 200
        assert zero, said
    assert "\n" not in receipt.problem
    assert len(receipt.problem) < 300


@given(st.binary(max_size=200), st.sampled_from(sorted(BASES)))
def test_bytes_that_are_no_json_are_no_success(body: bytes, kind: ContactKind) -> None:
    way = Robot(kind, Scripted(Answer(200, b"\xff" + body, None)), "https://vendor.example")  # type: ignore[arg-type]
    assert way.send(message(kind.value, "abcdef0123456789"), within_s=1.0).outcome is Outcome.FAILED


@given(st.text(min_size=1, max_size=500))
def test_every_text_goes_through_every_vendors_form(text: str) -> None:
    for kind in BASES:
        sent: list[bytes] = []
        way = Robot(kind, Noting(sent), "https://vendor.example")  # type: ignore[arg-type]
        receipt = way.send(message(kind.value, "abcdef0123456789", body=text), within_s=1.0)
        if not text.strip():
            continue  # apprise sends no empty message, and says so
        assert receipt.outcome is Outcome.ACCEPTED, receipt
        found = json.loads(sent[0])
        said = found.get("text", found.get("content"))
        assert next(iter(said.values())).strip() == text.strip()


@dataclass(frozen=True, slots=True)
class Noting:
    """A way out that says yes and keeps what it was given."""

    sent: list[bytes]

    def post(self, _url: str, content: bytes, _headers: object, *, within_s: float) -> Answer:
        assert within_s > 0
        self.sent.append(content)
        return Answer(200, b'{"errcode": 0, "code": 0}', None)


@pytest.mark.parametrize("how", ["hang", "drip", "reset", "cut"])
@pytest.mark.parametrize("kind", ["wecom", "webhook"])
def test_a_broken_network_is_a_failure_in_time(how: str, kind: str) -> None:
    with street(lambda _asked: said({"errcode": 0, "errmsg": "o" * 100})) as vendor:
        vendor.how = how
        since = time.monotonic()
        if kind == "wecom":
            receipt = robot(ContactKind.WECOM, vendor.url).send(message("wecom", KEY), within_s=1.0)
        else:
            receipt = Webhook(HERE).send(message("webhook", f"{vendor.url}/x", HOOK_KEY, "{}"), within_s=1.0)
        took = time.monotonic() - since
    assert receipt.outcome is Outcome.FAILED
    assert took < 6.0, took
    assert KEY not in receipt.problem


def test_nothing_listens() -> None:
    receipt = robot(ContactKind.WECOM, "http://127.0.0.1:9").send(message("wecom", KEY), within_s=2.0)
    assert receipt.outcome is Outcome.FAILED
    assert "cannot be reached" in receipt.problem


def test_the_way_out_is_closed_to_what_the_operator_did_not_open() -> None:
    with street(wecom(KEY)) as vendor:
        closed = robot(ContactKind.WECOM, vendor.url, Outbound()).send(message("wecom", KEY), within_s=2.0)
        hook = Webhook(Outbound()).send(message("webhook", f"{vendor.url}/x", HOOK_KEY, "{}"), within_s=2.0)
        mail = Mail(MailServer("127.0.0.1", 25, "a@example.org", "insecure"), Outbound()).send(
            message("email", "b@example.org"), within_s=2.0
        )
    for receipt in (closed, hook, mail):
        assert receipt == Receipt(Outcome.REFUSED, "the way out is closed: is not allowed")
    assert vendor.asked == []


def test_apprise_cannot_speak_past_the_guard() -> None:
    with street(wecom(KEY)) as vendor:
        plugin: Any = type(
            "Loose", (apprise_wecom.NotifyWeComBot,), {"notify_url": f"{vendor.url}/cgi-bin/webhook/send?key={{key}}"}
        )(key=KEY)
        assert plugin.notify(body="x") is False
    assert vendor.asked == []
    assert apprise_dingtalk.requests is apprise_wecom.requests is not requests


def test_keys_stay_out_of_every_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with street(dingtalk(TOKEN, SECRET, most=1)) as vendor:
        way = robot(ContactKind.DINGTALK, vendor.url)
        for _ in range(2):
            way.send(message("dingtalk", TOKEN, SECRET), within_s=5.0)
        robot(ContactKind.WECOM, vendor.url).send(message("wecom", KEY), within_s=5.0)
        Webhook(HERE).send(message("webhook", f"{vendor.url}/{KEY}", HOOK_KEY, "{}"), within_s=5.0)
    for secret in (TOKEN, SECRET, KEY, HOOK_KEY):
        assert secret not in caplog.text


def test_the_vendors_real_addresses_are_the_defaults() -> None:
    assert set(BASES) == {ContactKind.WECOM, ContactKind.DINGTALK, ContactKind.FEISHU}
    assert all(base.startswith("https://") for base in BASES.values())


def test_hands_side_by_side_do_not_mix_their_answers() -> None:
    """Apprise's seam is one name for all threads: what each hand hears must still be its own."""
    got: dict[int, Receipt] = {}
    with street(wecom(KEY, most=1000)) as vendor:
        way = robot(ContactKind.WECOM, vendor.url)

        def run(number: int) -> None:
            key = KEY if number % 2 else "another-key-1234"
            got[number] = way.send(message("wecom", key, body=str(number)), within_s=10.0)

        hands = [threading.Thread(target=run, args=(number,)) for number in range(24)]
        for hand in hands:
            hand.start()
        for hand in hands:
            hand.join()
    assert {number: one.outcome for number, one in got.items()} == {
        number: Outcome.ACCEPTED if number % 2 else Outcome.REFUSED for number in range(24)
    }


def test_mail_is_taken_by_our_server() -> None:
    with postbox() as box:
        way = Mail(MailServer("127.0.0.1", box.port, "gas@example.org", "insecure"), HERE)
        assert way.send(message("email", "zhang@example.org"), within_s=5.0) == Receipt(Outcome.ACCEPTED)
        refused = way.send(message("email", "nobody@example.org"), within_s=5.0)
    (text,) = box.mails
    mail = email.message_from_string(text)
    assert str(make_header(decode_header(mail["Subject"]))) == "【立即】施工逼近燃气管"
    assert "zhang@example.org" in mail["To"]
    payload = mail.get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert payload.decode().replace("\r\n", "\n").strip() == TEXT
    assert refused == Receipt(Outcome.FAILED, "the mail server did not take it")


def test_a_mail_server_that_drips_holds_a_hand_no_longer_than_any_channel_may() -> None:
    """Each of its lines is in time, all of them together are not; what it says after that nobody hears."""
    with postbox() as box:
        box.pause_s = 0.6
        way = Mail(MailServer("127.0.0.1", box.port, "gas@example.org", "insecure"), HERE)
        began = time.monotonic()
        receipt = way.send(message("email", "zhang@example.org"), within_s=1.0)
        assert time.monotonic() - began < 2.0
    assert receipt == Receipt(Outcome.FAILED, "no answer within 1 s")


def test_no_mail_server_is_a_failure() -> None:
    way = Mail(MailServer("127.0.0.1", 9, "gas@example.org", "insecure", "user", "pw"), HERE)
    assert way.send(message("email", "zhang@example.org"), within_s=2.0).outcome is Outcome.FAILED
    assert "pw" not in repr(way)


def test_a_webhook_is_signed_over_the_very_bytes() -> None:
    with street(lambda _asked: (204, {}, b"")) as system:
        sent = message(CLOUDEVENTS, f"{system.url}/in?x=1", HOOK_KEY, '{"a": "管"}')
        assert Webhook(HERE).send(sent, within_s=5.0) == Receipt(Outcome.ACCEPTED, word="204")
        Webhook(HERE).send(message("webhook", f"{system.url}/in", HOOK_KEY, "{}"), within_s=5.0)
    asked, second = system.asked
    assert (asked.path, asked.query) == ("/in", {"x": "1"})
    signed = webhook_headers(str(sent.id), AT, asked.body, HOOK_KEY)
    assert {name: asked.headers[name] for name in signed} == signed
    assert asked.headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    assert second.headers["content-type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize(
    ("status", "headers", "receipt"),
    [
        (200, {}, Receipt(Outcome.ACCEPTED, word="200")),
        (500, {}, Receipt(Outcome.FAILED, "HTTP 500", "500")),
        (404, {}, Receipt(Outcome.FAILED, "HTTP 404", "404")),
        (302, {"Location": "http://127.0.0.1:1/"}, Receipt(Outcome.FAILED, "HTTP 302", "302")),
        (410, {}, Receipt(Outcome.REFUSED, "HTTP 410", "410")),
        (503, {"Retry-After": "120"}, Receipt(Outcome.BUSY, "HTTP 503", "503", timedelta(seconds=120))),
        (503, {}, Receipt(Outcome.FAILED, "HTTP 503", "503")),
        (429, {"Retry-After": "999999999"}, Receipt(Outcome.BUSY, "HTTP 429", "429", timedelta(hours=1))),
        (429, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, Receipt(Outcome.FAILED, "HTTP 429", "429")),
    ],
)
def test_what_a_webhook_answers_is_what_happened(status: int, headers: dict[str, str], receipt: Receipt) -> None:
    with street(lambda _asked: (status, headers, b"x")) as system:
        sent = message(CLOUDEVENTS, f"{system.url}/in", HOOK_KEY, "{}")
        assert Webhook(HERE).send(sent, within_s=5.0) == receipt
    assert len(system.asked) == 1


def test_a_log_says_that_it_is_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    receipt = Written().send(message("sms", "13800001234"), within_s=1.0)
    assert not Written().real
    assert receipt.outcome is Outcome.LOGGED
    out = capsys.readouterr()
    assert "NOT SENT" in out.out + out.err
    assert "13800001234" not in out.out + out.err


def test_a_call_reaches_a_person_past_a_vendor_that_drops_it(office: Office) -> None:
    """The whole way: an outbox, a robot that says 45009 with HTTP 200, and the mail that comes instead."""
    with street(wecom(KEY, most=0)) as vendor, postbox() as box:
        office.ways["wecom"] = robot(ContactKind.WECOM, vendor.url)  # type: ignore[assignment]  # the real one
        office.ways["email"] = Mail(MailServer("127.0.0.1", box.port, "gas@example.org", "insecure"), HERE)  # type: ignore[assignment]
        call = office.call(office.person(WECOM, MAIL), site_ids=(office.site(),))
        office.run()
    assert office.states(call.id) == ["wecom failed", "email accepted"]
    assert office.rows(call.id)[0].problem == "45009 api freq out of limit"
    told = email.message_from_string(box.mails[0]).get_payload(decode=True)
    assert isinstance(told, bytes)
    assert "/v1/ack/" in told.decode()
