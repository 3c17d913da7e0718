"""XML of strangers: read in the encodings they use, refused where it could harm."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.kit.errors import InputError
from pipewarden.sense.rules.devices import read
from pipewarden.sense.rules.devices.markup import find, leaves, parse, text_of

ALARM = "<Notify><CmdType>Alarm</CmdType><DeviceID>34020000001340000001</DeviceID><Info>挖掘机</Info></Notify>"


@pytest.mark.parametrize(
    ("declared", "codec"),
    [("", "utf-8"), ("UTF-8", "utf-8"), ("GB2312", "gb18030"), ("gbk", "gb18030"), ("GB18030", "gb18030")],
)
def test_chinese_words_arrive_in_every_encoding_of_the_trade(declared: str, codec: str) -> None:
    head = f'<?xml version="1.0" encoding="{declared}" ?>\n' if declared else ""
    (said,) = read("gb28181", (head + ALARM).encode(codec), {})
    assert said.words == "挖掘机"


def test_a_byte_order_mark_is_no_fault() -> None:
    assert text_of(parse(b"\xef\xbb\xbf" + ALARM.encode(), "body"), "Info") == "挖掘机"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "no XML"),
        (b"<a><b></a>", "no XML"),
        (b"hello", "no XML"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "document type"),
        (b'<?xml version="1.0"?><!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "document type"),
        (b"<a>&undefined;</a>", "no XML"),
        (b"<a>" * 50 + b"</a>" * 50, "nested too deeply"),
        (b"<a>" + b"x" * (1 << 20) + b"</a>", "larger than 1 MB"),
        ('<?xml version="1.0" encoding="utf-8"?><a>挖</a>'.encode("gb18030"), "not the utf-8"),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', "klingon"),
    ],
)
def test_what_could_harm_or_cannot_be_read_is_refused(body: bytes, why: str) -> None:
    with pytest.raises(InputError, match=why):
        parse(body, "body")


def test_names_are_found_whatever_their_namespace() -> None:
    root = parse(b'<x:a xmlns:x="urn:q"><x:b> 1 </x:b><b>2</b><c/></x:a>', "body")
    assert text_of(root, "b") == "1"
    assert find(root, "nothing") is None
    assert text_of(root, "c") is None
    assert leaves(root) == {"b": "1"}


@given(st.binary(max_size=300))
def test_no_bytes_bring_anything_but_a_refusal(body: bytes) -> None:
    for dialect in ("gb28181", "hikvision", "onvif", "frigate"):
        with pytest.raises(InputError):
            read(dialect, body, {})
