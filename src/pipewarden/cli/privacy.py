"""``pipewarden retention`` and ``pipewarden hold``: what goes when, and what is kept for a court."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from pipewarden.cli.opened import opened
from pipewarden.cli.output import add_row, json_line, note, table, told_errors
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from pipewarden.people.facts.privacy import ClassSum, DataClass, Mark

app = typer.Typer(help="Legal holds and key places: what is kept longer than its days.")
JsonFlag = Annotated[bool, typer.Option("--json", help="JSON objects on stdout, the last one is the summary.")]
Reason = Annotated[str, typer.Option(help="Why, in 2 to 200 characters; it is put on record.")]


def retention(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what is past its days.")] = False,
    json: JsonFlag = False,
) -> None:
    """Delete what is past its days in every tenant, with proof; a hold wins, and a backup that reads is waited for.

    The worker does the same every hour. Days and sources: docs/privacy.md.

    Example:  pipewarden retention --dry-run
    """
    with told_errors(as_json=json):
        from pipewarden.kit.settings import load_settings
        from pipewarden.main import retention as main_retention
        from pipewarden.main.home import open_home
        from pipewarden.main.log import configure

        settings = load_settings()
        configure(settings.log_level)
        with open_home(settings) as home:
            reports = main_retention.run(home, dry=dry_run)
    rows = [(tenant, one) for tenant, report in reports.items() for one in report.sums]
    waits = any(report.waits for report in reports.values())
    if json:
        for tenant, one in rows:
            json_line({"tenant": str(tenant)} | _sum(one))
        json_line({"summary": {"dry": dry_run, "waits": waits, "deleted": sum(one.deleted for _, one in rows)}})
        return
    from rich.table import Table

    shown = Table("租户 tenant", "类别 class", "天 days", "到期 due", "已删 deleted", "保全 held", "在用 needed")
    for tenant, one in rows:
        days = f"{one.days}" if one.days == one.key_days else f"{one.days} / {one.key_days}"
        counts = (one.due, one.deleted, one.held, one.needed)
        add_row(shown, str(tenant)[-12:], one.cls.value, days, *(str(count) for count in counts))
    table(shown)
    if waits:
        note("A backup reads the pictures: nothing was deleted. Run it again when the backup has ended.")


def _sum(one: ClassSum) -> dict[str, object]:
    return {
        "class": one.cls.value,
        "days": one.days,
        "key_days": one.key_days,
        "due": one.due,
        "deleted": one.deleted,
        "held": one.held,
        "needed": one.needed,
    }


@app.command("list")
def list_(json: JsonFlag = False) -> None:
    """List holds and key places, lifted ones too."""
    with told_errors(as_json=json):
        from pipewarden.people import service as people

        with opened() as work:
            found = people.marks(work, people.operator(work.tenant_id))
    if json:
        for one in found:
            json_line(_mark(one))
        json_line({"summary": {"marks": len(found)}})
        return
    from rich.table import Table

    shown = Table("编号 id", "种类 kind", "对象 subject", "类别 class", "设立 set", "理由 reason", "解除 lifted")
    for one in found:
        lifted = "" if one.lifted_at is None else f"{one.lifted_at:%Y-%m-%d} {one.lift_reason}"
        cls = "*" if one.cls is None else one.cls.value
        add_row(shown, str(one.id), one.kind.value, one.subject, cls, f"{one.set_at:%Y-%m-%d}", one.reason, lifted)
    table(shown)


@app.command("set")
def set_(
    subject: Annotated[str, typer.Argument(help="camera:ID, person:ID, site:ID, picture:SHA256, or * for everything.")],
    reason: Reason,
    cls: Annotated[
        str | None,
        typer.Option("--class", help="looks, sent, indoor, tracks, logs, evidence; else every class."),
    ] = None,
    key: Annotated[bool, typer.Option("--key", help="Not a hold: a key place, whose longer days count.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Set a legal hold: nothing that it names is deleted until it is lifted.

    Example:  pipewarden hold set site:01a1… --reason "法院 (2026) 京01民初7号 要求保全"
    """
    with told_errors(as_json=json):
        from pipewarden.people import service as people
        from pipewarden.people.facts.privacy import MarkKind

        chosen = None if cls is None else _class("--class", cls)
        kind = MarkKind.KEY if key else MarkKind.HOLD
        with opened() as work:
            made = people.set_mark(work, people.operator(work.tenant_id), kind, subject, reason=reason, cls=chosen)
    _told(made, as_json=json)


@app.command("days")
def days(
    cls: Annotated[str, typer.Argument(metavar="CLASS", help="looks, sent, indoor, tracks, logs, evidence.")],
    kept: Annotated[int, typer.Argument(metavar="DAYS", help="For how many days it is kept.")],
    reason: Reason,
    key_days: Annotated[int | None, typer.Option(help="The same at key places; DAYS when left out.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Keep a class of data for another number of days, inside the law's floor and the policy's ceiling.

    Example:  pipewarden hold days sent 365 --reason "公司档案制度第七条"
    """
    with told_errors(as_json=json):
        from pipewarden.people import service as people

        chosen = _class("CLASS", cls)
        with opened() as work:
            at_key = kept if key_days is None else key_days
            made = people.keep_for(
                work, people.operator(work.tenant_id), chosen, kept=kept, kept_key=at_key, reason=reason
            )
    if json:
        json_line({"class": made.cls.value, "days": made.kept, "key_days": made.kept_key})
    else:
        note(f"{made.cls.value}: kept for {made.kept} days, {made.kept_key} at key places")


def _class(field: str, word: str) -> DataClass:
    from pipewarden.people.facts.privacy import DataClass

    if word not in set(DataClass):
        raise InputError(field=field, problem=f"{word!r} is no class", fix=f"Choose from {', '.join(DataClass)}.")
    return DataClass(word)


@app.command("lift")
def lift(
    hold: Annotated[UUID, typer.Argument(metavar="ID", help="As `pipewarden hold list` shows it.")],
    reason: Reason,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Lift a hold: from the next run on its data goes when its days are over."""
    with told_errors(as_json=json):
        from pipewarden.people import service as people

        with opened() as work:
            made = people.lift_mark(work, people.operator(work.tenant_id), hold, reason=reason)
    _told(made, as_json=json)


def _told(made: Mark, *, as_json: bool) -> None:
    if as_json:
        json_line(_mark(made))
    else:
        note(f"{made.kind.value} {made.id} {made.subject}: {'lifted' if made.lifted_at else 'set'}")


def _mark(one: Mark) -> dict[str, object]:
    return {
        "id": str(one.id),
        "kind": one.kind.value,
        "subject": one.subject,
        "class": None if one.cls is None else one.cls.value,
        "reason": one.reason,
        "set_at": one.set_at.isoformat(),
        "lifted_at": None if one.lifted_at is None else one.lifted_at.isoformat(),
        "lift_reason": one.lift_reason,
    }
