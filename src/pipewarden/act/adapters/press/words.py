"""Sheets as docx, for people who must edit one: built by python-docx once, filled by docxtpl, all text escaped."""

from __future__ import annotations

import io
from functools import cache
from typing import TYPE_CHECKING, Any

import segno
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docxtpl import DocxTemplate, InlineImage, Listing

from pipewarden.act.rules.documents import clean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipewarden.act.facts import Part, Runs, Sheet

_FONT = "Noto Sans SC"
_RED = RGBColor(0xC0, 0x00, 0x00)
_WIDE = 4
_BLANK = "＿" * 6
_COPY = "可编辑副本：以 PDF 原件为准，本副本的修改不属于原件。"


def docx_of(sheet: Sheet, images: Mapping[str, bytes]) -> bytes:
    """Return a sheet as docx.

    Args:
        sheet: what it says; its text is escaped, never read as markup or template.
        images: JPEG by the name that the sheet's signatures give.
    """
    template = DocxTemplate(io.BytesIO(_base()))
    template.render(_context(template, sheet, images), autoescape=True)
    made = io.BytesIO()
    template.save(made)
    return made.getvalue()


def _context(template: DocxTemplate, sheet: Sheet, images: Mapping[str, bytes]) -> dict[str, Any]:
    number = sheet.number or "（草稿）"
    return {
        "letter": sheet.letter,
        "issuer": _text(sheet.issuer),
        "number": _text(number),
        "title": _text(sheet.title),
        "recipient": _runs(sheet.recipient),
        "parts": [_part(template, part, images) for part in sheet.parts],
        "clauses": [_text(one) for one in sheet.clauses],
        "by": _text(sheet.by),
        "day": _text(sheet.day),
        "seal": sheet.seal,
        "mark": _text(sheet.mark),
        "verify": _text(sheet.verify),
        "qr": _picture(template, _qr(sheet.verify), 22) if sheet.verify else "",
        "copy": _COPY,
    }


def _part(template: DocxTemplate, part: Part, images: Mapping[str, bytes]) -> dict[str, Any]:
    return {
        "type": part.type,
        "text": _runs(part.runs),
        "lines": [_runs(line) for line in part.lines],
        "cells": [[_runs(one) for one in row] + [""] * (_WIDE - len(row)) for row in part.cells],
        "columns": [_text(one) for one in part.columns],
        "rows": [[_runs(one) for one in row] for row in part.rows],
        "signed": [
            {
                "party": _text(one.party),
                "name": _text(one.name),
                "image": _picture(template, images[one.image], 30) if one.image in images else "",
            }
            for one in part.signed
        ],
    }


def _text(text: str) -> Listing:
    return Listing(clean(text))


def _runs(runs: Runs) -> Listing:
    return _text("".join(one.text or (_BLANK if one.blank else "") for one in runs))


def _picture(template: DocxTemplate, picture: bytes, width_mm: int) -> InlineImage:
    return InlineImage(template, io.BytesIO(picture), width=Mm(width_mm))


def _qr(address: str) -> bytes:
    made = io.BytesIO()
    segno.make(address, error="m", micro=False).save(made, kind="png", scale=6, border=2)
    return made.getvalue()


@cache
def _base() -> bytes:
    """Return the one docx that every sheet is filled into."""
    page = Document()
    _set_up(page)
    _say(page, "{%p if letter %}")
    _say(page, "{{ issuer }}", size=22, bold=True, centred=True, red=True)
    _say(page, "{%p endif %}")
    _say(page, "编号：{{ number }}", size=10, right=True)
    _say(page, "{{ title }}", size=18, bold=True, centred=True)
    _say(page, "{%p if mark %}")
    _say(page, "{{ mark }}", bold=True, centred=True, red=True)
    _say(page, "{%p endif %}")
    _say(page, "{%p if recipient %}")
    _say(page, "{{ recipient }}：")
    _say(page, "{%p endif %}")
    _say(page, "{%p for part in parts %}")
    _parts(page)
    _say(page, "{%p endfor %}")
    _say(page, "依据", size=10, bold=True)
    _say(page, "{%p for clause in clauses %}")
    _say(page, "· {{ clause }}", size=9)
    _say(page, "{%p endfor %}")
    _say(page, "{{ issuer }}", right=True)
    _say(page, "签发人：{{ by }}", right=True)
    _say(page, "{{ day }}", right=True)
    _say(page, "{%p if seal %}")
    _say(page, "（盖章处）", right=True)
    _say(page, "{%p endif %}")
    _say(page, "{%p if verify %}")
    _say(page, "{{ qr }}")
    _say(page, "{{ verify }}", size=8)
    _say(page, "{%p endif %}")
    _say(page, "{{ copy }}", size=8)
    made = io.BytesIO()
    page.save(made)
    return made.getvalue()


def _parts(page: Any) -> None:
    _say(page, '{%p if part.type == "heading" %}')
    _say(page, "{{ part.text }}", bold=True)
    _say(page, '{%p elif part.type == "text" %}')
    _say(page, "　　{{ part.text }}")
    _say(page, '{%p elif part.type == "refusal" %}')
    _say(page, "{{ part.text }}", bold=True, red=True)
    _say(page, '{%p elif part.type == "list" %}')
    _say(page, "{%p for line in part.lines %}")
    _say(page, "{{ loop.index }}. {{ line }}")
    _say(page, "{%p endfor %}")
    _say(page, '{%p elif part.type == "facts" %}')
    _table(page, ["{%tr for row in part.cells %}"], ["{{ row[0] }}", "{{ row[1] }}", "{{ row[2] }}", "{{ row[3] }}"])
    _say(page, '{%p elif part.type == "grid" %}')
    head = ["{%tc for one in part.columns %}", "{{ one }}", "{%tc endfor %}"]
    body = ["{%tc for one in row %}", "{{ one }}", "{%tc endfor %}"]
    _table(page, ["{%tr for row in part.rows %}"], body, head)
    _say(page, '{%p elif part.type == "signatures" %}')
    _say(page, "{%p for one in part.signed %}")
    _say(page, "{{ one.party }}（签字、盖章）：{{ one.image }} {{ one.name }}　　　　年　　月　　日")
    _say(page, "{%p endfor %}")
    _say(page, "{%p endif %}")


def _table(page: Any, opening: list[str], body: list[str], head: list[str] | None = None) -> None:
    """Add a table whose one body row is repeated; the rows that say so are taken out by docxtpl."""
    rows = [*([] if head is None else [head]), opening, body, ["{%tr endfor %}"]]
    table = page.add_table(rows=len(rows), cols=max(len(row) for row in rows), style="Table Grid")
    for row, texts in zip(table.rows, rows, strict=True):
        for cell, text in zip(row.cells, texts, strict=False):
            cell.paragraphs[0].add_run(text).font.size = Pt(9.5)


def _set_up(page: Any) -> None:
    section = page.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(30), Mm(28)
    section.left_margin, section.right_margin = Mm(27), Mm(25)
    style = page.styles["Normal"]
    style.font.name, style.font.size = _FONT, Pt(11)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), _FONT)


def _say(
    page: Any,
    text: str,
    *,
    size: float = 11,
    bold: bool = False,
    centred: bool = False,
    right: bool = False,
    red: bool = False,
) -> None:
    paragraph = page.add_paragraph()
    run = paragraph.add_run(text)
    run.font.size, run.bold = Pt(size), bold
    if red:
        run.font.color.rgb = _RED
    if centred or right:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER if centred else WD_ALIGN_PARAGRAPH.RIGHT
