"""``pipewarden backup`` and ``restore``: a home in sealed files, and back again into an empty place."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from pipewarden.cli.output import add_row, json_line, note, progress, table, told_errors

if TYPE_CHECKING:
    from pipewarden.main.backup import BackupSettings, Shelf
    from pipewarden.main.backup.manifest import Manifest

app = typer.Typer(
    invoke_without_command=True,
    help="Back the home up while it works: one moment's rows, every picture, sealed with your own key.\n\n"
    "First:  pipewarden backup key --to /root/backup.key   (then set PIPEWARDEN_BACKUP_KEY_FILE)\n\n"
    "Then:  pipewarden backup --to /mnt/backups   ·   pipewarden backup drill --to /mnt/backups",
)
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]
To = Annotated[Path | None, typer.Option("--to", help="Folder of the backups; PIPEWARDEN_BACKUP_TO when left out.")]


@app.callback()
def backup(
    ctx: typer.Context,
    to: To = None,
    keep: Annotated[int | None, typer.Option(min=1, help="Then keep only so many, the newest.")] = None,
    without_keys: Annotated[
        bool, typer.Option("--without-keys", help="Leave out the home's own key files (signatures, links in messages).")
    ] = False,
    json: AsJson = False,
) -> None:
    """Take a backup; pictures that lie in the folder already are not written again."""
    if ctx.invoked_subcommand is not None:
        return
    with told_errors(as_json=json):
        from pipewarden.main import backup as backups
        from pipewarden.main.home import open_home

        settings = _settings()
        shelf = _shelf(settings, to)
        with open_home(settings) as home, progress("backing up") as done:
            made = backups.take(home, shelf, with_keys=not without_keys, progress=done)
        gone = shelf.forget(keep) if keep is not None else []
        told = made.manifest
        if json:
            fresh = {"fresh_blobs": made.fresh, "fresh_bytes": made.fresh_bytes, "gone": gone}
            json_line(_told(told) | fresh | {"damaged": list(told.damaged)})
        else:
            note(f"{told.id}: {_counts(told)}, {made.fresh} of the files new in {shelf.root}")
            for one in told.damaged:
                note(f"not in it: {one}")
    if told.damaged:
        raise typer.Exit(1)


@app.command("drill")
def drill(
    to: To = None,
    scratch: Annotated[Path | None, typer.Option(help="Folder with room for a whole restore.")] = None,
    json: AsJson = False,
) -> None:
    """Restore the newest backup into a scratch place, compare everything, put it on record; exit code 1 if it fails."""
    with told_errors(as_json=json):
        from pipewarden.main import backup as backups
        from pipewarden.main.home import open_home

        settings = _settings()
        shelf = _shelf(settings, to)
        with open_home(settings) as home, progress("restoring") as done:
            made = backups.drill(home, shelf, scratch=scratch or settings.backup_scratch, progress=done)
        words = {"backup": made.backup, "ok": made.ok, "problem": made.problem, "at": made.at.isoformat()}
        if json:
            json_line(words | {"rows": made.rows, "blobs": made.blobs, "seconds": made.seconds})
        elif made.ok:
            note(f"{made.backup} holds: {made.rows} rows and {made.blobs} files as they were, in {made.seconds:.1f} s")
        else:
            note(f"{made.backup or 'no backup'} does NOT hold: {made.problem}")
    if not made.ok:
        raise typer.Exit(1)


@app.command("list")
def show(to: To = None, json: AsJson = False) -> None:
    """Show the backups of a folder, oldest first; one that cannot be opened is said to be so."""
    with told_errors(as_json=json):
        from pipewarden.kit.errors import InputError

        shelf = _shelf(_settings(), to)
        lines: list[dict[str, Any]] = []
        for name in shelf.ids():
            try:
                lines.append(_told(shelf.manifest(name)))
            except InputError as error:
                lines.append({"backup": name, "problem": error.problem})
        if json:
            json_line({"items": lines})
            return
        shown = Table("backup", "rows", "files", "MiB of files", "program", "problem")
        for one in lines:
            size = f"{one['blob_bytes'] / (1 << 20):.1f}" if "blob_bytes" in one else ""
            cells = [str(one.get(key, "")) for key in ("backup", "rows", "blobs")]
            add_row(shown, *cells, size, str(one.get("program", "")), str(one.get("problem", "")))
        table(shown)


@app.command("key")
def key(to: Annotated[Path, typer.Option("--to", help="File to write it into; must not be there.")]) -> None:
    """Make a key. Whoever has it reads every backup, and without it nobody does: keep a copy on paper."""
    with told_errors(as_json=False):
        from pipewarden.main import backup as backups

        backups.make_key(to)
        note(f"{to} holds a new key: copy it to paper, and set PIPEWARDEN_BACKUP_KEY_FILE={to.resolve()}")


def restore(
    source: Annotated[Path, typer.Option("--from", help="Folder of the backups.")],
    backup: Annotated[str | None, typer.Option(help="Which one; the newest when left out.")] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Into a scratch place only, compared and removed; the home is not touched.")
    ] = False,
    scratch: Annotated[Path | None, typer.Option(help="With --verify: a folder with room for a whole restore.")] = None,
    json: AsJson = False,
) -> None:
    """Restore a backup into PIPEWARDEN_HOME, which must be empty; every table and every file is compared."""
    with told_errors(as_json=json):
        from pipewarden.main import backup as backups

        settings = _settings()
        shelf = _shelf(settings, source)
        name = backup or shelf.newest()
        with progress("restoring") as done:
            if verify:
                place = scratch or settings.backup_scratch
                made = backups.verify(shelf, name, settings, scratch=place, progress=done)
            else:
                made = backups.restore(settings, shelf, name, progress=done)
        told = made.manifest
        if json:
            json_line(_told(told) | {"verified": True, "restored": not verify, "seconds": round(made.seconds, 1)})
        else:
            where = "a scratch place, removed again" if verify else str(settings.home)
            note(f"{told.id} restored into {where}, in {made.seconds:.1f} s")
            note(f"compared: {_counts(told)}, all as they were at {told.taken_at:%Y-%m-%d %H:%M:%S} UTC")


def _settings() -> BackupSettings:
    from pipewarden.kit.settings import load
    from pipewarden.main.backup import BackupSettings

    return load(BackupSettings)


def _shelf(settings: BackupSettings, folder: Path | None) -> Shelf:
    from pipewarden.kit.errors import InputError
    from pipewarden.main.backup import Shelf, backup_key

    root = folder or settings.backup_to
    if root is None:
        raise InputError(field="--to", problem="no folder is named", fix="Name one, or set PIPEWARDEN_BACKUP_TO.")
    return Shelf(root, backup_key(settings))


def _counts(told: Manifest) -> str:
    return f"{told.rows} rows of {len(told.tables)} tables, {len(told.blobs)} files"


def _told(one: Manifest) -> dict[str, Any]:
    return {
        "backup": one.id,
        "taken_at": one.taken_at.isoformat(),
        "program": one.program,
        "revision": one.revision,
        "tables": len(one.tables),
        "rows": one.rows,
        "blobs": len(one.blobs),
        "blob_bytes": one.blob_bytes,
    }
