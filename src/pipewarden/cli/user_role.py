"""``pipewarden user role``: what a role permits in a tenant, and an edit of it, on record as the operator."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from pipewarden.cli.opened import opened
from pipewarden.cli.output import add_row, json_line, note, table, told_errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipewarden.people.facts import Role, Scope

_Kind = TypeVar("_Kind", bound=StrEnum)


def role(
    name: Annotated[str, typer.Argument(help="A role, for instance dispatcher.")],
    add: Annotated[list[str] | None, typer.Option(help="A permission to give it, like network:export.")] = None,
    scope: Annotated[str, typer.Option(help="Where: own, area or tenant.")] = "area",
    remove: Annotated[list[str] | None, typer.Option(help="A permission to take from it.")] = None,
    reason: Annotated[str, typer.Option(help="Why; it is kept on record. Needed for an edit.")] = "",
    tenant: Annotated[str | None, typer.Option(help="Key of the tenant; PIPEWARDEN_TENANT when left out.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Show what a role permits in the tenant, or change it from now on; the old version stays on record.

    pipewarden user role dispatcher --add network:export --scope area --reason "GIS team"
    """
    with told_errors(as_json=json):
        from pipewarden.kit.errors import InputError
        from pipewarden.people import service as people
        from pipewarden.people.facts import Role, Scope

        known, where = _named(name, Role, "ROLE"), _named(scope, Scope, "--scope")
        with opened(tenant) as work:
            held = dict(people.permitted(work, work.tenant_id, known))
            missing = sorted(set(remove or ()) - set(held))
            if missing:
                problem = f"{known} does not hold {', '.join(missing)}"
                raise InputError(field="--remove", problem=problem, fix="Show the role first.")
            if add or remove:
                held |= dict.fromkeys(add or (), where)
                held = {one: there for one, there in held.items() if one not in (remove or ())}
                people.edit_role(work, people.operator(work.tenant_id), known, held, reason=reason)
    _tell(known, held, edited=bool(add or remove), as_json=json)


def _named(word: str, kind: type[_Kind], field: str) -> _Kind:
    from pipewarden.kit.errors import InputError

    try:
        return kind(word)
    except ValueError as error:
        raise InputError(field=field, problem=f"{word!r} is none", fix=f"Choose from {', '.join(kind)}.") from error


def _tell(role: Role, held: Mapping[str, Scope], *, edited: bool, as_json: bool) -> None:
    if as_json:
        json_line({"role": role.value, "permissions": {one: held[one].value for one in sorted(held)}, "edited": edited})
        return
    from rich.table import Table

    shown = Table("权限 permission", "范围 scope")
    for one in sorted(held):
        add_row(shown, one, held[one].value)
    table(shown)
    note(f"{role} permits this from now on" if edited else f"{role} permits {len(held)} things")
