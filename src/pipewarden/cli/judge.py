"""``pipewarden judge``: how the judge does, what waits for a person, and which questions a second judge is asked."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer
from rich.table import Table

from pipewarden.cli.opened import named_camera, opened
from pipewarden.cli.output import add_row, json_line, note, table, told_errors
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipewarden.judge.facts import Estimate, Figures, QuestionList, ReviewItem, RuleFigure
    from pipewarden.kit.shares import Share
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

app = typer.Typer(
    help="How the judge does, what waits for a person, which questions a second judge is asked.", no_args_is_help=True
)
questions = typer.Typer(help="The question list that a second judge is asked.", no_args_is_help=True)
app.add_typer(questions, name="questions")
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]
_DAYS = 90
_YUAN = 10_000  # 0.0001 yuan in a yuan


@app.command("figures")
def figures(
    camera: Annotated[str | None, typer.Option(metavar="KEY", help="Only alarms of this camera.")] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Made since, like 2026-08-01; UTC where no zone is named.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Say how the judge did: precision, estimated recall, cost of a confirmed site, what each rule stopped, advice.

    Of the alarms made since TIME, 90 days ago when left out. Each share stands with its denominator and its 95 %
    interval. Recall is of what the screen raised, estimated from audits; what no detector saw is not in it.

    Example:  pipewarden judge figures --camera cam-01 --since 2026-11-01
    """
    with told_errors(as_json=json):
        from pipewarden.judge import service as judge

        with opened() as work:
            named = None if camera is None else named_camera(work, camera, "--camera").id
            start = work.now() - timedelta(days=_DAYS) if since is None else _moment(since)
            found, rules, _ = judge.figures(work, _operator(work), since=start, camera_id=named)
    if json:
        json_line({"camera": camera, **_plain(asdict(found)), "rules": [_plain(asdict(one)) for one in rules]})
    else:
        _show_figures(found, rules)


@app.command("queue")
def queue(
    limit: Annotated[int, typer.Option(min=1, max=200, help="Rows of one page.")] = 50,
    cursor: Annotated[str | None, typer.Option(help="`next` of the page before.")] = None,
    json: Annotated[bool, typer.Option("--json", help="JSON objects on stdout, the last one is the summary.")] = False,
) -> None:
    """List what waits for a person: the protection range first, then the longest waiting.

    The first page also holds alarms that nobody has judged for a minute. Deciding is done on the desk.
    """
    with told_errors(as_json=json):
        from pipewarden.judge import service as judge
        from pipewarden.sense import service as sense

        with opened() as work:
            found = judge.reviews(work, _operator(work), limit=limit + 1, after=_place(cursor))
            page = found[:limit]
            cameras = sense.cameras(work, [one.camera_id for one in page if one.camera_id is not None])
        keys = {camera_id: one.key for camera_id, one in cameras.items()}
        rows = [_row(one, keys) for one in page]
        more = _word(page[-1]) if len(found) > limit else None
    if json:
        for row in rows:
            json_line(row)
        json_line({"summary": {"reviews": len(rows), "next": more}})
        return
    shown = Table("告警 alarm", "区域 zone", "因 why", "等自 since", "分值 score", "帧 n", "摄像机 camera", "抽查")
    for row in rows:
        cells = ("alarm", "zone", "reasons", "due_at", "score", "frames", "camera", "audit")
        add_row(shown, *(_cell(row[name]) for name in cells))
    table(shown)
    if more is not None:
        note(f"more: pipewarden judge queue --cursor {more}")


@questions.command("show")
def show(json: AsJson = False) -> None:
    """Print the list in force as YAML, ready to be edited and put in force with `questions set`."""
    with told_errors(as_json=json):
        from pipewarden.judge import service as judge

        with opened() as work:
            found = judge.questions(work)
    _say(found, as_json=json)


@questions.command("set")
def set_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="YAML or JSON as `questions show` prints it.")],
    json: AsJson = False,
) -> None:
    """Put a question list of your own in force, under a version of its own; on record as the operator."""
    with told_errors(as_json=json):
        import yaml

        from pipewarden.judge import service as judge

        try:
            body = yaml.safe_load(file.read_text(encoding="utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise InputError(
                field=str(file), problem=f"is no YAML ({error.__class__.__name__})", fix="Edit what `show` prints."
            ) from error
        with opened() as work:
            made = judge.edit_questions(work, _operator(work), body)
    _say(made, as_json=json, done=f"{made.version} is in force, {len(made.asked)} of its questions go to a model")


@questions.command("reset")
def reset(json: AsJson = False) -> None:
    """Let the shipped list count again, its later versions too; on record as the operator."""
    with told_errors(as_json=json):
        from pipewarden.judge import service as judge

        with opened() as work:
            made = judge.restore_questions(work, _operator(work))
    _say(made, as_json=json, done=f"the shipped list {made.version} is in force")


def _operator(work: Work) -> Actor:
    """Return the operator with no reach past the tenant that the command works for."""
    from pipewarden.people import service as people
    from pipewarden.people.facts import Scope

    actor = people.operator(work.tenant_id)
    own = tuple(replace(grant, scope=Scope.TENANT, tenant_id=work.tenant_id) for grant in actor.grants)
    return replace(actor, grants=own)


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(field="--since", problem=f"{text!r} is no time", fix="Write it like 2026-08-01.") from error
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _word(last: ReviewItem) -> str:
    return f"{last.rank}_{last.case.due_at}_{last.case.alarm_id}".replace(" ", "T")


def _place(cursor: str | None) -> tuple[int, datetime, UUID] | None:
    if cursor is None:
        return None
    try:
        rank, due_at, alarm_id = cursor.split("_")
        return int(rank), datetime.fromisoformat(due_at), UUID(alarm_id)
    except ValueError as error:
        raise InputError(
            field="--cursor", problem="is not one of ours", fix="Take `next` of the page before."
        ) from error


def _row(one: ReviewItem, keys: Mapping[UUID, str]) -> dict[str, object]:
    case = one.case
    return {
        "alarm": str(case.alarm_id),
        "zone": one.zone.value,
        "rank": one.rank,
        "reasons": [] if case.audit else [reason.code.value for reason in case.reasons],  # an audit leads nobody
        "due_at": None if case.due_at is None else case.due_at.isoformat(),
        "score": round(one.score, 4),
        "frames": one.frames,
        "camera": None if one.camera_id is None else keys.get(one.camera_id),
        "lon": one.lon,
        "lat": one.lat,
        "audit": case.audit,
        "taken_by": None if case.taken_by is None else str(case.taken_by),
    }


def _cell(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value is None else str(value)


def _plain(value: Any) -> Any:
    """Return what JSON and YAML hold: times RFC 3339, tuples as lists, words as plain text."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, StrEnum):
        return value.value
    return value.isoformat() if isinstance(value, datetime) else value


def _show_figures(found: Figures, rules: list[RuleFigure]) -> None:
    shown = Table("", "值 value", "95 %", "分母 of")
    for words, count in (
        ("告警 alarms", found.alarms),
        ("确认 confirmed", found.confirmed),
        ("静默 rejected", found.rejected),
        ("待人工 waiting", found.waiting),
        ("重复抑制 repeats", found.repeats),
        ("模型提问 calls", found.calls),
        ("省去提问 calls saved", found.calls_saved),
    ):
        add_row(shown, words, str(count), "", "")
    add_row(shown, "准确率 precision", *_share(found.precision))
    add_row(shown, "召回率估计 recall, estimated", *_estimate(found.recall))
    each = "–" if found.cost_per_site is None else f"{found.cost_per_site / _YUAN:.4f}"
    add_row(shown, "每处成本 yuan per confirmed site", each, "", f"{found.cost / _YUAN:.4f} / {found.confirmed}")
    table(shown)
    if used := [one for one in rules if one.stopped]:
        stopped = Table("规则 reason", "拦下 stopped", "误拦 wrong", "95 %", "人工看过 looked at")
        for one in used:
            add_row(stopped, one.code.value, str(one.stopped), *_share(one.wrong))
        table(stopped)
    for advice in found.advice:
        note(advice.words)


def _share(one: Share) -> tuple[str, str, str]:
    return _part(one.value), f"{one.low:.3f}–{one.high:.3f}", f"{one.hits} / {one.of}"


def _estimate(one: Estimate) -> tuple[str, str, str]:
    between = "–" if one.low is None or one.high is None else f"{one.low:.3f}–{one.high:.3f}"
    return _part(one.value), between, f"{one.audited.of} audited of {one.rejected} rejected"


def _part(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _say(found: QuestionList, *, as_json: bool, done: str | None = None) -> None:
    told = _plain(asdict(found))
    if as_json:
        json_line(told)
    elif done is not None:
        note(done)
    else:
        import yaml

        typer.echo(yaml.safe_dump(told, allow_unicode=True, sort_keys=False, width=120).rstrip())
