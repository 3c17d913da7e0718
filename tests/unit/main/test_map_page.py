"""The page as a text: one file, nothing to fetch, nothing foreign read as markup, the same for the same data."""

from __future__ import annotations

import base64
import html
import json
import math
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.main.map_page.page import inert_json, render
from pipewarden.main.map_page.page_facts import MapAlarm, MapCamera, MapData, MapPipe, MapStreet

MADE = datetime(2026, 11, 20, 9, 30, 0, tzinfo=timezone(timedelta(hours=8)))
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
HOSTILE = "</script><img src=x onerror=alert(1)>&\u2028\u2029{{ 7*7 }}{% raw %}"
PIPE = MapPipe("P-1", "pipe", "medium", "city_gas", ((116.7, 39.5), (116.71, 39.51)), 0.5, 5.0, 0.11, "PE100")
CAMERA = MapCamera("cam-1", "新华路1号杆", 116.7, 39.5, ((116.7, 39.5), (116.701, 39.5), (116.7, 39.501)), 1, 12)
ALARM = MapAlarm(
    id="a-1",
    zone="protection",
    cls="machine",
    type="excavator",
    score=0.91,
    lon=116.70012345678,
    lat=39.5,
    covariance=(2.5, 1.1, 1.6),
    distance_m=0.4,
    pipe_id="P-1",
    pipe_class="medium",
    clause="GB 55009-2021 5.1.6",
    p_protection=0.8,
    p_control=0.99,
    first_seen="2026-11-20T01:02:10Z",
    last_seen="2026-11-20T01:26:40Z",
    frames=6,
    cameras=("cam-1",),
    work_area=((116.7, 39.5), (116.701, 39.5), (116.7, 39.501)),
    reasons=("相距 1.2 m",),
    picture=b"\xff\xd8\xff\xe0 picture",
)
DATA = MapData("演示", MADE, rendered=True, pipes=(PIPE,), cameras=(CAMERA,), alarms=(ALARM,))


def block(page: str, name: str) -> Any:
    """Return one JSON block as a browser would read it: everything up to the first closing tag."""
    found = re.search(rf'<script type="application/json" id="{name}">(.*?)</script', page, re.DOTALL | re.IGNORECASE)
    assert found is not None
    return json.loads(found[1])


def test_same_data_gives_the_same_page():
    assert render(DATA) == render(replace(DATA))


def test_template_prints_words_and_never_a_method_of_a_dict():
    assert "built-in" not in render(DATA)


def test_page_is_one_file_that_names_no_address_and_forbids_fetching():
    page = render(DATA)
    assert f'content="{POLICY}; ' in page
    addresses = set(re.findall(r"https?://[^\"'\s)]+", page))
    assert addresses == {"http://www.w3.org/2000/svg"}, "the SVG namespace is a name, nothing else may look like one"
    assert set(re.findall(r'(?:src|href)="([^"]*)"', page)) == {"data:,"}
    for word in ("fetch(", "XMLHttpRequest", "WebSocket", "import(", "@import", "url(", "sendBeacon"):
        assert word not in page


def test_script_never_writes_html_and_never_remembers():
    page = render(DATA)
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function",
                 "localStorage", "sessionStorage", "document.cookie", "indexedDB"):  # fmt: skip
        assert word not in page


def test_page_carries_every_fact():
    read = block(render(DATA), "data")
    assert read["madeAt"] == "2026-11-20T09:30:00+08:00"
    assert read["pipes"] == [
        {"id": "P-1", "kind": "pipe", "cls": "medium", "regime": "city_gas", "coords": [[116.7, 39.5], [116.71, 39.51]],
         "protect": 0.5, "control": 5.0, "radius": 0.11, "label": "PE100"}
    ]  # fmt: skip
    assert read["cameras"][0]["at"] == [116.7, 39.5]
    assert read["cameras"][0]["frames"] == 12
    assert len(read["cameras"][0]["seen"]) == 3
    alarm = read["alarms"][0]
    assert alarm["at"] == [116.7001235, 39.5], "rounded to a centimetre"
    assert alarm["covariance"] == [2.5, 1.1, 1.6]
    assert base64.b64decode(alarm["picture"]) == ALARM.picture
    assert (alarm["pProtection"], alarm["pControl"], alarm["distance"]) == (0.8, 0.99, 0.4)
    assert alarm["reasons"] == ["相距 1.2 m"]


def test_streets_are_optional():
    assert block(render(DATA), "data")["streets"] == []
    street = MapStreet("新华路", ((116.7, 39.5), (116.8, 39.5)))
    assert block(render(replace(DATA, streets=(street,))), "data")["streets"][0]["name"] == "新华路"


def test_what_nobody_knows_stays_null():
    bare = replace(ALARM, lon=None, covariance=None, distance_m=None, pipe_id=None, picture=None, work_area=())
    read = block(render(replace(DATA, alarms=(bare,))), "data")["alarms"][0]
    assert read["at"] is None, "half a place is no place"
    assert read["covariance"] is None
    assert read["distance"] is None
    assert read["picture"] is None
    assert read["area"] == []


def test_banner_stands_only_over_rendered_pictures():
    said = "演示画面均为渲染图，非实拍"
    assert f'data-t="rendered">{said}</p>' in render(DATA)
    assert 'data-t="rendered"' not in render(replace(DATA, rendered=False))


def test_hostile_strings_cannot_leave_their_block():
    bad = replace(ALARM, id=HOSTILE, cls=HOSTILE, clause=HOSTILE, reasons=(HOSTILE,), cameras=(HOSTILE,))
    data = replace(DATA, title=HOSTILE, alarms=(bad,), pipes=(replace(PIPE, id=HOSTILE, label=HOSTILE),))
    page = render(data)
    assert "<img" not in page
    assert page.count("</script") == render(DATA).count("</script")
    assert "49" not in html.unescape(re.search(r"<h1>(.*?)</h1>", page, re.DOTALL)[1])  # type: ignore[index]
    assert html.unescape(re.search(r"<title>(.*?)</title>", page, re.DOTALL)[1]) == HOSTILE  # type: ignore[index]
    assert block(page, "data")["alarms"][0]["id"] == HOSTILE
    assert block(page, "data")["pipes"][0]["label"] == HOSTILE


@given(st.text(st.characters(), max_size=60))  # characters() has lone surrogates, as os.fsdecode makes them
def test_any_string_survives_the_json_block_unchanged(said: str):
    text = str(inert_json({"said": said}))
    assert not set(text) & set("<>&\u2028\u2029")
    assert text.isascii()
    assert json.loads(text) == {"said": said}


@given(st.text(st.characters(), max_size=40))
def test_any_title_makes_a_page_that_can_be_written(title: str):
    page = render(replace(DATA, title=title, alarms=(), pipes=(), cameras=()))
    assert page.encode("utf-8").startswith(b"<!doctype html>")


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_refused(number: float):
    with pytest.raises(ValueError, match="JSON compliant"):
        render(replace(DATA, alarms=(replace(ALARM, distance_m=number),)))


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="no zone"):
        render(replace(DATA, made_at=datetime(2026, 11, 20, tzinfo=UTC).replace(tzinfo=None)))


@pytest.mark.parametrize("picture", [b"", b"\x89PNG\r\n", b"<svg onload=alert(1)>"])
def test_a_picture_that_is_no_jpeg_is_refused(picture: bytes):
    with pytest.raises(ValueError, match="not a JPEG"):
        render(replace(DATA, alarms=(replace(ALARM, picture=picture),)))


def test_a_city_of_three_thousand_pipes_stays_a_small_file():
    pipes = tuple(
        replace(PIPE, id=f"P-{i}", coords=tuple((116.7 + i / 1e4, 39.5 + j / 1e4) for j in range(10)))
        for i in range(3000)
    )
    assert len(render(replace(DATA, pipes=pipes))) < 1_500_000
