"""``pipewarden risk``: why a site stands where it stands, and what other weights would have done."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from pipewarden.cli.opened import opened
from pipewarden.cli.output import add_row, json_line, note, table, told_errors
from pipewarden.cli.policies import keep_preview, mount, policy_text, proposed
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from datetime import timedelta

    from pipewarden.casework.service import Backtest, RiskChange

app = typer.Typer(help="The risk of sites, factor by factor.", no_args_is_help=True)
mount(app, "risk")


@app.command("explain")
def explain(
    site: Annotated[str, typer.Argument(metavar="SITE_ID", help="Id of a site, as `case list` prints it.")],
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Say which score and level a site has, and what each factor adds to it or takes from it."""
    with told_errors(as_json=json):
        from pipewarden.casework import service as casework
        from pipewarden.people import service as people

        try:
            site_id = UUID(site)
        except ValueError as error:
            raise InputError(field="SITE_ID", problem=f"{site!r} is no id", fix="`pipewarden case list`.") from error
        with opened() as work:
            _, found = casework.risk_of(work, people.operator(work.tenant_id), site_id)
    if json:
        from dataclasses import asdict

        json_line({"site_id": site, **asdict(found)})
        return
    from rich.table import Table

    shown = Table("因素 factor", "取值 value", "权重 weight", "分 points", "来源 source")
    for one in found.factors:
        points = f"{one.points:+.1f}" if one.factor != "works" else f"{one.points:.1f}"
        add_row(shown, one.factor, f"{one.value} {one.zh}", f"{one.weight:g}", points, one.source)
    table(shown)
    note(f"{found.version}: {found.score:.1f}, level {found.level} (score {found.scored}, floor {found.floor})")


@app.command("backtest")
def backtest(
    policy: Annotated[Path, typer.Option("--policy", metavar="FILE", help="Weights, as policy/risk/CN.yaml.")],
    days: Annotated[int, typer.Option(min=1, max=366, help="How far back.")] = 30,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Say which level stored sites had, what a file of weights would have given, and who would have been called when.

    Nothing is written but the result, where the very file is proposed. Distance, pressure and the number of machines
    are taken as they are known now.

    Example:  pipewarden risk backtest --policy my-weights.yaml --days 30
    """
    with told_errors(as_json=json):
        from pipewarden.casework import service as casework

        text = policy_text(policy)
        with opened() as work:
            version = proposed(work, "risk", text)
            found = casework.backtest(work, text, policy.name, days)
            kept = keep_preview(work, version, days, found)
    if json:
        json_line(_told(found) | {"days": days, "kept": kept})
        return
    from rich.table import Table

    shown = Table("变化 change", "原级 from", "新级 to", "原因 reason", "施工点 sites")
    for change, rows in (("sooner", found.sooner), ("later", found.later)):
        for (before, after, reason), count in sorted(_grouped(rows).items()):
            add_row(shown, change, str(before), str(after), reason, str(count))
    table(shown)
    for site in (*found.sooner, *found.later):
        calls = ", ".join(f"{one.who} {_after(one.before)} -> {_after(one.after)}" for one in site.called)
        when = f"{site.after_at:%Y-%m-%d %H:%M} UTC"
        note(f"{site.site_id} {site.before} -> {site.after} at {when}: {calls or 'calls at the same times'}")
    note(f"{found.sites} sites, {found.moments} events and sightings of {days} days; before {found.before}")
    note(f"after {found.after}; {len(found.sooner)} sooner, {len(found.later)} later")
    note("nobody has proposed this text: nothing was kept" if kept is None else f"kept with {kept}")


def _grouped(rows: tuple[RiskChange, ...]) -> Counter[tuple[int, int, str]]:
    return Counter((one.before, one.after, "+".join(one.reasons)) for one in rows)


def _told(found: Backtest) -> dict[str, object]:
    return {
        "version": found.version,
        "sites": found.sites,
        "moments": found.moments,
        "kept": found.kept,
        "before": found.before,
        "after": found.after,
        "scored_before": found.scored_before,
        "scored_after": found.scored_after,
        "sooner": [_row(one) for one in found.sooner],
        "later": [_row(one) for one in found.later],
        "by_reason": [
            {"change": change, "before": before, "after": after, "reason": reason, "sites": count}
            for change, rows in (("sooner", found.sooner), ("later", found.later))
            for (before, after, reason), count in sorted(_grouped(rows).items())
        ],
    }


def _row(one: RiskChange) -> dict[str, object]:
    return {
        "site_id": str(one.site_id),
        "before": one.before,
        "after": one.after,
        "before_at": one.before_at.isoformat(),
        "after_at": one.after_at.isoformat(),
        "before_score": one.before_score,
        "after_score": one.after_score,
        "reasons": list(one.reasons),
        "owner_id": None if one.owner_id is None else str(one.owner_id),
        "called": [
            {"who": call.who.value, "before_min": _minutes(call.before), "after_min": _minutes(call.after)}
            for call in one.called
        ],
    }


def _after(time: timedelta | None) -> str:
    minutes = _minutes(time)
    return "never" if minutes is None else f"{minutes:g} min"


def _minutes(time: timedelta | None) -> float | None:
    return None if time is None else time.total_seconds() / 60
