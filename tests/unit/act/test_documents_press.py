"""The press: hostile words are shown and never read, nothing runs off a page, nothing is opened, limits hold."""

from __future__ import annotations

import io
import os
import signal
import struct
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
import typst
from docx import Document as Docx
from hypothesis import given
from hypothesis import strategies as st
from page_margins import ink_in_margins
from paper_site import HOSTILE, MARKUP, told
from PIL import Image

from pipewarden.act.adapters.press import ChildPress, PressLimits, child, font
from pipewarden.act.adapters.press.press import payload
from pipewarden.act.facts import DocumentData, DocumentKind, Part, Run, Sheet, Signature
from pipewarden.act.rules.documents import clean, compose, drawable
from pipewarden.act.rules.documents.plain import STAND_IN
from pipewarden.act.store import shipped_kinds, shipped_law
from pipewarden.kit.errors import InputError, UnavailableError
from pipewarden.network.facts import Regime

if TYPE_CHECKING:
    from collections.abc import Iterator

AT = datetime(2026, 11, 26, 2, tzinfo=UTC)
KINDS = list(DocumentKind)


@pytest.fixture(scope="module")
def press() -> Iterator[ChildPress]:
    with ChildPress() as one:
        yield one


def sheet(kind: DocumentKind, words: str = "甲", issuer: str = "示例燃气有限公司") -> Sheet:
    """Return a sheet of a kind with the same words everywhere."""
    spec = shipped_kinds()[kind]
    said = told(spec, words)
    data = DocumentData(
        kind,
        said.fields,
        said.rows,
        shipped_law().clauses[Regime.CITY_GAS, kind],
        signatures=(Signature("施工单位", words), Signature("", words)),
    )
    number = f"{spec.prefix}-2026-000001"
    return compose(
        spec, spec.template, data, issuer=issuer, number=number, day="2026年11月26日", by=words, verify="https://x.example/verify/a"
    )  # fmt: skip


@pytest.mark.parametrize("what", list(HOSTILE))
@pytest.mark.parametrize("kind", KINDS)
def test_hostile_words_are_printed_and_stay_on_the_page(press: ChildPress, kind: DocumentKind, what: str) -> None:
    made = sheet(kind, HOSTILE[what], issuer=HOSTILE[what][:200])
    assert press.pdf(made, {}, AT).startswith(b"%PDF")
    pages = press.pages(made, {}, AT)
    assert 1 <= len(pages) < 60
    assert sum(ink_in_margins(page) for page in pages) == 0


def test_the_margin_test_sees_what_runs_off(press: ChildPress) -> None:
    """Long words without a place to break do run off where nobody makes one."""
    made = sheet(DocumentKind.NOTICE)
    wide = replace(made, parts=(Part("text", runs=(Run("\u00a0" * 3 + "字" * 3),)),))
    page = press.pages(wide, {}, AT)[0]
    image = Image.open(io.BytesIO(page)).convert("L")
    image.paste(0, (image.width - 30, 100, image.width - 10, 110))
    drawn = io.BytesIO()
    image.save(drawn, "PNG")
    assert ink_in_margins(page) == 0
    assert ink_in_margins(drawn.getvalue()) == 200


def test_a_pdf_is_an_archive_with_its_font_and_always_the_same(press: ChildPress) -> None:
    made = sheet(DocumentKind.STOP)
    pdf = press.pdf(made, {}, AT)
    assert b"<pdfaid:part>2</pdfaid:part>" in pdf
    assert b"<pdfaid:conformance>B</pdfaid:conformance>" in pdf
    assert b"/FontFile" in pdf
    assert b"NotoSansSC" in pdf
    assert press.pdf(made, {}, AT) == pdf


@pytest.mark.parametrize("kind", KINDS)
def test_docx_shows_hostile_words_as_they_are(press: ChildPress, kind: DocumentKind) -> None:
    page = Docx(io.BytesIO(press.docx(sheet(kind, MARKUP), {})))
    texts = [one.text for one in page.paragraphs]
    texts += [cell.text for table in page.tables for row in table.rows for cell in row.cells]
    whole = "\n".join(texts)
    assert clean(MARKUP) in whole
    assert "49" not in whole
    assert "{{ row" not in whole
    assert press.docx(sheet(kind, HOSTILE["controls"]), {}).startswith(b"PK")


@given(st.text(max_size=80))
def test_any_text_becomes_one_that_the_font_can_draw(text: str) -> None:
    known = font.coverage()
    shown = drawable(text, known)
    assert all(ord(ch) in known or ch in "\n \u200b" for ch in shown)
    assert drawable(shown, known) == shown


def test_what_the_font_lacks_is_seen_to_be_missing() -> None:
    assert ord(STAND_IN) in font.coverage()
    assert drawable("施工🚜队", font.coverage()) == f"施工{STAND_IN}队"
    assert drawable("\u202e反\u202c 正\x07", font.coverage()) == "反 正"
    assert drawable("X" * 20, font.coverage()).count("\u200b") == 19


def test_without_the_font_nothing_is_printed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(font, "FOLDER", tmp_path)
    with pytest.raises(UnavailableError, match="make web"):
        font.folder()


def test_a_child_that_was_killed_is_replaced(press: ChildPress) -> None:
    press.pdf(sheet(DocumentKind.STOP), {}, AT)
    before = press.restarts
    process = press._all[0].process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    assert press.pdf(sheet(DocumentKind.STOP), {}, AT).startswith(b"%PDF")
    assert press.restarts == before + 1


def test_a_child_that_talks_nonsense_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script = tmp_path / "child.py"
    said = "import os\nfor said in (2, 9):\n    os.write(1, bytes((said, 0, 0, 0, 0)))\n    os.read(0, 1 << 20)\n"
    script.write_text(said)
    monkeypatch.setattr(child, "__file__", str(script))
    with ChildPress() as mad, pytest.raises(InputError, match="cannot be printed within"):
        mad.pdf(sheet(DocumentKind.STOP), {}, AT)


def test_what_costs_too_much_is_refused_and_the_next_one_is_printed() -> None:
    with ChildPress(limits=PressLimits(seconds=0.3)) as slow:
        many = replace(sheet(DocumentKind.NOTICE), parts=(Part("text", runs=(Run("字 " * 400_000),)),))
        with pytest.raises(InputError, match="cannot be printed within"):
            slow.pdf(many, {}, AT)
    with ChildPress() as one, pytest.raises(InputError, match="too long"):
        one.pdf(replace(many, parts=many.parts * 12), {}, AT)


def test_a_picture_that_is_none_is_refused(press: ChildPress) -> None:
    spec = shipped_kinds()[DocumentKind.STOP]
    data = DocumentData(DocumentKind.STOP, {}, {}, (), signatures=(Signature("受送达单位", "张三", "pic"),))
    made = compose(spec, spec.template, data, issuer="甲", number="x", day="x", by="x")
    with pytest.raises(InputError, match="cannot be printed"):
        press.pdf(made, {"pic": b"no picture at all"}, AT)


def test_the_child_can_open_nothing_once_it_serves(tmp_path: Path) -> None:
    template = tmp_path / "t.typ"
    template.write_text(
        '#let s = json(bytes(sys.inputs.sheet))\n#if "file" in s { read(s.file) } else [甲]\n', encoding="utf-8"
    )
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    folders = os.pathsep.join(str(Path(part).resolve()) for part in sys.path if part and Path(part).is_dir())
    arguments = [str(2 << 30), str(template), str(font.folder()), '{"at": 0}', folders]
    asked = b'{"at": 0, "file": "secret.txt"}'
    sent = child.REQUEST.pack(0, child.MAKES.index("pdf"), len(asked)) + asked
    told_back = subprocess.run(
        [sys.executable, "-I", child.__file__, *arguments], input=sent, capture_output=True, check=True, timeout=60
    ).stdout
    ready, rest = told_back[: child.REPLY.size], told_back[child.REPLY.size :]
    assert child.STATUSES[struct.unpack("<BI", ready)[0]] == "ready"
    status, size = child.REPLY.unpack(rest[: child.REPLY.size])
    assert child.STATUSES[status] == "refused"
    assert b"secret" not in rest[child.REPLY.size : child.REPLY.size + size].replace(b"secret.txt", b"")


def test_the_code_on_a_paper_is_read_by_a_reader() -> None:
    """At 150 dpi, which an office scanner does at least; another reader than the one that made it."""
    address = "https://gas.example.org/verify/Ab3-_xYzAb3-_xYz123456"
    made = replace(sheet(DocumentKind.RESUMPTION), verify=address)
    known = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(font.folder())])
    compiler = typst.Compiler(b"", font_paths=known)
    said = {"sheet": payload(made, {}, AT, font.coverage()).decode()}
    layout = Path(child.__file__).with_name("document.typ").read_bytes()
    drawn = compiler.compile(layout, format="png", ppi=150, sys_inputs=said)
    pages = drawn if isinstance(drawn, list) else [drawn]
    read = [cv2.QRCodeDetector().detectAndDecode(cv2.imdecode(np.frombuffer(one, np.uint8), 0))[0] for one in pages]
    assert address in read
