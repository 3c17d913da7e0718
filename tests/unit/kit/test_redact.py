"""What is secret is hidden by name, by shape and by value; what is not stays, so that a log is still of use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.kit.redact import HIDDEN, Redactor

if TYPE_CHECKING:
    import uuid

REDACTOR = Redactor(["correct horse battery", "x1"])
KEY = "pw_abcdefgh_" + "A" * 43


@pytest.mark.parametrize(
    ("said", "hidden"),
    [
        ("rtsp://admin:s3cret@10.0.0.5/sub", "s3cret"),
        ("rtsp://u:p@s3cret@h/", "s3cret"),
        ("postgresql://app:s3cret@/db", "s3cret"),
        ("GET /x?user=a&password=s3cret&b=1", "s3cret"),
        ("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx", "693a91f6"),
        ("https://oapi.dingtalk.com/robot/send?access_token=s3cret&x=1", "s3cret"),
        ("https://open.feishu.cn/open-apis/bot/v2/hook/aaaabbbb-cccc", "aaaabbbb"),
        ("https://gas.example.org/v1/ack/eyabcdefgh123", "eyabcdefgh123"),
        ("Authorization: Bearer s3cretvalue", "s3cretvalue"),
        ("authorization='s3cret'", "s3cret"),
        ('{"password": "s3cret", "a": 1}', "s3cret"),
        ("{'api_key': 's3cret'}", "s3cret"),
        ("Cookie: pipewarden_session=s3cret; other=1", "s3cret"),
        ("X-CSRF-Token: s3cret", "s3cret"),
        (f"key {KEY} was sent", KEY),
        ("signed by whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "MfKQ9r8"),
        ("-----BEGIN PRIVATE KEY-----\nMIIs3cret\n-----END PRIVATE KEY-----", "MIIs3cret"),
        ("token eyJhbGciOiJI.eyJzdWIi.SflKxwRJ", "SflKxwRJ"),
        ("call 13812345678 now", "13812345678"),
        ("电话13812345678，请回", "13812345678"),
        ("call +86 138 1234 5678", "1234"),
        ("010-12345678 does not answer", "12345678"),
        ("ring +49 170 1234567", "1234567"),
        ("it was the correct horse battery", "horse"),
    ],
)
def test_shapes_of_secrets_are_hidden(said: str, hidden: str) -> None:
    told = REDACTOR.text(said)
    assert hidden not in told
    assert HIDDEN in told


@pytest.mark.parametrize(
    "said",
    [
        "camera cam-01 is blind since 2026-11-20T01:00:00.123456Z",
        "fact 019aa4f2-5c3e-7d1a-8b2c-138123456789 set aside",
        "took 1763600000000 ms",
        "place 116.7512345, 39.5512345",
        "x1 is too short to be learnt",
        "http://127.0.0.1:8000/v1/sites?cursor=abc",
        "passenger tokenizer secretary",
        "sha256 " + "0138123456789abc" * 4,
    ],
)
def test_what_is_no_secret_stays(said: str) -> None:
    assert REDACTOR.text(said) == said


@dataclass
class _Thing:
    password: str = "s3cret"  # noqa: S105  a canary


def test_fields_that_name_a_secret_are_hidden_whatever_they_hold() -> None:
    told = REDACTOR.value(
        {
            "password": "s3cret",
            "vision_key": 5,
            "api_key": ["s3cret"],
            "headers": {"Authorization": "s3cret", "accept": "x"},
            "phone": "12",
            "Set-Cookie": "s3cret",
            "camera_key": "cam-01",
            "count": 3,
            "ok": True,
            "none": None,
        }
    )
    assert "s3cret" not in repr(told)
    assert isinstance(told, dict)
    assert (told["camera_key"], told["count"], told["ok"], told["none"]) == ("cam-01", 3, True, None)
    assert told["headers"]["accept"] == "x"
    assert told["vision_key"] == told["phone"] == HIDDEN


def test_things_numbers_and_deep_things_are_told_as_words_without_secrets() -> None:
    assert "s3cret" not in str(REDACTOR.value(_Thing()))
    assert REDACTOR.value(13812345678) == HIDDEN
    assert REDACTOR.value(7) == 7
    assert "13812345678" not in str(REDACTOR.value(b"13812345678"))
    deep: object = {"password": "s3cret"}
    for _ in range(20):
        deep = [deep]
    assert "s3cret" not in str(REDACTOR.value(deep))


@given(st.uuids())
def test_no_id_is_taken_for_a_number_of_a_person(one: uuid.UUID) -> None:
    assert REDACTOR.text(str(one)) == str(one)


@given(st.text())
def test_twice_is_as_good_as_once(said: str) -> None:
    once = REDACTOR.text(said)
    assert REDACTOR.text(once) == once
