"""Figures and cases as tables for people and spreadsheets: CSV and XLSX, in which no cell runs as a formula."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import xlsxwriter

from pipewarden.insight.facts import Part, Shape

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipewarden.insight.facts import AreaRow, Case, Figure, Report

    Words = Mapping[str, Mapping[str, Mapping[str, str]]]

FIGURES = (
    "figure", "title", "value", "unit", "low", "high", "p50_h", "p90_h", "counted", "of", "left_out",
    "value_before", "p50_h_before", "p90_h_before", "counted_before", "of_before", "apart", "meaning",
)  # fmt: skip
AREAS = ("area_id", "area", "sites", "works", "unfiled", "papers_known", "violations", "damages", "p50_to_site_h")
CASES = ("id", "kind", "at", "part", "why", "group", "name", "value", "site_id", "tenant_id", "lon", "lat", "words")
_UNITS = {Shape.SHARE: "share", Shape.TIME: "h", Shape.GROUPS: "cases", Shape.LENGTH: "m/m", Shape.RATE: "rate"}
_HOUR = 3600.0
_WIDE = 18
_SHEET = 31  # characters of a sheet's name, Excel's own limit
_TEXT = 32_767  # characters of a cell, the same


def figure_rows(report: Report, words: Words, language: str) -> list[list[object]]:
    """Return one row a figure and one a group of it, as ``FIGURES`` heads them."""
    rows: list[list[object]] = []
    for one in report.figures:
        now, before, said = one.now, one.before, words["figures"][one.now.key]
        title, meaning = said[f"title_{language}"], said[f"counted_{language}"]
        out = "; ".join(f"{words['why'][why][language]}: {count}" for why, count in now.left_out.items())
        rows.append(
            [
                now.key.value, title, _short(now.value), _UNITS[now.shape], _short(now.low), _short(now.high),
                _hours(now.p50), _hours(now.p90), _short(now.counted), _short(now.of), out, _short(before.value),
                _hours(before.p50), _hours(before.p90), _short(before.counted), _short(before.of), one.apart, meaning,
            ]
        )  # fmt: skip
        rows += [_group_row(now, place, words, language) for place in range(len(now.groups))]
    return rows


def _group_row(figure: Figure, place: int, words: Words, language: str) -> list[object]:
    group = figure.groups[place]
    known = figure.shape is not Shape.LENGTH
    return [
        figure.key.value, f"· {group_name(group.key, group.name, words, language)}", _short(group.value), "share",
        _short(group.low) if known else None, _short(group.high) if known else None, None, None, group.hits,
        _short(figure.counted if known else None), "", None, None, None, None, None, None, "",
    ]  # fmt: skip


def group_name(key: str, name: str, words: Words, language: str) -> str:
    """Return what a group is called: a word of ours, a name somebody gave, or its key."""
    said = words["groups"].get(key)
    return said[language] if said is not None else name or key


def area_rows(rows: Sequence[AreaRow]) -> list[list[object]]:
    """Return one row an area, as ``AREAS`` heads them."""
    return [
        [
            one.area_id, one.name, one.sites, one.works, one.unfiled, one.known, one.violations, one.damages,
            _hours(one.p50_site_s),
        ]
        for one in rows
    ]  # fmt: skip


def case_rows(key: str, cases: Sequence[Case], words: Words, language: str) -> list[list[object]]:
    """Return one row a case, as ``CASES`` heads them."""
    return [
        [
            one.id, one.kind.value, one.at.astimezone(UTC).isoformat(), one.part.value, one.why, one.group, one.name,
            _short(one.value), one.site_id, one.tenant_id, one.lon, one.lat, case_words(key, one, words)[language],
        ]
        for one in cases
    ]  # fmt: skip


def case_words(key: str, case: Case, words: Words) -> dict[str, str]:
    """Return what a case is in its figure, in both languages: what it is, and why it counts or does not."""
    said, kind = words["figures"][key], words["kinds"][case.kind]
    told = {}
    for language in ("zh", "en"):
        if case.part is Part.LEFT_OUT:
            why = words["why"][case.why][language]
        else:
            why = said[f"{'hit' if case.part is Part.COUNTED else 'rest'}_{language}"]
        group = group_name(case.group, case.name, words, language) if case.group else ""
        told[language] = " · ".join(dict.fromkeys(one for one in (kind[language], why, group) if one))
    return told


def workbook(sheets: Sequence[tuple[str, Sequence[str], Sequence[Sequence[object]]]], made_at: datetime) -> bytes:
    """Return sheets of (name, heads, rows) as XLSX; the same rows at the same time give the same bytes.

    Words are written as words, whatever they begin with: nothing of theirs is a formula, a link or a number (CWE-1236).
    """
    into = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with xlsxwriter.Workbook(into, options) as book:
        book.set_properties({"created": made_at.astimezone(UTC).replace(tzinfo=None), "author": "Pipewarden 管卫"})
        bold = book.add_format({"bold": True})
        for name, heads, rows in sheets:
            sheet = book.add_worksheet(name[:_SHEET])
            sheet.freeze_panes(1, 0)
            sheet.set_column(0, max(0, len(heads) - 1), _WIDE)
            for column, head in enumerate(heads):
                sheet.write_string(0, column, head, bold)
            for place, row in enumerate(rows, 1):
                for column, value in enumerate(row):
                    _write(sheet, place, column, value)
    return into.getvalue()


def _write(sheet: xlsxwriter.worksheet.Worksheet, row: int, column: int, value: object) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value)
    else:
        sheet.write_string(row, column, str(value)[:_TEXT])


def _hours(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds / _HOUR, 2)


def _short(value: float | None) -> float | int | None:
    if value is None or isinstance(value, int):
        return value
    return int(value) if value.is_integer() else round(value, 4)
