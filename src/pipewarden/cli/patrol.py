"""``pipewarden patrol``: a recorded track becomes a patrol, and what of the pipes patrols have seen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipewarden.cli.opened import opened
from pipewarden.cli.output import add_row, json_line, note, progress, table, told_errors

if TYPE_CHECKING:
    from pipewarden.field.facts.patrols import ClassCoverage, Patrol

app = typer.Typer(help="Patrols (巡线): tracks from files, and coverage.", no_args_is_help=True)


@app.command("import")
def import_(
    tracks: Annotated[list[Path], typer.Argument(metavar="GPX...", exists=True, dir_okay=False, help="GPX files.")],
    person: Annotated[str, typer.Option(help="Login of the patroller who walked; they must have agreed.")],
    json: Annotated[bool, typer.Option("--json", help="One JSON object a file on stdout.")] = False,
) -> None:
    """Record tracks as patrols of a person: what pipe they passed, and whether they are believed.

    Each file is a patrol of its own, whole or not at all; the same file again changes nothing. A track that is not
    believed is kept with its reasons and counts nothing. Times in the file are UTC (GPX 1.1).

    Example:  pipewarden patrol import walk-1126.gpx --person li.lei
    """
    with told_errors(as_json=json):
        from pipewarden.main.patrols import bring_gpx

        with progress("轨迹 tracks") as tell:
            for number, path in enumerate(tracks, start=1):
                with opened() as work:
                    found, fresh = bring_gpx(work, person, path)
                tell(number, len(tracks))
                _tell(found, path, fresh=fresh, as_json=json)


@app.command("coverage")
def coverage(
    json: Annotated[bool, typer.Option("--json", help="One JSON object a class on stdout.")] = False,
) -> None:
    """Say how many metres of pipe were seen within their cycle, by pressure class, and how many are overdue."""
    with told_errors(as_json=json):
        from pipewarden.field.service import patrol_coverage
        from pipewarden.people import service as people

        with opened() as work:
            rows = [_class(one) for one in patrol_coverage.coverage(work, people.operator(work.tenant_id))]
    if json:
        for row in rows:
            json_line(row)
        return
    if not rows:
        note("no pipe: load a network first (pipewarden network import)")
        return
    from rich.table import Table

    shown = Table("压力级别 class", "每 days", "米 metres", "已巡 covered", "超期 overdue", "未巡 never")
    for row in rows:
        keys = ("pressure_class", "due_days", "metres", "covered_m", "overdue_m", "never_m")
        add_row(shown, *(str(row[key]) for key in keys))
    table(shown)


def _tell(found: Patrol, path: Path, *, fresh: bool, as_json: bool) -> None:
    if as_json:
        json_line(
            {
                "file": path.name,
                "patrol": str(found.id),
                "new": fresh,
                "points": found.points,
                "dropped": found.dropped,
                "walked_m": round(found.walked_m),
                "seen_m": round(found.seen_m),
                "verified": found.verified,
                "reasons": [{"doubt": one.doubt.value, "words": one.words} for one in found.reasons],
            }
        )
        return
    was = "" if fresh else " (was there before)"
    note(f"{path.name}{was}: {found.points} points, {found.walked_m:.0f} m walked, {found.seen_m:.0f} m of pipe seen")
    for one in found.reasons:
        note(f"  not believed: {one.words}")


def _class(one: ClassCoverage) -> dict[str, object]:
    return {
        "pressure_class": one.pressure_class.value,
        "due_days": one.due_every.total_seconds() / 86_400,
        "metres": round(one.metres),
        "covered_m": round(one.covered_m),
        "overdue_m": round(one.overdue_m),
        "never_m": round(one.never_m),
        "source": one.source,
    }
