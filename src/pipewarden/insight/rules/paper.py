"""The monthly report as a sheet: the same press that prints a site's documents sets it (docs/adr/0023)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.act.facts import Part as Block
from pipewarden.act.facts import Run, Sheet
from pipewarden.insight.facts import FigureKey, Shape
from pipewarden.insight.rules.months import LOCAL
from pipewarden.insight.rules.tables import group_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from pipewarden.insight.facts import AreaRow, Compared, Figure, HotSpot, Report
    from pipewarden.insight.rules.tables import Words

_HOUR, _DAY_S, _KM = 3600.0, 86_400.0, 1000.0
_MOST_GROUPS, _MOST_AREAS, _MOST_CELLS = 8, 30, 10
_NOTHING = "—"
# columns of each table with their widths, one to another: what stands in a cell fits into a line
_FIGURES = {"指标": 37, "本期": 32, "95%区间": 24, "分子/分母": 31, "上期": 34}
_GROUPS = {"分组": 80, "数量": 24, "占比": 22, "95%区间": 32}
_LENGTHS = {"分组": 80, "已覆盖（米）": 40, "覆盖率": 38}
_AREAS = {"街道/区域": 38, "新增": 18, "属实": 18, "未备案": 22, "违章": 18, "挖断": 18, "到场P50": 26}
_CELLS = {"H3": 36, "经度": 26, "纬度": 26, "施工点": 24, "违章": 22, "挖断": 24}


def sheet_of(
    report: Report,
    areas: Sequence[AreaRow],
    spots: Sequence[HotSpot],
    words: Words,
    *,
    issuer: str,
    by: str,
    about: str,
) -> Sheet:
    """Return the report as it is printed.

    Args:
        report: the figures.
        areas: the ranking, worst first.
        spots: cells, worst first.
        words: ``policy/insight/words.yaml``.
        issuer: whose report it is.
        by: who has it printed.
        about: name of the area that it speaks of; empty for all that the reader reaches.
    """
    said = words["paper"]
    parts = [
        Block("text", runs=_runs(f"{said['span']['zh']}：{_span(report.span.since, report.span.until)}")),
        Block("text", runs=_runs(f"{said['before']['zh']}：{_span(report.before.since, report.before.until)}")),
        Block("text", runs=_runs(f"{said['as_of']['zh']}：{_moment(report.made_at)}")),
        Block("heading", runs=_runs(said["figures"]["zh"])),
        _grid(_FIGURES, [_line(one, words) for one in report.figures]),
    ]
    for one in report.figures:
        if one.now.groups:
            parts += _grouped(one.now, words)
    parts += [
        Block("heading", runs=_runs(said["areas"]["zh"])),
        _grid(_AREAS, [_area(one) for one in areas[:_MOST_AREAS]]),
        Block("heading", runs=_runs(said["spots"]["zh"])),
        _grid(_CELLS, [_spot(one) for one in spots[:_MOST_CELLS]]),
        Block("heading", runs=_runs(said["meaning"]["zh"])),
        Block("list", lines=tuple(_runs(_meaning(one.now, words)) for one in report.figures)),
    ]
    title = said["title"]["zh"] + (f"（{about}）" if about else "")
    number = f"{report.span.since.astimezone(LOCAL):%Y%m%d}-{report.span.until.astimezone(LOCAL):%Y%m%d}"
    return Sheet(
        kind=None, title=title, letter=False, seal=False, issuer=issuer, number=number,
        day=_day(report.made_at), recipient=(), parts=tuple(parts), clauses=(), by=by,
    )  # fmt: skip


def _line(one: Compared, words: Words) -> tuple[str, ...]:
    now = one.now
    between = _NOTHING if now.low is None or now.high is None else f"{now.low:.1%}–{now.high:.1%}"
    share = _parts(now)
    mark = "（差异显著）" if one.apart else ""
    return words["figures"][now.key]["title_zh"], value_words(now), between, share, value_words(one.before) + mark


def _parts(figure: Figure) -> str:
    """Return numerator and denominator, with the unit of what is no count."""
    if figure.shape is Shape.LENGTH:
        return f"{figure.counted / _KM:,.1f}/{figure.of / _KM:,.1f} 公里"
    unit = " 公里" if figure.key is FigureKey.DAMAGES_PER_100_KM else ""
    return f"{_number(figure.counted)}/{_number(figure.of)}{unit}"


def value_words(figure: Figure) -> str:
    """Return a figure in short: a percentage, two times, or a rate; a dash where there is nothing to say."""
    if figure.shape is Shape.TIME:
        return f"P50 {_time(figure.p50)}\nP90 {_time(figure.p90)}"
    if figure.shape is Shape.GROUPS:
        return _number(figure.counted)
    if figure.value is None:
        return _NOTHING
    if figure.shape is Shape.RATE:
        return f"{figure.value:.2f}" + ("（样本过少）" if figure.few else "")
    return f"{figure.value:.1%}"


def _grouped(figure: Figure, words: Words) -> list[Block]:
    columns = _LENGTHS if figure.shape is Shape.LENGTH else _GROUPS
    rows = [
        (
            group_name(one.key, one.name, words, "zh"),
            _number(one.hits),
            f"{one.value:.1%}",
            f"{one.low:.1%}–{one.high:.1%}",
        )[: len(columns)]
        for one in figure.groups[:_MOST_GROUPS]
    ]
    more = len(figure.groups) - len(rows)
    if more > 0:
        rest = _number(sum(one.hits for one in figure.groups[_MOST_GROUPS:]))
        rows.append((f"其余 {more} 组", rest, "", "")[: len(columns)])
    title = words["figures"][figure.key]["title_zh"]
    return [Block("heading", runs=_runs(title)), _grid(columns, rows)]


def _area(one: AreaRow) -> tuple[str, ...]:
    part = _NOTHING if one.known == 0 else f"{one.unfiled}/{one.known}"
    numbers = (str(count) for count in (one.violations, one.damages))
    return one.name or "不在任何区域", str(one.sites), str(one.works), part, *numbers, _time(one.p50_site_s)


def _spot(one: HotSpot) -> tuple[str, ...]:
    return one.cell, f"{one.lon:.4f}", f"{one.lat:.4f}", str(one.sites), str(one.violations), str(one.damages)


def _meaning(figure: Figure, words: Words) -> str:
    said = words["figures"][figure.key]
    out = "、".join(f"{words['why'][why]['zh']} {count}" for why, count in figure.left_out.items())
    return f"{said['title_zh']}：{said['counted_zh']}" + (f"未计入：{out}。" if out else "")


def _grid(columns: Mapping[str, int], rows: Sequence[tuple[str, ...]]) -> Block:
    cells = tuple(tuple(_runs(cell) for cell in row) for row in rows)
    return Block("grid", columns=tuple(columns), rows=cells, widths=tuple(columns.values()))


def _runs(text: str) -> tuple[Run, ...]:
    return (Run(text),)


def _time(seconds: float | None) -> str:
    if seconds is None:
        return _NOTHING
    if seconds < _HOUR:
        return f"{seconds / 60:.0f} 分钟"
    return f"{seconds / _HOUR:.1f} 小时" if seconds < _DAY_S else f"{seconds / _DAY_S:.1f} 天"


def _number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def _day(at: datetime) -> str:
    there = at.astimezone(LOCAL)
    return f"{there.year}年{there.month}月{there.day}日"


def _moment(at: datetime) -> str:
    return f"{_day(at)} {at.astimezone(LOCAL):%H:%M}"


def _span(since: datetime, until: datetime) -> str:
    return f"{_moment(since)} 至 {_moment(until)}（不含）"
