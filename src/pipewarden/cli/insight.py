"""``pipewarden insight``: every figure of a time beside the time before, and the cases behind one of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipewarden.cli.opened import opened, opened_with_files
from pipewarden.cli.output import add_row, json_line, note, table, told_errors

if TYPE_CHECKING:
    from pipewarden.insight.facts import Case, Figure, FigureKey, Report

app = typer.Typer(help="Figures of what happened, with their cases; reports of months.", invoke_without_command=True)
_DAY = ("%Y-%m-%d",)
_DAYS = 30
_HOUR = 3600.0


@app.callback(invoke_without_command=True)
def insight(
    context: typer.Context,
    since: Annotated[
        datetime | None, typer.Option(formats=_DAY, help="From this day (UTC) on; 30 days before the end.")
    ] = None,
    until: Annotated[datetime | None, typer.Option(formats=_DAY, help="Until before this day (UTC); tomorrow.")] = None,
    cases: Annotated[
        str | None, typer.Option(metavar="FIGURE", help="List the cases of one figure instead, by its name.")
    ] = None,
    tenant: Annotated[str | None, typer.Option(help="Key of a tenant; the home's own.")] = None,
    json: Annotated[bool, typer.Option("--json", help="JSON on stdout: one object, or one a case.")] = False,
) -> None:
    """Count what happened: who found it, was it filed, how fast, was it watched, what was broken and hit.

    Each figure stands beside the same of the time of equal length before, with what it is divided by and what is left
    out. Shares have their 95 % interval; of times half (P50) and nine of ten (P90) are told, where they are reached.
    """
    if context.invoked_subcommand is not None:
        return
    with told_errors(as_json=json):
        from pipewarden.insight import service
        from pipewarden.people import service as people

        key = None if cases is None else _figure(cases)
        with opened(tenant) as work:
            end = work.now() + timedelta(days=1) if until is None else until.replace(tzinfo=UTC)
            begin = end - timedelta(days=_DAYS) if since is None else since.replace(tzinfo=UTC)
            span = service.span_of(begin, end, "--until")
            actor = people.operator(work.tenant_id)
            if key is None:
                _show(service.report(work, actor, span), as_json=json)
            else:
                _list(key.value, service.cases(work, actor, key, span), as_json=json)


@app.command("report")
def report(
    month: Annotated[str, typer.Option(metavar="YYYY-MM", help="A month that is over, as the place counts months.")],
    out: Annotated[Path, typer.Option(help="The PDF to write; it must not be there.")],
    tenant: Annotated[str | None, typer.Option(help="Key of a tenant; the home's own.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Print the report of a month, keep it beside the earlier ones of that month, and write it to a file.

    The house does so itself in the first hour of each month, and tells who reads figures of the whole tenant.
    """
    with told_errors(as_json=json):
        from pipewarden.insight import service
        from pipewarden.kit.errors import InputError
        from pipewarden.main.insight import open_press
        from pipewarden.people import service as people

        if out.exists():
            raise InputError(field="--out", problem=f"{out} is there", fix="Name a file that is not.")
        with opened_with_files(tenant) as (work, blobs), open_press() as press:
            first = service.month_of(month, work.now(), "--month")
            operator = people.operator(work.tenant_id)
            made = service.make_month(work, blobs, press, operator, first)
            if made is None:
                raise AssertionError(month)  # it is made in any case
            _, pdf = service.month_pdf(work, operator, blobs, made.id)
            out.write_bytes(pdf)
    if json:
        json_line(
            {"month": month, "version": made.version, "sha256": made.sha256, "bytes": made.size, "id": str(made.id)}
        )
    else:
        note(f"report of {month}, version {made.version}: {out} ({made.size} bytes, SHA-256 {made.sha256})")


def _figure(name: str) -> FigureKey:
    from pipewarden.insight.facts import FigureKey
    from pipewarden.kit.errors import InputError

    if name not in list(FigureKey):
        raise InputError(field="--cases", problem=f"{name[:40]!r} is none", fix=f"Take {', '.join(FigureKey)}.")
    return FigureKey(name)


def _show(made: Report, *, as_json: bool) -> None:
    from pipewarden.insight import service

    words = service.shipped_words()["figures"]
    if as_json:
        told = [
            {"figure": one.now.key.value, "now": _plain(one.now), "before": _plain(one.before)} for one in made.figures
        ]
        spans = {"since": made.span.since.isoformat(), "until": made.span.until.isoformat()}
        json_line(spans | {"compare_since": made.before.since.isoformat(), "figures": told})
        return
    note(f"{made.span.since:%Y-%m-%d} – {made.span.until:%Y-%m-%d}, before: from {made.before.since:%Y-%m-%d}")
    from rich.table import Table

    shown = Table("指标 figure", "本期 now", "95 %", "分子/分母 of", "未计入 left out", "上期 before")
    for one in made.figures:
        now, said = one.now, words[one.now.key]
        between = "" if now.low is None or now.high is None else f"{now.low:.1%}–{now.high:.1%}"
        out = ", ".join(f"{why} {count}" for why, count in now.left_out.items())
        title = f"{said['title_zh']} {said['title_en']}"
        add_row(shown, title, _short(now), between, f"{now.counted:g}/{now.of:g}", out, _short(one.before))
    table(shown)


def _plain(one: Figure) -> dict[str, object]:
    groups = [{"key": each.key, "name": each.name, "hits": each.hits, "value": each.value} for each in one.groups]
    names = ("value", "low", "high", "p50", "p90", "counted", "of", "few")
    return {name: getattr(one, name) for name in names} | {"left_out": dict(one.left_out), "groups": groups}


def _short(one: Figure) -> str:
    from pipewarden.insight.facts import Shape

    if one.shape is Shape.TIME:
        return f"P50 {_hours(one.p50)}, P90 {_hours(one.p90)}"
    if one.shape is Shape.GROUPS:
        return f"{one.counted:g}"
    if one.value is None:
        return "–"
    return f"{one.value:.2f}" if one.shape is Shape.RATE else f"{one.value:.1%}"


def _hours(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds / _HOUR:.2f} h"


def _list(key: str, found: list[Case], *, as_json: bool) -> None:
    from pipewarden.insight import service

    words = service.shipped_words()
    if as_json:
        for one in found:
            json_line(
                {"id": one.id, "kind": one.kind.value, "at": one.at.isoformat(), "part": one.part.value, "why": one.why}
                | {"group": one.group, "value": one.value, "words": service.case_words(key, one, words)["en"]}
            )
        json_line({"summary": {"cases": len(found)}})
        return
    from rich.table import Table

    shown = Table("时间 at", "编号 id", "情况 words")
    for one in found:
        add_row(shown, f"{one.at:%Y-%m-%d %H:%M}", one.id, service.case_words(key, one, words)["zh"])
    table(shown)
