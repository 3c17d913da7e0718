"""Open311 on the wire: the specification's own examples both ways, and what strangers' servers send."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.exchange.facts.open311 import Format
from pipewarden.exchange.rules.open311.written import LARGEST, read, write
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLES = {
    "example_01.xml": "services",
    "example_02.xml": "service_definition",
    "example_03.json": "service_definition",
    "example_04.xml": "service_requests",
    "example_05.json": "service_requests",
    "example_06.xml": "service_requests",
    "example_07.xml": "service_requests",
    "example_08.xml": "service_requests",
}


def flat(element: ET.Element) -> object:
    """What an element says: its name, its words and its children in order."""
    return element.tag, (element.text or "").strip(), [flat(one) for one in element]


@pytest.mark.shared
@pytest.mark.parametrize(("name", "root"), EXAMPLES.items())
def test_an_example_of_the_specification_comes_back_as_it_was(shared_data: Path, name: str, root: str) -> None:
    folder = shared_data / "geo" / "reports" / "open311_spec"
    if not folder.is_dir():
        pytest.skip(f"real data absent: {folder}")
    content = (folder / name).read_bytes()
    form = Format.XML if name.endswith(".xml") else Format.JSON
    rows = read(root, content)
    assert rows, name
    said = rows[0] if root == "service_definition" else rows
    again = write(root, said, form)
    if form is Format.JSON:
        assert json.loads(again) == json.loads(content)
    else:
        assert flat(ET.fromstring(again)) == flat(ET.fromstring(content))  # noqa: S314  of the specification
    other = Format.JSON if form is Format.XML else Format.XML
    assert len(read(root, write(root, said, other))) == len(rows), "the other format says the same rows"


def test_every_example_is_spoken_of(shared_data: Path) -> None:
    folder = shared_data / "geo" / "reports" / "open311_spec"
    if not folder.is_dir():
        pytest.skip(f"real data absent: {folder}")
    assert {one.name for one in folder.iterdir()} == set(EXAMPLES)


@pytest.mark.parametrize("words", ["<script>alert(1)</script>", "a & b ]]> c", "=cmd|' /C calc'!A0", "管道 \U0001f525"])
def test_words_stay_words_in_both_formats(words: str) -> None:
    rows = [{"service_request_id": "1", "description": words}]
    for form in Format:
        written = write("service_requests", rows, form)
        assert read("service_requests", written, form) == rows
    assert b"<script>" not in write("service_requests", rows, Format.XML)


def test_signs_that_xml_cannot_hold_are_left_out_of_it() -> None:
    rows = [{"description": "a\x00b\x0bc\ufffe"}]
    assert read("service_requests", write("service_requests", rows, Format.XML)) == [{"description": "abc"}]


@given(st.lists(st.dictionaries(st.sampled_from(["description", "address"]), st.text(max_size=40)), max_size=4))
def test_xml_is_always_well_formed(rows: list[dict[str, str]]) -> None:
    assert len(ET.fromstring(write("service_requests", rows, Format.XML))) == len(rows)  # noqa: S314  our own


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;">]>'
    "<service_requests><request><description>&lol2;</description></request></service_requests>"
)
XXE = (
    '<!DOCTYPE r [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    "<service_requests><request><description>&f;</description></request></service_requests>"
)
DEEP = "<service_requests>" + "<request>" * 200 + "</request>" * 200 + "</service_requests>"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (BOMB.encode(), "document type"),
        (XXE.encode(), "document type"),
        (XXE.encode("utf-16"), "no JSON"),
        (DEEP.encode(), "too deeply"),
        (b"<!doctype html><html><body>502 Bad Gateway</body></html>", "page for browsers"),
        (b"<html><head><title>error", "page for browsers"),
        (b"<rss></rss>", "begins with <rss>"),
        (b"<service_requests>", "is no XML"),
        (b"<service_requests>\xff\xfe</service_requests>", "not UTF-8"),
        (b"", "is no JSON"),
        (b"502 Bad Gateway", "is no JSON"),
        (b"[1, 2]", "no list of objects"),
        (b"[" * 100_000, "is no JSON"),
    ],
)
def test_what_is_no_answer_is_refused_with_its_reason(content: bytes, problem: str) -> None:
    with pytest.raises(InputError) as caught:
        read("service_requests", content)
    assert problem in caught.value.problem


def test_an_answer_of_100_mb_is_not_read() -> None:
    with pytest.raises(InputError) as caught:
        read("service_requests", b" " * (100 << 20))
    assert f"{LARGEST >> 20} MB" in caught.value.problem


@pytest.mark.parametrize(
    "content",
    [
        b'[{"service_request_id": 5}]',
        b'{"service_requests": [{"service_request_id": 5}]}',
        b'{"requests": [{"service_request_id": 5}]}',
        b'{"service_request_id": 5}',
        b'\xef\xbb\xbf[{"service_request_id": 5}]',
    ],
)
def test_lists_that_servers_wrap_are_read(content: bytes) -> None:
    assert read("service_requests", content) == [{"service_request_id": 5}]


def test_an_answer_that_is_errors_has_no_rows() -> None:
    assert read("service_requests", b"<errors><error><code>404</code></error></errors>") == []


def test_a_namespace_and_an_empty_list_are_no_trouble() -> None:
    told = b'<service_requests xmlns="urn:x"><request><lat>1</lat></request><request/></service_requests>'
    assert read("service_requests", told) == [{"lat": "1"}]
    assert read("service_requests", b"<service_requests/>") == []
