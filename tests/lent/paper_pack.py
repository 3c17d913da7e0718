"""A made-up evidence pack as paper is made of it: as many events and pictures as a test wants, any words anywhere."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import cv2
import numpy as np
import shapely
from paper_site import pipe

from pipewarden.act.facts import PackAbout, PackFile
from pipewarden.act.rules import site_map
from pipewarden.act.store.evidence_words import shipped_evidence_words
from pipewarden.network.facts import Near, Regime

AT = datetime(2026, 11, 26, 2, tzinfo=UTC)
PLACE = (116.7005, 39.50003)
KEY = "5f3c" * 16
SITE = "0190e0c2-7b1c-7d4e-9a55-3f2b8c6d1e70"
LINE = ((116.699, 39.49985), (116.7005, 39.5), (116.702, 39.5003))
KINDS = ("noted", "verified", "advanced", "standby_checked", "violation_opened", "stop_ordered")
LABEL = "DQ-ZY-0187"


def photo(seed: int, width: int = 1280, height: int = 720) -> bytes:
    """Return a JPEG as large as a photograph of a street is: a ground, a sky, something yellow in a box, noise."""
    rng = np.random.default_rng(seed)
    pixels = np.full((height, width, 3), (96, 118, 128), np.uint8)
    pixels[: height // 3] = (214, 200, 186)
    left, top, right = int(rng.integers(width // 8, width // 2)), height // 2, 0
    right = left + width // 6
    cv2.rectangle(pixels, (left, top), (right, height * 3 // 4), (40, 170, 230), -1)
    for colour, thick in (((0, 0, 0), 5), ((46, 16, 200), 2)):
        cv2.rectangle(pixels, (left - 12, top - 90), (right + 12, height * 3 // 4 + 12), colour, thick)
    noisy = np.clip(pixels + rng.normal(0, 9, pixels.shape), 0, 255).astype(np.uint8)
    return bytes(cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes())


def drawing(label: str = LABEL) -> bytes:
    """Return the map of a place beside a pipe."""
    here = replace(pipe().pipe, geometry=bytes(shapely.to_wkb(shapely.LineString(LINE))), pipe_id=label)
    return site_map.draw(PLACE, 3.2, [Near(here, Regime.CITY_GAS, protect_m=0.5, control_m=5.0)])


def _event(place: int, words: str, say: Any) -> dict[str, Any]:
    kind = KINDS[place % len(KINDS)] if place else "discovered"
    key = "verified_true" if kind == "verified" else kind
    there = AT + timedelta(hours=8, minutes=17 * place)
    return {
        "version": place + 1,
        "at": f"{there:%Y-%m-%d %H:%M:%S}+08:00",
        "said": {lang: said.replace("{to}", "旁站中") for lang, said in say["events"][key].items()},
        "who": words or ("孙七" if place % 3 else ""),
        "words": [words or "挖机一台，距标志桩约 3 米"],
        "signed_by": [words or "张三"] if kind == "advanced" else [],
        "refused": kind == "advanced" and place % 2 == 0,
        "witness": words or "社区王主任",
        "body": {"kind": kind, "words": words},
    }


def _violations(words: str) -> list[dict[str, Any]]:
    first = {
        "code": "V-PLAN",
        "zh": "未共同制定保护方案即开挖",
        "en": "no plan",
        "severity": "major",
        "clause": words or "城镇燃气管理条例 第三十四条",
        "penalty": words or "城镇燃气管理条例 第五十条",
        "reason": words or "未见保护方案，机械已开挖",
        "at": "2026-11-26 10:32:00+08:00",
        "fixed_at": None,
        "evidence": [{"fact": "plan_signed", "value": words or "false"}],
    }
    fixed = {"code": "V-UNBRIEFED", "zh": "未交底", "fixed_at": "2026-11-26 14:00:00+08:00"}
    return [first, first | fixed]


def told(events: int = 12, pictures: int = 4, words: str = "", **more: Any) -> dict[str, Any]:
    """Return what a pack's page and paper are made of; ``words`` stand wherever a stranger's words may."""
    say = shipped_evidence_words()
    about = PackAbout(SITE, events, words or "示例燃气有限公司", "person:1", AT.isoformat(), rendered=pictures > 1)
    return {
        "say": say,
        "site": {
            "id": SITE,
            "level": 1,
            "lon": PLACE[0],
            "lat": PLACE[1],
            "stops": [{"reason": words or "保护范围内机械开挖", "resumed_at": None}],
        },
        "headline": say["headlines"]["stopped"],
        "zone": say["zones"]["protection"],
        "events": [_event(place, words, say) for place in range(events)],
        "violations": _violations(words),
        "rules": [
            {"code": "R-1", "zh": "保护范围内未见保护方案", "en": "x", "clause": "第三十四条", "result": "violated"},
            {"code": "R-2", "zh": "旁站在岗", "en": "x", "clause": "第三十七条", "result": "compliant"},
        ],
        "filing": {"filing_id": None, "score": 0.0, "reason": words or "附近 200 m 内没有有效备案"},
        "alarm": {
            "id": "a",
            "class": "excavator",
            "score": 0.93,
            "zone_pipe_id": words or LABEL,
            "distance_m": 1.6,
            "clause": "GB 55009-2021 5.1.6",
            "network_version_id": None,
        },
        "owner": words or "示例城市建设投资有限公司",
        "contractor": words or "示例市政工程有限公司",
        "pictures": [
            {
                "name": f"pictures/{place:02d}-0a1b2c3d.jpg",
                "what": words or "excavator, score 0.93",
                "original": f"{place:064x}",
                "version": place,
                "rendered": place % 2 == 1,
            }
            for place in range(pictures)
        ],
        "documents": [
            {
                "name": "documents/notice-2026-000123.pdf",
                "number": "告知-2026-000123",
                "title": "施工安全告知函",
                "issued_at": "2026-11-26 10:40:00+08:00",
                "sha256": "ab" * 32,
                "void": words or None,
                "replaced_by": None,
            }
        ],
        "drawn": True,
        "pipes_shown": True,
        "about": about,
        "rendered": about.rendered,
        "made_by": words or "周八",
        "made_local": "2026-11-26 18:00:00+08:00",
        "key": KEY,
    } | more


def files(said: dict[str, Any], label: str = LABEL) -> list[PackFile]:
    """Return the files of such a pack beside its paper."""
    shown = [one for one in said["pictures"] if one["name"]]
    found = [PackFile(one["name"], one["what"], photo(place)) for place, one in enumerate(shown)]
    found += [PackFile(f"{key}.json", key, json.dumps(said[key]).encode()) for key in ("events", "rules")]
    return [*found, PackFile("map.svg", "the map", drawing(label)), PackFile("index.html", "a page", b"<p>")]
