"""WeChat's 商家转账 as we speak it, against a server of our own; it was never tried against WeChat itself."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP, PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_public_key,
)
from pay_fake import APP, BILLS, MERCHANT, PLATFORM_ID, V3, Bank, bank, house_keys, key, wechat

from pipewarden.kit.errors import InputError
from pipewarden.market.adapters.wechat_signing import (
    Keys,
    UnprovedError,
    authorization,
    hidden,
    opened,
    prove,
    read_private,
    read_public,
)
from pipewarden.market.facts.payouts import Paper, Provided
from pipewarden.market.ports import ForgedError, UnclearError

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
OPENID = "o-MYE42l80oelYMDE34nYD456Xoy"
PAPER = Paper("a" * 32, OPENID, "王小明", 5_000, "创值提现")


@pytest.fixture
def there() -> Iterator[Bank]:
    with bank(lambda: NOW) as made:
        yield made


def test_a_request_is_signed_line_by_line_as_the_document_says() -> None:
    keys = house_keys()
    word = authorization(keys, "GET", "/v3/x?y=1", b"", at_s=1554208460, nonce="593BEC0C930BF1AFEB40B4A08C8FB242")
    scheme, _, rest = word.partition(" ")
    told = dict(one.split("=", 1) for one in rest.split(","))
    assert scheme == "WECHATPAY2-SHA256-RSA2048"
    assert set(told) == {"mchid", "nonce_str", "signature", "timestamp", "serial_no"}
    assert told["mchid"] == f'"{MERCHANT}"'
    said = b"GET\n/v3/x?y=1\n1554208460\n593BEC0C930BF1AFEB40B4A08C8FB242\n\n"
    signature = base64.b64decode(told["signature"].strip('"'))
    key("house").public_key().verify(signature, said, PKCS1v15(), SHA256())


def test_the_words_of_rfc_8017_are_what_we_sign_with() -> None:
    """PKCS #1 v1.5 is deterministic: the same words under the same key are the same signature, whoever makes it."""
    keys = house_keys()
    one, two = (authorization(keys, "POST", "/a", b"{}", at_s=1, nonce="N") for _ in range(2))
    assert one == two
    numbers = key("house").public_key().public_numbers()
    signature = base64.b64decode(dict(x.split("=", 1) for x in one.split(" ", 1)[1].split(","))["signature"].strip('"'))
    padded = pow(int.from_bytes(signature), numbers.e, numbers.n).to_bytes(256)
    digest_info = bytes.fromhex("3031300d060960864801650304020105000420")  # RFC 8017 9.2, note 1
    assert padded.startswith(b"\x00\x01\xff")
    assert padded.split(b"\x00", 2)[2].startswith(digest_info)


def test_a_notification_opens_as_rfc_5116_has_it() -> None:
    """Test case 16 of the GCM specification (McGrew, Viega), whose key is 32 bytes and whose nonce is 12."""
    bytes_key = bytes.fromhex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308")
    keys = Keys(MERCHANT, "S", key("house"), PLATFORM_ID, key("wechat").public_key(), bytes_key)
    plain = b'{"a": 1}'
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415  an oracle of this test only

    sealed = base64.b64encode(AESGCM(bytes_key).encrypt(b"fdasflkja484", plain, b"mch_payment")).decode()
    assert opened(keys, "fdasflkja484", "mch_payment", sealed) == plain
    for nonce, associated, text in (
        ("fdasflkja485", "mch_payment", sealed),
        ("fdasflkja484", "other", sealed),
        ("fdasflkja484", "mch_payment", sealed[:-8] + "AAAAAAA="),
        ("fdasflkja484", "mch_payment", "no base64!"),
        ("", "mch_payment", sealed),
    ):
        with pytest.raises(UnprovedError):
            opened(keys, nonce, associated, text)


def test_a_name_is_readable_to_wechat_alone_and_never_the_same_twice() -> None:
    one, two = hidden(house_keys(), "王小明"), hidden(house_keys(), "王小明")
    assert one != two
    sha1 = SHA1()  # noqa: S303  as WeChat has it
    for each in (one, two):
        plain = key("wechat").decrypt(base64.b64decode(each), OAEP(MGF1(sha1), sha1, None))
        assert plain.decode() == "王小明"


@pytest.mark.parametrize("off_s", [-301, 301, 86_400])
def test_what_is_more_than_five_minutes_off_is_a_replay(there: Bank, off_s: int) -> None:
    headers = there.signature(b"{}")
    at = int(NOW.timestamp())
    prove(house_keys(), headers, b"{}", at_s=at)
    prove(house_keys(), headers, b"{}", at_s=at + 300)
    with pytest.raises(UnprovedError, match="five minutes"):
        prove(house_keys(), headers, b"{}", at_s=at + off_s)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Wechatpay-Serial", "PUB_KEY_ID_OF_ANOTHER"),
        ("Wechatpay-Timestamp", "yesterday"),
        ("Wechatpay-Timestamp", "１２３"),
        ("Wechatpay-Timestamp", "9" * 400),
        ("Wechatpay-Nonce", "other"),
        ("Wechatpay-Signature", "WECHATPAY/SIGNTEST/nTCabc"),  # WeChat probes with such ones: they must not pass
        ("Wechatpay-Signature", "AAAA"),
        ("Wechatpay-Signature", ""),
        ("Wechatpay-Signature", "nTC\xe9"),
    ],
)
def test_every_part_of_a_signature_counts(there: Bank, name: str, value: str) -> None:
    headers = there.signature(b"{}") | {name: value}
    with pytest.raises(UnprovedError):
        prove(house_keys(), headers, b"{}", at_s=int(NOW.timestamp()))


def test_keys_that_are_none_are_told_by_the_setting() -> None:
    curve = ec.generate_private_key(ec.SECP256R1())
    text = curve.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = curve.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for read, pem in ((read_private, b"x"), (read_private, text), (read_public, b"x"), (read_public, public)):
        with pytest.raises(InputError) as caught:
            read(pem, "PIPEWARDEN_WECHAT_PAY_KEY")
        assert caught.value.field == "PIPEWARDEN_WECHAT_PAY_KEY"
    pem = key("wechat").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    assert read_public(pem, "x").public_numbers() == load_pem_public_key(pem).public_numbers()  # type: ignore[union-attr]
    own = key("house").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    assert read_private(own, "x").public_key().public_numbers() == key("house").public_key().public_numbers()
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505  that is the point
    for weak, v3 in ((short, V3), (key("house"), b"too short")):
        with pytest.raises(InputError):
            Keys(MERCHANT, "S", weak, PLATFORM_ID, key("wechat").public_key(), v3)
    assert "BEGIN" not in repr(house_keys())
    assert V3.decode() not in repr(house_keys())


def test_a_bill_is_made_found_and_paid(there: Bank) -> None:
    port = wechat(there)
    assert port.query(PAPER.number, NOW) is None
    made = port.create(PAPER, NOW)
    assert made.state is Provided.WAIT_USER_CONFIRM
    assert made.package
    assert made.amount_fen is None
    assert there.bills[PAPER.number].name == "王小明"
    again = port.create(PAPER, NOW)
    assert again.provider_no == made.provider_no
    there.confirm(PAPER.number)
    found = port.query(PAPER.number, NOW)
    assert found is not None
    assert (found.state, found.amount_fen) == (Provided.SUCCESS, 5_000)
    assert there.paid == [(PAPER.number, 5_000)]
    assert [path for _, path in there.asked][-1] == f"{BILLS}/out-bill-no/{PAPER.number}"


def test_what_must_not_carry_a_name_carries_none(there: Bank) -> None:
    wechat(there).create(Paper("b" * 32, OPENID, "", 20, "x"), NOW)
    assert there.bills["b" * 32].name == ""


def test_a_bill_is_taken_back(there: Bank) -> None:
    port = wechat(there)
    assert port.cancel(PAPER.number, NOW) is None
    port.create(PAPER, NOW)
    said = port.cancel(PAPER.number, NOW)
    assert said is not None
    assert said.state is Provided.CANCELING
    there.settle_cancels()
    found = port.query(PAPER.number, NOW)
    assert found is not None
    assert found.state is Provided.CANCELLED


@pytest.mark.parametrize(
    "habit",
    [
        {"cut_after": 1},
        {"five_after": 1},
        {"broken": 1},
        {"limit": 1},
        {"forge": True},
        {"unsigned": True},
        {"skew_s": 900},
        {"balance": 1},
        {"bend": lambda said: said | {"out_bill_no": "c" * 32}},
        {"bend": lambda said: said | {"state": "GONE"}},
        {"bend": lambda said: said | {"state": None}},
        {"bend": lambda said: [said]},
    ],
    ids=lambda one: next(iter(one)),
)
def test_whatever_is_not_a_clear_answer_is_unclear(habit: dict[str, Any]) -> None:
    with bank(lambda: NOW, **habit) as there, pytest.raises(UnclearError) as caught:
        wechat(there).create(PAPER, NOW)
    assert OPENID not in caught.value.why
    assert there.address not in caught.value.why


def test_an_answer_that_takes_too_long_is_unclear(there: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipewarden.market.adapters.wechat._WITHIN_S", 0.2)
    there.slow_s = 0.6
    with pytest.raises(UnclearError):
        wechat(there).create(PAPER, NOW)
    assert PAPER.number in there.bills, "it did its work all the same"


def test_it_waits_as_long_as_it_is_asked_to(there: Bank) -> None:
    there.limit = 1
    with pytest.raises(UnclearError) as caught:
        wechat(there).query(PAPER.number, NOW)
    assert (caught.value.code, caught.value.again_s) == ("FREQUENCY_LIMITED", 30.0)


def test_only_wechat_itself_can_say_that_there_is_no_bill(there: Bank) -> None:
    there.unsigned = True
    with pytest.raises(UnclearError):
        wechat(there).query(PAPER.number, NOW)
    there.unsigned, there.forge = False, True
    with pytest.raises(UnclearError):
        wechat(there).query(PAPER.number, NOW)


@pytest.mark.parametrize("other", [{"mch_id": "1900000009"}, {"appid": "wx0"}, {"out_bill_no": "d" * 32}])
def test_an_answer_about_somebody_else_is_none(there: Bank, other: dict[str, str]) -> None:
    port = wechat(there)
    port.create(PAPER, NOW)
    there.bend = lambda said: said | other
    with pytest.raises(UnclearError):
        port.query(PAPER.number, NOW)


def test_an_address_that_is_not_opened_is_not_spoken_to(there: Bank) -> None:
    from pipewarden.kit.outbound import Outbound  # noqa: PLC0415  this one only

    with pytest.raises(UnclearError):
        wechat(there, outbound=Outbound()).query(PAPER.number, NOW)
    assert there.asked == []


def test_a_notification_is_opened_and_read(there: Bank) -> None:
    port = wechat(there)
    port.create(PAPER, NOW)
    there.confirm(PAPER.number)
    headers, body = there.notice(PAPER.number)
    told = port.heard(headers, body, NOW)
    assert (told.number, told.state, told.amount_fen) == (PAPER.number, Provided.SUCCESS, 5_000)
    assert port.heard({name.lower(): value for name, value in headers.items()}, body, NOW) == told


def test_a_forged_old_or_foreign_notification_is_refused(there: Bank) -> None:
    port = wechat(there)
    port.create(PAPER, NOW)
    headers, body = there.notice(PAPER.number, state="SUCCESS")
    changed = body.replace(b"mch_payment", b"mch_paymenT")
    there.forge = True
    forged = there.notice(PAPER.number)
    there.forge = False
    kept = json.loads(body) | {"event_type": "TRANSACTION.SUCCESS"}
    other = json.dumps(kept).encode()
    cases = [
        (headers, changed, NOW),
        (*forged, NOW),
        (headers, body, NOW + timedelta(minutes=6)),
        ({}, body, NOW),
        (there.signature(other), other, NOW),
        (there.signature(b"[]"), b"[]", NOW),
        (there.signature(b"x" * 70_000), b"x" * 70_000, NOW),
        (*there.notice(PAPER.number, under=b"f" * 32), NOW),
        (*there.notice(PAPER.number, mch_id="1900000009"), NOW),
        (*there.notice(PAPER.number, transfer_amount="5000"), NOW),
    ]
    for said, text, now in cases:
        with pytest.raises(ForgedError):
            port.heard(said, text, now)


def test_what_is_asked_holds_what_wechat_wants_to_know(there: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[bytes] = []
    real = Bank.answer
    monkeypatch.setattr(Bank, "answer", lambda self, m, p, h, b: (sent.append(b), real(self, m, p, h, b))[1])
    wechat(there, notify_url="https://gas.example.org/v1/payouts/wechat/notify").create(PAPER, NOW)
    said = json.loads(sent[0])
    assert said["appid"] == APP
    assert said["transfer_amount"] == 5_000
    assert said["transfer_scene_report_infos"][0] == {"info_type": "岗位类型", "info_content": "安全员"}
    assert said["notify_url"].startswith("https://")
    assert "王小明" not in sent[0].decode()
