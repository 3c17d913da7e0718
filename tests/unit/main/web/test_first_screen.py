"""What a browser loads before the desk's map: at most 600 kB as gzip, and nothing of the map itself."""

from __future__ import annotations

import gzip
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pipewarden.main.web.console import BUILT

MOST = 600_000  # bytes as gzip: issue "# 12.", the desk's first screen before the map
ROUTES = Path(__file__).resolve().parents[4] / "web" / "src" / "desk" / "routes.ts"
DRAWING = "maplibregl-canvas"  # a word of MapLibre's own, which no build takes out


@cache
def manifest() -> dict[str, dict[str, Any]]:
    path = BUILT / ".vite" / "manifest.json"
    assert path.exists(), "the pages are not built; run: make web"
    told: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return told


def reached(*entries: str) -> set[str]:
    """Return the files that an entry loads before it does anything: itself, what it imports, and their styles."""
    waiting, seen, files = list(entries), set[str](), set[str]()
    while waiting:
        key = waiting.pop()
        if key in seen:
            continue
        seen.add(key)
        one = manifest()[key]
        files |= {one["file"], *one.get("css", [])}
        waiting += one.get("imports", [])
    return files


def weight(files: set[str]) -> int:
    return sum(len(gzip.compress((BUILT / one).read_bytes(), 6)) for one in files)


def of_the_map(files: set[str]) -> set[str]:
    return {one for one in files if one.endswith(("js", "mjs")) and DRAWING in (BUILT / one).read_text("utf-8")}


def first_page() -> str:
    """Return the module of the page at ``/``."""
    routes = ROUTES.read_text(encoding="utf-8")
    name = re.search(r"name: '(\w+)', path: '/'", routes)
    assert name is not None
    found = re.search(rf"\b{name[1]}: \(\) => import\('\./([^']+)'\)", routes)
    assert found is not None
    return f"src/desk/{found[1]}"


def test_the_frame_of_every_page_holds_nothing_of_the_map() -> None:
    files = reached("index.html")
    assert of_the_map(files) == set(), "a page must not wait for the map: import it when it is needed"
    assert weight(files) <= MOST


def test_the_first_page_is_light_before_its_map() -> None:
    files = reached("index.html", first_page())
    drawing = of_the_map(files)
    assert 0 < weight(files - drawing) <= MOST
    assert weight(files) > weight(files - drawing), "the map is its greater part, so leaving it out says something"


def test_the_page_names_what_the_manifest_does() -> None:
    page = (BUILT / "index.html").read_text(encoding="utf-8")
    named = set(re.findall(r'(?:src|href)="/(assets/[^"]+\.(?:js|css))"', page))
    assert named == reached("index.html")


@pytest.mark.parametrize("key", ["m/index.html"])
def test_the_phone_holds_nothing_of_the_map_either(key: str) -> None:
    assert of_the_map(reached(key)) == set()
