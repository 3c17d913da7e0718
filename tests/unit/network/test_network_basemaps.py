"""The operator's file of base maps: read strictly, keys kept out of it, addresses and hosts as they must be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pipewarden.kit.errors import InputError
from pipewarden.network.facts.basemaps import BaseCrs, BaseKind, Via
from pipewarden.network.rules import gcj
from pipewarden.network.rules.basemaps import FIELD, address, hosts, read_basemaps, template
from pipewarden.network.rules.tiles import Square

TITLE = {"zh": "底图", "en": "Base"}
OWN: dict[str, Any] = {
    "name": "own",
    "title": TITLE,
    "kind": "pmtiles",
    "crs": "WGS-84",
    "attribution": "© OpenStreetMap contributors",
    "file": "/srv/maps/city.pmtiles",
}
TDT: dict[str, Any] = {
    "name": "tianditu",
    "title": {"zh": "天地图", "en": "Tianditu"},
    "kind": "wmts",
    "crs": "CGCS2000",
    "attribution": "天地图",
    "approval": "GS(2099)1号",
    "url": "https://{s}.tianditu.example/vec_w/wmts?TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk={key}",
    "subdomains": ["t0", "t1"],
    "key_file": "/run/secrets/tdt",
}
AMAP: dict[str, Any] = {
    "name": "amap",
    "title": {"zh": "高德", "en": "Amap"},
    "kind": "xyz",
    "crs": "GCJ-02",
    "attribution": "高德地图",
    "approval": "GS(2099)2号",
    "url": "https://tiles.amap.example/{z}/{x}/{y}.png",
    "via": "browser",
}


def read(*maps: dict[str, Any]) -> Any:
    return read_basemaps(yaml.safe_dump({"basemaps": list(maps)}, allow_unicode=True))


def refused(one: dict[str, Any]) -> str:
    with pytest.raises(InputError) as caught:
        read(one)
    assert caught.value.field == FIELD
    return str(caught.value)


def test_each_kind_is_read_as_it_stands() -> None:
    own, tdt, amap = read(OWN, TDT, AMAP)
    assert (own.kind, own.crs, own.via, str(own.file)) == (BaseKind.PMTILES, BaseCrs.WGS84, Via.DOOR, OWN["file"])
    assert (tdt.crs, tdt.subdomains, tdt.approval) == (BaseCrs.CGCS2000, ("t0", "t1"), "GS(2099)1号")
    assert (amap.crs, amap.via, amap.max_zoom) == (BaseCrs.GCJ02, Via.BROWSER, 18)
    assert tdt.title["zh"] == "天地图"


def test_no_map_shows_its_address() -> None:
    """A template may be given with a key in it, against all advice: what is printed of a map never holds it."""
    assert "tianditu.example" not in repr(read(TDT))


@pytest.mark.parametrize(
    ("base", "change", "says"),
    [
        (OWN, {"file": None}, "has a file"),
        (OWN, {"url": "https://x.example/{z}/{x}/{y}"}, "has a file"),
        (OWN, {"via": "browser"}, "has a file"),
        (TDT, {"file": "/a"}, "no file"),
        (TDT, {"url": ""}, "has a url"),
        (TDT, {"approval": " "}, "审图号"),
        (TDT, {"key_file": None}, "key_file"),
        (AMAP, {"key_file": "/k"}, "key_file"),
        (TDT, {"subdomains": []}, "subdomains"),
        (AMAP, {"subdomains": ["a"]}, "subdomains"),
        (AMAP, {"url": "https://x.example/{z}/{x}"}, "{y}"),
        (AMAP, {"url": "https://x.example/{z}/{x}/{y}/{secret}"}, "no other word"),
        (AMAP, {"url": "https://x.example/{z}/{x}/{y}/{0}"}, "no other word"),
        (AMAP, {"url": "https://x.example/{z}/{x}/{y.real}"}, "{y}"),
        (AMAP, {"url": "https://x.example/{z}/{x}/{y!r}"}, "{y}"),
        (AMAP, {"url": "https://x.example/{z}/{x}/{y"}, "brace"),
        (AMAP, {"url": "ftp://x.example/{z}/{x}/{y}"}, "https"),
        (AMAP, {"url": "https:///{z}/{x}/{y}"}, "https"),
        (AMAP, {"url": "https://a@x.example/{z}/{x}/{y}"}, "https"),
        (AMAP, {"url": "https://x.example;script-src/{z}/{x}/{y}"}, "https"),
        (AMAP, {"url": "https://{x}.example/{z}/{x}/{y}"}, "host"),
        (AMAP, {"min_zoom": 9, "max_zoom": 8}, "min_zoom"),
        (AMAP, {"crs": "EPSG:4490"}, "crs"),
        (AMAP, {"name": "../x"}, "name"),
        (AMAP, {"colour": "red"}, "colour"),
        (AMAP, {"title": {"zh": "图"}}, "title"),
    ],
)
def test_what_cannot_be_is_refused_and_named(base: dict[str, Any], change: dict[str, Any], says: str) -> None:
    assert says in refused({name: value for name, value in (base | change).items() if value is not None})


def test_a_refusal_does_not_repeat_what_was_given() -> None:
    assert "tk=abc123" not in refused(AMAP | {"url": "https://x.example/{z}/{x}?tk=abc123"})


@pytest.mark.parametrize("text", ["{", "[]", "basemaps: 3", "x: 1", "", "basemaps: [" + "{}," * 3 + "]"])
def test_another_file_is_none(text: str) -> None:
    with pytest.raises(InputError):
        read_basemaps(text)


def test_a_name_comes_once_and_a_file_has_a_size() -> None:
    with pytest.raises(InputError, match="twice"):
        read(AMAP, AMAP)
    with pytest.raises(InputError, match="1 MB"):
        read_basemaps("#" * (1 << 20) + "#")
    assert read() == ()


def test_an_address_holds_the_square_the_subdomain_and_the_key_as_one_word() -> None:
    (tdt,) = read(TDT)
    made = address(tdt, Square(14, 13504, 6235), "a&b=c/d")
    assert made == ("https://t1.tianditu.example/vec_w/wmts?TILEMATRIX=14&TILEROW=6235&TILECOL=13504&tk=a%26b%3Dc%2Fd")
    assert address(tdt, Square(14, 13504, 6234), "k").startswith("https://t0.")


def test_browsers_may_ask_the_hosts_they_are_told_to_and_no_other() -> None:
    maps = read(OWN, TDT, AMAP)
    assert hosts(maps) == ("https://tiles.amap.example",), "what goes through the door opens nothing"
    browsed = read(TDT | {"via": "browser"}, AMAP | {"url": "http://10.0.0.7:8080/{z}/{x}/{y}"})
    assert hosts(browsed) == ("http://10.0.0.7:8080", "https://t0.tianditu.example", "https://t1.tianditu.example")
    first, second = template(browsed[0], "k e y")
    assert first.startswith("https://t0.")
    assert second.startswith("https://t1.")
    assert first.endswith("&tk=k%20e%20y")
    assert "{z}" in first


GRID = np.array([(lon, lat) for lon in np.arange(73.5, 135.0, 1.5) for lat in np.arange(3.5, 54.0, 1.5)])


def test_the_shift_and_its_undoing_close_over_all_of_china() -> None:
    there = gcj.wgs84_to_gcj02(GRID)
    assert (np.abs(there - GRID).max(axis=1) > 1e-5).mean() > 0.99, "moved everywhere"
    assert np.abs(gcj.gcj02_to_wgs84(there) - GRID).max() < 1e-9
    assert np.abs(gcj.wgs84_to_gcj02(gcj.gcj02_to_wgs84(GRID)) - GRID).max() < 1e-9


@settings(max_examples=200, deadline=None)
@given(st.floats(-180, 180), st.floats(-85, 85))
def test_outside_nothing_moves_and_inside_the_undoing_is_right_to_a_millionth(lon: float, lat: float) -> None:
    point = np.array([[lon, lat]])
    if not gcj.inside_china(point)[0]:
        assert (gcj.wgs84_to_gcj02(point) == point).all()
        assert (gcj.gcj02_to_wgs84(point) == point).all()
        return
    moved = gcj.wgs84_to_gcj02(point)
    if gcj.inside_china(moved)[0]:  # on the rim of the services' box nobody can know: docs of gcj02_to_wgs84
        assert np.abs(gcj.gcj02_to_wgs84(moved) - point).max() < 1e-6
