"""``pipewarden indoor``: pictures of gas at home, what they are looked at for, and how the answers do."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from pipewarden.cli.opened import opened
from pipewarden.cli.output import add_row, json_line, note, table, told_errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipewarden.kit.shares import Share
    from pipewarden.perceive.facts import ItemFigure

app = typer.Typer(
    help="Pictures of gas at home: the list of hazards, what waits, and figures on your own pictures.",
    no_args_is_help=True,
)
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


@app.command("hazards")
def hazards(json: AsJson = False) -> None:
    """Print what a picture of gas at home is looked at for, with grade, clause and advice."""
    with told_errors(as_json=json):
        from pipewarden.perceive import service as perceive

        listed = perceive.hazards()
    if json:
        json_line(asdict(listed))
        return
    shown = Table("项 item", "等级 grade", "隐患 hazard", "条款 clause")
    for one in listed.hazards:
        add_row(shown, one.id, one.grade.value, f"{one.words.zh}\n{one.words.en}", one.clause or "–")
    table(shown)


@app.command("list")
def list_(
    waits: Annotated[bool, typer.Option("--waits", help="Only pictures that no person has looked at.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=200, help="Rows of one page.")] = 50,
    before: Annotated[str | None, typer.Option(metavar="ID", help="Older than this picture: the next page.")] = None,
    json: Annotated[bool, typer.Option("--json", help="JSON objects on stdout, the last one is the summary.")] = False,
) -> None:
    """List pictures of gas at home, newest first."""
    with told_errors(as_json=json):
        from uuid import UUID

        from pipewarden.kit.errors import InputError
        from pipewarden.people import service as people
        from pipewarden.perceive import service as perceive

        try:
            place = None if before is None else UUID(before)
        except ValueError as error:
            raise InputError(field="--before", problem="is no id", fix="Take one from the list.") from error
        with opened() as work:
            actor = people.operator(work.tenant_id)
            found = perceive.indoor_checks(work, actor, limit=limit + 1, before=place, waits=waits)
    rows = [
        {
            "id": str(one.id),
            "at": one.at.isoformat(),
            "state": one.state.value,
            "by": None if one.answer is None else one.answer.by.value,
            "hazards": list(one.review.hazards if one.review is not None else one.answer.seen if one.answer else ()),
            "rendered": one.rendered,
        }
        for one in found[:limit]
    ]
    more = rows[-1]["id"] if len(found) > limit else None
    if json:
        for row in rows:
            json_line(row)
        json_line({"summary": {"pictures": len(rows), "next": more}})
        return
    shown = Table("图片 picture", "时间 at", "状态 state", "来源 by", "隐患 hazards", "渲染 rendered")
    for row in rows:
        add_row(shown, *(", ".join(one) if isinstance(one, list) else str(one) for one in row.values()))
    table(shown)
    if more is not None:
        note(f"more: pipewarden indoor list --before {more}")


@app.command("figures")
def figures(json: AsJson = False) -> None:
    """Say how answers do against people, item by item, on your own photographs that people have judged.

    There are no other figures: no indoor pictures with labels come with Pipewarden. Rendered pictures never count.
    """
    with told_errors(as_json=json):
        from pipewarden.people import service as people
        from pipewarden.perceive import service as perceive

        with opened() as work:
            found = perceive.indoor_figures(work, people.operator(work.tenant_id))
    if json:
        json_line(asdict(found))
        return
    note(f"photographs judged: {found.pictures}; answered by a model: {found.answered}; rendered: {found.rendered}")
    for title, items in (("视觉模型 model", found.model), ("最近样例 nearest example", found.examples)):
        table(_figures(title, items))


def _figures(title: str, items: Mapping[str, ItemFigure]) -> Table:
    shown = Table("项 item", "精确率 precision [95 %]", "召回率 recall [95 %]", title=title)
    for name, one in items.items():
        add_row(shown, name, _share(one.precision), _share(one.recall))
    return shown


def _share(share: Share) -> str:
    if share.value is None:
        return "–"
    return f"{share.value:.3f} [{share.low:.3f}–{share.high:.3f}] {share.hits}/{share.of}"
