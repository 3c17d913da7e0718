"""``pipewarden outcomes``: what became of sites that ended, what it adds up to, and those of before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from pipewarden.cli.opened import opened
from pipewarden.cli.output import add_row, json_line, note, progress, table, told_errors

if TYPE_CHECKING:
    from pipewarden.learn.facts.outcome import Outcome, OutcomeFigures

app = typer.Typer(help="What became of sites that ended: the truth that models and rules are measured by.")
JsonFlag = Annotated[bool, typer.Option("--json", help="JSON objects on stdout, the last one is the summary.")]
_PAGE = 200
_DAY = ("%Y-%m-%d",)
_WORKS = {True: "是 yes", False: "否 no", None: "?"}


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Outcomes at most.")] = 50,
    missed: Annotated[bool, typer.Option("--missed", help="Only works in a camera's view that none raised.")] = False,
    struck: Annotated[bool, typer.Option("--struck", help="Only where a pipe was hit.")] = False,
    json: JsonFlag = False,
) -> None:
    """List what became of sites that ended, the last one first."""
    with told_errors(as_json=json):
        from pipewarden.learn import service as learn
        from pipewarden.people import service as people

        wanted = learn.OutcomeFilter(missed=missed or None, struck=struck or None)
        with opened() as work:
            found = learn.outcomes(work, people.operator(work.tenant_id), wanted, limit=limit)
    rows = [_row(one) for one in found]
    if json:
        for row in rows:
            json_line(row)
        json_line({"summary": {"outcomes": len(rows)}})
        return
    from rich.table import Table

    shown = Table("结束 ended", "施工点 site", "属实 works", "发现 found", "备案 papers", "漏看 missed", "挖断 struck")
    for one in found:
        works = _WORKS[one.true] + (" (渲染 rendered)" if one.rendered else "")
        told, blind = ", ".join(one.found), ", ".join(one.views) if one.missed else ""
        struck_there = "" if one.struck is None else one.struck.root_cause or "?"
        add_row(shown, f"{one.ended_at:%Y-%m-%d %H:%M}", str(one.site_id), works, told, one.papers, blind, struck_there)
    table(shown)


@app.command("figures")
def figures(
    since: Annotated[
        datetime | None, typer.Option(formats=_DAY, help="Ended on this day (UTC) or later; 365 days ago.")
    ] = None,
    until: Annotated[datetime | None, typer.Option(formats=_DAY, help="Ended before this day (UTC); tomorrow.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Add up what ended in a time: how many true, unfiled, missed by cameras, struck, each of how many."""
    with told_errors(as_json=json):
        from pipewarden.learn import service as learn
        from pipewarden.people import service as people

        with opened() as work:
            last = work.now() + timedelta(days=1) if until is None else until.replace(tzinfo=UTC)
            first = last - timedelta(days=366) if since is None else since.replace(tzinfo=UTC)
            found = learn.outcome_figures(work, people.operator(work.tenant_id), first, last)
    if json:
        json_line({name: getattr(found, name) for name in _COUNTS} | _span(found))
        return
    note(f"{found.since:%Y-%m-%d} – {found.until:%Y-%m-%d}, rendered sites left out: {found.rendered}")
    from rich.table import Table

    shown = Table("", "数 count", "其中 of")
    for words, count, whole in _told(found):
        add_row(shown, words, str(count), whole)
    table(shown)


@app.command("backfill")
def backfill(json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False) -> None:
    """Write down the outcomes of sites that ended before there were any; again and again if need be, none twice."""
    with told_errors(as_json=json):
        from pipewarden.kit.settings import load_settings
        from pipewarden.learn import service as learn
        from pipewarden.main.home import open_home

        place: int | None = 0
        ended = made = 0
        with open_home(load_settings()) as home, progress("ended") as step:
            while place is not None:
                with home.work() as work:  # a page, a transaction: what is done stays done
                    place, count, fresh = learn.catch_up(work, after=place, limit=_PAGE)
                ended, made = ended + count, made + fresh
                step(ended, None)
    if json:
        json_line({"ended": ended, "made": made})
    else:
        note(f"{ended} endings, {made} outcomes written down, {ended - made} were there")


_COUNTS = (
    "ended", "true", "untrue", "unsaid", "unfiled", "papers_unknown", "in_view", "missed", "struck", "near_misses",
    "rendered",
)  # fmt: skip


def _span(found: OutcomeFigures) -> dict[str, object]:
    return {"since": found.since.isoformat(), "until": found.until.isoformat()}


def _told(found: OutcomeFigures) -> list[tuple[str, int, str]]:
    return [
        ("结束的施工点 sites that ended", found.ended, ""),
        ("属实 works", found.true, f"{found.ended} ended"),
        ("不属实 no works", found.untrue, f"{found.ended} ended"),
        ("无人核实 nobody looked", found.unsaid, f"{found.ended} ended"),
        ("未备案 unfiled", found.unfiled, f"{found.true} works ({found.papers_unknown} unknown)"),
        ("摄像机漏看 missed by cameras", found.missed, f"{found.in_view} works in view"),
        ("挖断 struck", found.struck, f"{found.ended} ended ({found.near_misses} near misses)"),
    ]


def _row(one: Outcome) -> dict[str, object]:
    return {
        "id": str(one.id),
        "site_id": str(one.site_id),
        "event_id": str(one.event_id),
        "ended": one.ended.value,
        "code": one.code,
        "ended_at": one.ended_at.isoformat(),
        "true": one.true,
        "said": [
            {"true": word.true, "code": word.code, "by": word.actor, "at": word.at.isoformat()} for word in one.said
        ],
        "found": [word.value for word in one.found],
        "source": one.source,
        "papers": one.papers.value,
        "zone": one.zone.value,
        "level": one.level,
        "alarms": [{"alarm_id": str(seen.alarm_id), "picture": seen.picture} for seen in one.alarms],
        "violations": list(one.violations),
        "missed": one.missed,
        "views": list(one.views),
        "struck": one.struck is not None,
        "root_cause": None if one.struck is None or one.struck.root_cause is None else one.struck.root_cause.value,
        "rendered": one.rendered,
        "models": list(one.models),
        "policies": one.policies,
    }
