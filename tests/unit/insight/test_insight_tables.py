"""Tables and paper: nothing of a stranger's runs, nothing is lost, every word is there in both languages."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from pipewarden.act.adapters.press import ChildPress
from pipewarden.insight.facts import SHAPES, AreaRow, Case, CaseKind, FigureKey, HotSpot, Part, Report, Shape, Span
from pipewarden.insight.rules import counting, paper, tables
from pipewarden.insight.store import shipped_words
from pipewarden.kit.table import written
from pipewarden.learn.facts.outcome import Found
from pipewarden.network.facts import PressureClass

AT = datetime(2026, 10, 5, 3, 0, tzinfo=UTC)
SPAN = Span(AT, AT + timedelta(days=30))
TENANT = UUID(int=1)
EVIL = '=HYPERLINK("http://x.example","建工")'
WORDS = shipped_words()


def case(number: int, part: Part = Part.COUNTED, **more: object) -> Case:
    made = Case(str(UUID(int=number)), CaseKind.VIOLATION, TENANT, AT + timedelta(minutes=number), part)
    return replace(made, **more)  # type: ignore[arg-type]  # fields of a case


def made() -> Report:
    firms = [case(n, group="f1", name=EVIL) for n in range(3)] + [case(9, group="no_contractor")]
    broken = counting.figure_of(FigureKey.VIOLATIONS_BY_CONTRACTOR, [*firms, case(5, Part.LEFT_OUT, why="void")])
    waits = [case(n, value=60.0 * n) for n in (1, 2, 3)] + [case(4, Part.REST, value=9.0)]
    took = counting.figure_of(FigureKey.TIME_TO_SITE, waits)
    bare = counting.figure_of(FigureKey.UNFILED, [case(1), case(2, Part.REST), case(3, Part.REST)])
    none = counting.figure_of(FigureKey.UNFILED, [])
    long = counting.length_of(FigureKey.PATROL_COVERAGE, [("low", 12_000.0, 48_000.0), ("high", 0.0, 0.0)])
    rate = counting.rate_of(FigureKey.DAMAGES_PER_100_KM, [case(1)], 50.0, 2.0, few=True)
    pairs = [(broken, broken), (took, took), (bare, none), (long, long), (rate, rate)]
    return Report(SPAN, SPAN.before, AT, tuple(counting.compared(now, before) for now, before in pairs))


def test_every_key_reason_group_and_part_has_its_words() -> None:
    figures = WORDS["figures"]
    assert set(figures) == {one.value for one in FigureKey} == {one.value for one in SHAPES}
    for key, said in figures.items():
        for language in ("zh", "en"):
            assert said[f"title_{language}"]
            assert said[f"hit_{language}"]
            assert said[f"counted_{language}"].endswith(("。", "."))
            if SHAPES[FigureKey(key)] in {Shape.SHARE, Shape.TIME}:
                assert said[f"rest_{language}"], key
    assert set(WORDS["kinds"]) == {one.value for one in CaseKind}
    assert {one.value for one in (*Found, *PressureClass)} <= set(WORDS["groups"])
    for group in ("why", "groups", "kinds", "paper"):
        for key, said in WORDS[group].items():
            assert set(said) == {"zh", "en"}, key
            assert all(said.values()), key


def test_figures_as_rows_keep_their_denominators() -> None:
    rows = tables.figure_rows(made(), WORDS, "en")
    assert all(len(row) == len(tables.FIGURES) for row in rows)
    told = [dict(zip(tables.FIGURES, row, strict=True)) for row in rows]
    broken = told[0]
    assert (broken["counted"], broken["of"], broken["left_out"]) == (
        4,
        4,
        "struck out on appeal, or another's works: 1",
    )
    assert [one["title"] for one in told[1:3]] == [f"· {EVIL}", "· contractor unknown"]
    took = next(one for one in told if one["figure"] == "time_to_site")
    assert (took["p50_h"], took["p90_h"], took["counted"], took["of"]) == (0.03, None, 3, 4)
    bare = next(one for one in told if one["figure"] == "unfiled")
    assert (bare["value"], bare["value_before"], bare["apart"]) == (0.3333, None, False)
    assert bare["low"] < bare["value"] < bare["high"]
    metres = [one for one in told if one["figure"] == "patrol_coverage"]
    assert (metres[0]["value"], metres[0]["low"], metres[1]["low"], len(metres)) == (0.25, None, None, 2)


def test_csv_and_workbook_run_nothing() -> None:
    cases = [case(1, group="f1", name=EVIL), case(2, Part.LEFT_OUT, why="void", group="f1", name=EVIL)]
    rows = tables.case_rows("violations_by_contractor", cases, WORDS, "zh")
    back = list(csv.reader(io.StringIO(written(tables.CASES, rows))))
    assert back[0] == list(tables.CASES)
    assert back[1][tables.CASES.index("name")] == f"'{EVIL}"
    assert back[2][-1].startswith("违章 · 申诉撤销或属他人")
    book = tables.workbook([("a" * 40, tables.CASES, rows)], AT)
    assert book == tables.workbook([("a" * 40, tables.CASES, rows)], AT), "the same rows give the same bytes"
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
        strings = parts.read("xl/sharedStrings.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet.lower()
    assert "=HYPERLINK(" in strings


def test_a_case_says_what_it_is_in_both_languages() -> None:
    rest = tables.case_words("time_to_site", case(1, Part.REST, kind=CaseKind.SITE), WORDS)
    assert rest == {"zh": "施工点 · 仍无人到场", "en": "site · nobody there yet"}
    hit = tables.case_words("discovered_by_source", case(1, kind=CaseKind.SITE, group="camera"), WORDS)
    assert hit == {"zh": "施工点 · 属实 · 摄像机", "en": "site · works · camera"}


def test_areas_are_rows() -> None:
    row = AreaRow(TENANT, "东街", 5, 3, 1, 2, 4, 1, 5400.0)
    assert tables.area_rows([row]) == [[TENANT, "东街", 5, 3, 1, 2, 4, 1, 1.5]]


def test_the_paper_says_figures_groups_streets_cells_and_meanings() -> None:
    areas = [AreaRow(None, "", 5, 3, 0, 0, 4, 1, None), AreaRow(TENANT, "东街", 5, 3, 1, 2, 4, 1, 90_000.0)]
    ring = ((116.7, 39.5), (116.8, 39.5), (116.7, 39.5))
    spots = [HotSpot("8831aa5555fffff", 116.7, 39.5, ring, 3, 2, 1)]
    sheet = paper.sheet_of(made(), areas, spots, WORDS, issuer="廊坊燃气", by="王经理", about="东街")
    told = "\n".join(
        run.text
        for part in sheet.parts
        for runs in (part.runs, *part.lines, *(cell for row in part.rows for cell in row))
        for run in runs
    )
    assert (sheet.kind, sheet.number, sheet.title) == (None, "20261005-20261104", "第三方施工防控统计报告（东街）")
    for words in (
        EVIL,
        "施工单位不明",
        "P50 2 分钟\nP90 —",
        "1/50 公里",
        "12.0/48.0 公里",
        "2.00（样本过少）",
        "33.3%",
        "1/3",
        "25.0%",
        "不在任何区域",
    ):
        assert words in told, words
    for words in (
        "25.0%",
        "不在任何区域",
        "1/2",
        "1.0 天",
        "8831aa5555fffff",
        "申诉撤销或属他人 1",
        "2026年10月5日 11:00",
    ):
        assert words in told, words


@pytest.mark.timeout(120)
def test_the_paper_is_printed() -> None:
    sheet = paper.sheet_of(made(), [], [], WORDS, issuer="廊坊燃气", by="王经理", about="")
    with ChildPress() as press:
        printed = press.pdf(sheet, {}, AT)
        alike = replace(sheet, parts=tuple(replace(one, widths=()) for one in sheet.parts))
        assert press.pages(alike, {}, AT) != press.pages(sheet, {}, AT), "its tables have widths of their own"
    assert printed.startswith(b"%PDF-")
    for one in sheet.parts:
        assert {len(row) for row in one.rows} <= {len(one.columns)}, one.columns
        assert len(one.widths) == len(one.columns)
