"""``pipewarden case``: sites that somebody has in hand, and simulated weeks that try whether somebody always has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from pipewarden.cli.opened import opened
from pipewarden.cli.output import add_row, json_line, note, table, told_errors
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from pipewarden.casework.service import Filed

app = typer.Typer(help="Sites that somebody has in hand.", no_args_is_help=True)
_SEEDS = re.compile(r"(\d{1,6})(?:-(\d{1,6}))?")
_MOST_SEEDS = 10_000
_MOST_EVENTS = 1000


@app.command("simulate")
def simulate(
    days: Annotated[int, typer.Option(min=1, max=366, help="Simulated days of each seed.")] = 30,
    seeds: Annotated[str, typer.Option(metavar="A-B", help="Seeds, the last included; one number for one.")] = "1",
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Let simulated weeks pass at a gas company's desk and count what went wrong; exits 1 when anything did.

    Works come, people answer late or never, cannot be reached, say yes and do nothing, overstep; sweeps die before they
    commit. Sites, duties, chains and calls are the real services on a database of their own, removed at the end.

    Example:  pipewarden case simulate --days 30 --seeds 1-3 --json
    """
    with told_errors(as_json=json):
        first, last = _read(seeds)
        from pipewarden.main.desk_weeks import simulate as run

        found = run(days, range(first, last + 1))
    if json:
        json_line(found)
    else:
        _show(found)
    if any(found[name] for name in ("unowned_over_120s", "timers_lost", "vanished", "illegal_transitions_taken")):
        note("some promise did not hold; the same seed shows it again")
        raise typer.Exit(1)


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option(min=1, max=200, help="Sites at most.")] = 50,
    ended: Annotated[bool, typer.Option("--ended", help="Those that have ended.")] = False,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those whose next deadline is past.")] = False,
    unfiled: Annotated[bool, typer.Option("--unfiled", help="Only works that nobody has filed.")] = False,
    by_risk: Annotated[bool, typer.Option("--by-risk", help="Gravest level first, then highest score.")] = False,
    json: Annotated[bool, typer.Option("--json", help="JSON objects on stdout, the last one is the summary.")] = False,
) -> None:
    """List sites: the protection range first, the newest first. Acting on them is done on the desk."""
    with told_errors(as_json=json):
        from pipewarden.casework import service as casework
        from pipewarden.people import service as people

        with opened() as work:
            wanted = casework.SiteFilter(
                open=not ended,
                overdue_at=work.now() if overdue else None,
                filing="unfiled" if unfiled else None,
            )
            listed = casework.sites_by_risk if by_risk else casework.sites
            found = listed(work, people.operator(work.tenant_id), wanted, limit=limit)
            names = casework.names(work, found)
        rows = [_row(one, names.get(one.site.owner_id) if one.site.owner_id else None) for one in found]
    if json:
        for row in rows:
            json_line(row)
        json_line({"summary": {"sites": len(rows)}})
        return
    from rich.table import Table

    shown = Table("施工点 site", "状态 state", "区域 zone", "级 level", "风险 risk", "备案 filing", "负责人 owner")
    for head in ("期限 due", "建档 opened"):
        shown.add_column(head)
    for row in rows:
        cells = ("id", "headline", "zone", "level", "risk_score", "filing", "owner", "next_due_at", "opened_at")
        add_row(shown, *("" if row[name] is None else str(row[name]) for name in cells))
    table(shown)


@app.command("show")
def show(
    site: Annotated[str, typer.Argument(metavar="SITE", help="Id of a site, as `case list` prints it.")],
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Show one site: where it stands, what happened, and why each next step can or cannot be taken."""
    with told_errors(as_json=json):
        from pipewarden.casework import service as casework
        from pipewarden.people import service as people

        try:
            site_id = UUID(site)
        except ValueError as error:
            raise InputError(field="SITE", problem=f"{site!r} is no id", fix="`pipewarden case list`.") from error
        with opened() as work:
            root = people.operator(work.tenant_id)
            found = casework.site(work, root, site_id)
            events = casework.history(work, root, site_id, limit=_MOST_EVENTS)
            steps = casework.onward(work, root, site_id).steps
            names = casework.names(work, [found])
            clue = casework.clues(work, [found]).get(site_id)
    told = _row(found, names.get(found.site.owner_id) if found.site.owner_id else None) | {
        "clue": None if clue is None else clue.value,
        "events": [
            {"version": one.version, "at": one.at.isoformat(), "kind": one.body.kind, "actor": one.actor}
            for one in events
        ],
        "next": [
            {"act": one.act, "to": one.to.value, "refused": [f"{why.reason} ({why.clause})" for why in one.refused]}
            for one in steps
        ],
    }
    if json:
        json_line(told)
        return
    for name in ("id", "headline", "state", "clue", "zone", "owner", "next_due_at"):
        note(f"{name}: {told[name]}")
    for event in events:
        note(f"{event.version:>4} {event.at:%Y-%m-%d %H:%M:%S} {event.body.kind} {event.actor or 'the house'}")
    for step in steps:
        why = "; ".join(one.reason for one in step.refused)
        note(f"  -> {step.act}: {why or 'may be taken'}")


@app.command("steps")
def steps(
    state: Annotated[str | None, typer.Argument(metavar="[STEP]", help="A state, a substep or standby_check.")] = None,
    json: Annotated[bool, typer.Option("--json", help="JSON objects on stdout, one for each line.")] = False,
) -> None:
    """Print which evidence each step asks for, where, and by which clause.

    Example:  pipewarden case steps briefed
    """
    with told_errors(as_json=json):
        from pipewarden.casework import service as casework

        rows = casework.step_lines(state)
    if json:
        for row in rows:
            json_line(row)
        return
    from rich.table import Table

    shown = Table("步骤 step", "要求 asks", "条件 where", "依据 clause")
    for row in rows:
        add_row(shown, str(row["step"]), str(row["asks"]), str(row["where"]), str(row["clause"]))
    table(shown)


def _row(filed: Filed, owner: str | None) -> dict[str, object]:
    site = filed.site
    return {
        "id": str(site.id),
        "version": site.version,
        "state": site.state.value,
        "headline": filed.headline,
        "zone": site.zone.value,
        "level": site.level,
        "risk_score": filed.risk_score,
        "risk_level": filed.risk_level,
        "filing": filed.filing,
        "filing_id": None if site.filing_id is None else str(site.filing_id),
        "compound": filed.compound,
        "owner": owner,
        "next_due_at": None if filed.next_due_at is None else filed.next_due_at.isoformat(),
        "opened_at": filed.opened_at.isoformat(),
        "alarm_id": None if site.alarm_id is None else str(site.alarm_id),
    }


def _read(seeds: str) -> tuple[int, int]:
    read = _SEEDS.fullmatch(seeds)
    if read is None:
        raise InputError(field="--seeds", problem=f"{seeds!r} is no range", fix="Write it like 1-200.")
    first, last = int(read[1]), int(read[2] or read[1])
    if not first <= last < first + _MOST_SEEDS:
        raise InputError(field="--seeds", problem="runs backwards, or is too long", fix="Write it like 1-200.")
    return first, last


def _show(found: dict[str, int]) -> None:
    from rich.table import Table

    rows = Table("what", "count", box=None)
    for name, value in found.items():
        add_row(rows, name, str(value))
    table(rows)
