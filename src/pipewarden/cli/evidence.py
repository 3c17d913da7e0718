"""``pipewarden evidence``: take a site's evidence pack out, and prove offline that one is whole."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from pipewarden.cli.output import json_line, note, told_errors
from pipewarden.kit.errors import InputError

app = typer.Typer(help="Evidence packs of sites: made here, checked anywhere.", no_args_is_help=True)
_KEY = re.compile(r"[0-9a-fA-F]{64}")


@app.command("pack")
def pack(
    site_id: Annotated[UUID, typer.Argument(metavar="SITE_ID", help="As `case list` shows it.")],
    out: Annotated[Path | None, typer.Option(help="File to write; evidence-SITE_ID.zip when left out.")] = None,
    pdf: Annotated[Path | None, typer.Option(help="Write the pack's paper beside it, too.")] = None,
) -> None:
    """Write everything on record about a site into one signed ZIP.

    Example:  pipewarden evidence pack 0190e0c2-... --out site.zip --pdf site.pdf
    """
    with told_errors(as_json=False):
        from pipewarden.kit.settings import load_settings
        from pipewarden.main import evidence
        from pipewarden.main.home import open_home
        from pipewarden.main.log import configure

        settings = load_settings()
        configure(settings.log_level)
        path = out or Path(f"evidence-{site_id}.zip")
        with open_home(settings) as home:
            made = evidence.make(home, site_id)
        _write("--out", path, made.pack)
        if pdf is not None:
            _write("--pdf", pdf, made.pdf)
    note(f"{path}: {len(made.pack)} bytes; check it with: pipewarden evidence verify {path}")


def _write(option: str, path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise InputError(field=option, problem=f"{path}: {error.strerror}", fix="Name another file.") from error


@app.command("verify")
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An evidence pack.")],
    key: Annotated[
        str | None, typer.Option(help="Fingerprint of the company's key, 64 hex digits, as it publishes it.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Say whether every byte of a pack is as it was signed; exits 1 when not. Needs no network and no database.

    Without --key it proves only that the pack has not changed since the holder of the key inside signed it.

    Example:  pipewarden evidence verify site.zip --key 5f3c...
    """
    with told_errors(as_json=json):
        if key is not None and not _KEY.fullmatch(key):
            raise InputError(field="--key", problem="is no fingerprint", fix="Give the 64 hex digits.")
        from pipewarden.main import evidence

        found = evidence.verify(file, key)
    if json:
        json_line({"whole": not found.problems, **asdict(found)})
    else:
        if found.about is not None:
            note(f"site {found.about.site}, version {found.about.version}, by {found.about.issuer}")
            note(f"made {found.about.made_at}, {found.files} files, key {found.key}")
        for problem in found.problems:
            note(f"  {problem}")
        whose = "" if key else "; compare the key with what the company publishes"
        note("CHANGED: do not trust it" if found.problems else f"whole{whose}")
    if found.problems:
        raise typer.Exit(1)
