"""``pipewarden capability``: what is for sale, and what each version is known to do; calls go over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipewarden.cli.opened import opened
from pipewarden.cli.output import add_row, json_line, table, told_errors

if TYPE_CHECKING:
    from pipewarden.market.facts.foundry import Version

app = typer.Typer(help="Capabilities that experts built, and the platform's own.", no_args_is_help=True)
JsonFlag = Annotated[bool, typer.Option("--json", help="JSON objects on stdout, the last one is the summary.")]
OneJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]
Slug = Annotated[str, typer.Argument(metavar="SLUG", help="As `capability list` prints it.")]
_PAGE = 200


@app.command("list")
def list_(json: JsonFlag = False) -> None:
    """List capabilities with the version that sells, its price, and how many calls were answered."""
    with told_errors(as_json=json):
        from pipewarden.market.service import foundry_shop
        from pipewarden.people import service as people

        with opened() as work:
            found = foundry_shop.shop(work, people.operator(work.tenant_id), limit=_PAGE)
            rows = [
                {
                    "slug": one.line.slug,
                    "kind": one.line.kind.value,
                    "title": one.line.title,
                    "calls": one.calls,
                    "live": None if one.live is None else _version(one.live),
                    "newest": _version(one.newest),
                }
                for one in found
            ]
    if json:
        for row in rows:
            json_line(row)
        json_line({"summary": {"capabilities": len(rows)}})
        return
    from rich.table import Table

    shown = Table("能力 capability", "类型 kind", "版本 version", "状态 state", "单价 price", "调用 calls")
    for row in rows:
        told: Any = row["live"] or row["newest"]
        cells = (row["slug"], row["kind"], told["number"], told["state"], told["price"] or "", row["calls"])
        add_row(shown, *map(str, cells))
    table(shown)


@app.command("show")
def show(slug: Slug, json: OneJson = False) -> None:
    """Show a capability's versions with figures and cards, and how its price is shared."""
    with told_errors(as_json=json):
        from pipewarden.market.service import foundry, foundry_life
        from pipewarden.people import service as people

        with opened() as work:
            root = people.operator(work.tenant_id)
            line, versions = foundry.look_up(work, root, slug)
            own = line.tenant_id == work.tenant_id
            parts = foundry_life.contracts(work, root, slug) if own else []
            told = {
                "slug": line.slug,
                "kind": line.kind.value,
                "title": line.title,
                "versions": [_version(one) | {"figures": one.figures, "card": one.card} for one in versions],
                "contracts": [
                    {
                        "since": one.since.isoformat(),
                        "expert": one.expert,
                        "house": one.house,
                        "reviewers": one.reviewers,
                    }
                    for one in parts
                ],
            }
    if json:
        json_line(told)
        return
    from rich.table import Table

    shown = Table("版本 version", "状态 state", "单价 price", "冻结集 frozen set")
    for one in versions:
        row = _version(one)
        cells = (row["number"], row["state"], row["price"] or "", (one.frozen or "")[:12])
        add_row(shown, *map(str, cells))
    table(shown)


def _version(one: Version) -> dict[str, object]:
    from pipewarden.ledger.facts import Asset
    from pipewarden.market.service import shown_amount as shown

    price = None if one.price is None else f"{shown(one.price, Asset.CNY)} CNY"
    return {"number": one.number, "state": one.state.value, "price": price, "percent": one.percent}
