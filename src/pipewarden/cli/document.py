"""``pipewarden document``: which papers there are, what one looks like, and whether a file is one of ours."""

from __future__ import annotations

import json as json_text
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from pipewarden.cli.opened import opened
from pipewarden.cli.output import add_row, json_line, note, table, told_errors
from pipewarden.kit.errors import InputError

app = typer.Typer(help="Documents: kinds, a look at one, is this file genuine.", no_args_is_help=True)
_MOST_BYTES = 64 << 20
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


@app.command("kinds")
def kinds(json: AsJson = False) -> None:
    """List the kinds of documents with what each must say; no database is opened."""
    with told_errors(as_json=json):
        from pipewarden.main import documents

        found = documents.kinds()
        if json:
            json_line({"items": found})
            return
        shown = Table("kind", "title", "number", "must be known", "left to be filled by hand")
        for one in found:
            needed = ["、".join(each["zh"] for each in one["fields"] if each["need"] == need) for need in _NEEDS]
            add_row(shown, one["kind"], one["title"], f"{one['prefix']}-YYYY-000001", *needed)
        table(shown)


_NEEDS = ("required", "blank")


@app.command("render")
def render(
    kind: Annotated[str, typer.Argument(help="As `document kinds` lists them, for instance notice.")],
    data: Annotated[
        Path | None,
        typer.Option(help="JSON: fields, rows, clauses, signatures, refused, witness; made up without it."),
    ] = None,
    template: Annotated[Path | None, typer.Option(help="Your own template (YAML); else the shipped one.")] = None,
    out: Annotated[Path | None, typer.Option(help=".pdf, .docx, or .png (page 1); else KIND.pdf.")] = None,
    json: AsJson = False,
) -> None:
    """Draw a document without a database; every page is marked 样例, it has no number and proves nothing.

    Example:  pipewarden document render notice --out notice.pdf
    """
    with told_errors(as_json=json):
        from pipewarden.main import documents

        to = out or Path(f"{kind}.pdf")
        said = None if data is None else _json(_read(data, "--data"))
        own = None if template is None else _read(template, "--template")
        made = documents.render(kind, said, own, to.suffix.removeprefix("."))
        to.write_bytes(made)
        if json:
            json_line({"kind": kind, "out": str(to), "bytes": len(made)})
        else:
            note(f"{to}: {len(made)} bytes")


@app.command("verify")
def verify(
    file: Annotated[Path, typer.Argument(help="A PDF that is said to be one of ours.")],
    json: AsJson = False,
) -> None:
    """Say whether a file is a document of the tenant, unchanged and still counting; exit code 1 when it is not."""
    with told_errors(as_json=json):
        from pipewarden.main import documents

        pdf = _read(file, "FILE")
        with opened() as work:
            found = documents.verify(work, pdf)
        if json:
            json_line(found)
        else:
            note(found["says"])
    if not found["genuine"] or found["voided_at"] is not None:
        raise typer.Exit(1)


def _json(text: bytes) -> object:
    try:
        return json_text.loads(text)
    except ValueError as error:
        raise InputError(field="--data", problem="is no JSON", fix="See docs/documents.md for its shape.") from error


def _read(path: Path, name: str) -> bytes:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InputError(field=name, problem=f"{path} is larger than 64 MB", fix="Name the right file.")
        return path.read_bytes()
    except OSError as error:
        raise InputError(field=name, problem=f"{path} cannot be read", fix="Check the path.") from error
