"""The paper of an evidence pack: all that the pack holds, whatever it says and however much it is; always the same."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import re
import time
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import paper_pack
import pytest
from page_margins import ink_in_margins
from paper_pack import AT, KEY, SITE, drawing, files, photo, told
from paper_site import HOSTILE

from pipewarden.act.adapters.press import ChildPress, PressLimits, font
from pipewarden.act.adapters.press.packs import framed, pack_payload
from pipewarden.act.adapters.signing import SigningKey, signing_key, verified
from pipewarden.act.facts import PackFile, PackPaper
from pipewarden.act.rules import pack, pack_paper
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

MARGINS_MM = (22, 22)  # as evidence.typ has them
LONG_EVENTS, LONG_PICTURES = 300, 40


@pytest.fixture(scope="module")
def press() -> Iterator[ChildPress]:
    with ChildPress() as one:
        yield one


def made(said: dict[str, Any], held: list[PackFile] | None = None) -> tuple[PackPaper, dict[str, bytes]]:
    """Return the paper of a pack and the pictures that it prints."""
    there = files(said) if held is None else held
    paper = pack_paper.paper(said, there, mark="样例")
    wanted = set(pack_paper.printed(paper))
    return paper, {one.name: one.content for one in there if one.name in wanted}


def words(paper: PackPaper) -> str:
    """Return everything that a paper says."""
    cells = [cell for table in (*paper.tables, *paper.after) for row in table.rows for cell in row]
    notes = [table.note for table in (*paper.tables, *paper.after)]
    return "\n".join((*paper.short, *(value for _, value in paper.facts), *cells, *notes, paper.pictures_note))


def test_the_first_page_says_it_all_in_short() -> None:
    paper, _ = made(told())
    assert paper.title == "施工点证据包"
    assert SITE in paper.number
    assert paper.short[0].startswith("2026-11-26 10:00:00 建档；停工中，1 级，保护范围")
    assert any("违章 2 项，未整改 1 项" in one for one in paper.short)
    facts = dict(paper.facts)
    assert (facts["建设单位"], facts["施工单位"]) == ("示例城市建设投资有限公司", "示例市政工程有限公司")
    assert facts["条款"].split("；") == ["GB 55009-2021 5.1.6", "城镇燃气管理条例 第三十四条"]
    assert facts["管段"] == "DQ-ZY-0187 · 距管外缘 1.6 m"
    assert paper.map.startswith("<svg")
    assert paper.key == KEY
    assert paper.notice == "含渲染画面，并非照片 Holds rendered pictures, no photographs"


def test_a_strike_stands_in_the_short_of_it() -> None:
    said = told()
    said["events"][3] |= {"body": {"kind": "struck", "words": "挖断，漏气"}}
    paper, _ = made(said)
    assert "2026-11-26 10:51:00 管道被挖断：挖断，漏气" in paper.short


def test_times_are_the_places_own_and_its_offset_is_said_once() -> None:
    paper, _ = made(told())
    timeline = paper.tables[0]
    assert timeline.columns[0] == "时间 UTC+08:00"
    assert timeline.rows[0][0] == "2026-11-26 10:00:00"
    said = told()
    said["events"][0]["at"] = "2026-11-26 12:00:00+10:00"
    assert made(said)[0].tables[0].rows[0][0] == "2026-11-26 12:00:00+10:00", "another offset is written out"


def test_every_file_of_the_pack_is_listed_with_its_hash() -> None:
    said = told(pictures=2)
    held = files(said)
    paper, _ = made(said, held)
    rows = {row[0]: row for row in paper.after[1].rows}
    assert set(rows) == {one.name for one in held}
    for one in held:
        assert rows[one.name][2].replace("\n", "") == hashlib.sha256(one.content).hexdigest()
        assert rows[one.name][1] == str(len(one.content))


def test_each_picture_says_whose_it_is_and_a_rendered_one_says_so() -> None:
    said = told(pictures=3)
    paper, shown = made(said)
    assert [bool(one.rendered) for one in paper.pictures] == [False, True, False]
    assert paper.pictures[0].what == "报警画面：excavator, score 0.93"
    assert paper.pictures[1].what == "建档 2026-11-26 10:00:00"
    assert set(shown) == {one["name"] for one in said["pictures"]}
    said["pictures"][1]["name"] = ""
    gone, shown = made(said)
    assert gone.pictures[1].what.endswith("，图片已不在")
    assert gone.pictures[1].image == ""
    assert len(shown) == 2


def test_what_is_not_there_is_said_to_be_not_there() -> None:
    said = told(pictures=0, violations=[], documents=[], rules=[], alarm=None, owner="", contractor="")
    said["site"] |= {"lon": None, "lat": None, "stops": []}
    held = [one for one in files(said) if one.name != "map.svg"]
    paper, _ = made(said, held)
    facts = dict(paper.facts)
    assert facts["建设单位"] == facts["施工单位"] == "不明"
    assert facts["条款"] == "无"
    assert "管段" not in facts
    assert facts["位置（WGS-84）"] == "不明"
    assert (paper.map, paper.pictures_note, paper.notice) == ("", "无 None", "")
    assert paper.map_note.startswith("位置不明")
    assert [one.note for one in (*paper.tables[1:], paper.after[0])] == ["无 None"] * 3
    assert made(told(pipes_shown=False))[0].map_note.startswith("取证人无权查看管网")


def test_what_is_too_much_for_paper_is_cut_and_said(press: ChildPress) -> None:
    many = pack_paper.MOST_EVENTS + 7
    said = told(events=many, pictures=0, words="")
    said["pictures"] = [
        {"name": f"pictures/{place:03d}.jpg", "what": "x", "original": "0" * 64, "version": 1, "rendered": False}
        for place in range(pack_paper.MOST_PICTURES + 5)
    ]
    small = photo(1, 160, 90)
    held = [PackFile(one["name"], "x", small) for one in said["pictures"]]
    paper, shown = made(said, held)
    assert len(paper.tables[0].rows) == pack_paper.MOST_EVENTS
    assert paper.tables[0].note.endswith(": 7 (timeline.json)")
    assert len(shown) == pack_paper.MOST_PICTURES
    assert paper.pictures_note.endswith(": 5")
    assert press.pack_pdf(paper, shown, AT).startswith(b"%PDF")
    novel = told(words="")
    novel["events"][1]["words"] = ["长" * 5000]
    assert max(len(cell) for row in made(novel)[0].tables[0].rows for cell in row) == 600


@pytest.mark.parametrize("what", list(HOSTILE))
def test_hostile_words_are_printed_and_stay_on_the_page(press: ChildPress, what: str) -> None:
    said = told(events=8, pictures=2, words=HOSTILE[what])
    paper, shown = made(said)
    assert press.pack_pdf(paper, shown, AT).startswith(b"%PDF")
    pages = press.pack_pages(replace(paper, mark=""), shown, AT)
    assert 3 <= len(pages) < 40
    assert sum(ink_in_margins(page, *MARGINS_MM) for page in pages) == 0


@pytest.mark.parametrize("what", list(HOSTILE))
def test_a_pipe_of_any_name_is_drawn(press: ChildPress, what: str) -> None:
    label = HOSTILE[what].encode("utf-8", "ignore").decode()  # as a database can hold it
    said = told(pictures=0)
    held = [PackFile("map.svg", "the map", drawing(label))]
    assert press.pack_pdf(*made(said, held), AT).startswith(b"%PDF")


def test_a_long_site_is_printed_within_the_limits(press: ChildPress) -> None:
    """300 events and 40 pictures of 1280 x 720: pages, bytes, seconds, and every picture is really in it."""
    paper, shown = made(told(events=LONG_EVENTS, pictures=LONG_PICTURES))
    assert len(pack_payload(paper, shown, AT, font.coverage())) < 16 << 20
    began, restarts = time.monotonic(), press.restarts
    pdf = press.pack_pdf(paper, shown, AT)
    took = time.monotonic() - began
    assert took < PressLimits().pack_seconds / 2
    assert press.restarts == restarts
    assert len(re.findall(rb"/DCTDecode", pdf)) == LONG_PICTURES
    assert len(pdf) < 12 << 20
    pages = press.pack_pages(paper, shown, AT)
    assert 15 < len(pages) < 60
    if folder := os.environ.get("PIPEWARDEN_PICTURES"):  # for a person to look at
        for place, page in enumerate(pages):
            Path(folder, f"long-{place:02d}.png").write_bytes(page)


def test_it_is_always_the_same_whichever_child_prints_it(press: ChildPress) -> None:
    paper, shown = made(told(pictures=2))
    first = press.pack_pdf(paper, shown, AT)
    with ChildPress() as another:
        assert another.pack_pdf(*made(told(pictures=2)), AT) == first
    later = press.pack_pdf(paper, shown, AT.replace(day=27))
    assert later != first, "the day it was made is in it"


def test_what_takes_too_long_is_refused_and_documents_still_come(press: ChildPress) -> None:
    paper, shown = made(told(events=900, pictures=0))
    with ChildPress(limits=PressLimits(pack_seconds=0.01)) as slow:
        with pytest.raises(InputError, match=r"within 0\.01 s"):
            slow.pack_pdf(paper, shown, AT)
        assert slow.restarts == 1
    assert press.pack_pdf(paper, shown, AT).startswith(b"%PDF")


def test_a_picture_that_was_not_drawn_anew_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="drawn anew"):
        framed(b"GIF89a")
    svg = framed(photo(3))
    assert 'width="1000" height="562"' in svg
    inside = base64.b64decode(re.findall(r"base64,([^\"]+)", svg)[0])
    assert cv2.imdecode(np.frombuffer(inside, np.uint8), cv2.IMREAD_COLOR).shape == (562, 1000, 3)
    assert 'width="160" height="90"' in framed(photo(3, 160, 90)), "a small one is not made larger"


def test_a_thousand_of_a_thousand_changed_bytes_are_found_in_the_paper_too(press: ChildPress, tmp_path: Path) -> None:
    key: SigningKey = signing_key(tmp_path / "signing.key")
    said = told(pictures=2)
    held = [one for one in files(said) if not one.name.startswith("pictures/")]
    paper, shown = made(said)
    pdf = press.pack_pdf(paper, shown, AT)
    held.append(PackFile("evidence.pdf", "on paper", pdf))
    sealed = pack.seal(held, said["about"], public=key.public, sign=key.sign)
    fingerprint = pack.fingerprint(key.public)
    assert pack.check(sealed, verified, key=fingerprint).problems == ()
    with zipfile.ZipFile(io.BytesIO(sealed)) as opened:
        listed = {one["name"]: one for one in json.loads(opened.read("manifest.json"))["files"]}
    assert listed["evidence.pdf"]["sha256"] == hashlib.sha256(pdf).hexdigest()
    start = sealed.index(pdf)
    rng, missed, inside = np.random.default_rng(7), [], 0
    for _ in range(1000):
        changed, at = bytearray(sealed), int(rng.integers(len(sealed)))
        inside += start <= at < start + len(pdf)
        changed[at] ^= int(rng.integers(1, 256))
        if not pack.check(bytes(changed), verified, key=fingerprint).problems:
            missed.append(at)
    assert missed == []
    assert inside > 500, "most of them hit the paper"


def test_nothing_that_a_stranger_wrote_is_lost_on_the_way() -> None:
    paper, _ = made(told(words="#panic {{ 7*7 }}"))
    assert "#panic {{ 7*7 }}" in words(paper)
    sent = json.loads(pack_payload(paper, {}, AT, font.coverage()))
    assert sent["issuer"] == "#panic {{ 7*7 }}"
    assert sent["pictures"][0]["image"] == "", "a picture that is not sent is named, not drawn"
    assert paper_pack.LABEL in made(told())[0].map
