"""``pipewarden case``: sites that somebody has in hand, and simulated weeks that try whether somebody always has."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from pipewarden.cli.output import add_row, json_line, note, table, told_errors
from pipewarden.kit.errors import InputError

app = typer.Typer(help="Sites that somebody has in hand.", no_args_is_help=True)
_SEEDS = re.compile(r"(\d{1,6})(?:-(\d{1,6}))?")
_MOST_SEEDS = 10_000


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
