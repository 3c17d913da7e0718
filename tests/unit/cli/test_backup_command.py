"""``pipewarden backup``, ``restore`` and ``reckon`` on a home of their own: what they say, and by which exit code."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from pipewarden.cli.app import app
from pipewarden.kit.settings import Settings
from pipewarden.main.backup import Restored, Shelf
from pipewarden.main.home import Home, open_home
from pipewarden.sense import service as sense
from pipewarden.sense.facts import NewObservation, ObservationKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from click.testing import Result

    Run = Callable[..., Result]


@pytest.fixture(scope="module")
def room(roomy: Callable[[], Path]) -> Path:
    return roomy()


@pytest.fixture(scope="module")
def home(room: Path) -> Iterator[Home]:
    """The commands' home, held open: each command then finds its server running."""
    with open_home(Settings(home=room / "home")) as made:
        with made.work() as work:
            new = NewObservation("s", "1", ObservationKind.SINGLE, b"a picture", "upload")
            sense.observe(work, made.blobs, new)
        yield made


@pytest.fixture
def run(room: Path, home: Home, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("PIPEWARDEN_HOME", str(home.folder))
    monkeypatch.setenv("PIPEWARDEN_BACKUP_KEY_FILE", str(room / "key"))
    if not (room / "key").exists():
        assert CliRunner().invoke(app, ["backup", "key", "--to", str(room / "key")]).exit_code == 0
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def told(result: Result) -> dict[str, Any]:
    made = json.loads(result.stdout.strip().splitlines()[-1])
    assert isinstance(made, dict)
    return made


def test_without_a_key_nothing_is_backed_up(run: Run, room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIPEWARDEN_BACKUP_KEY_FILE")
    result = run("backup", "--to", room / "none", "--json")
    assert result.exit_code == 3
    assert told(result)["error"]["field"] == "PIPEWARDEN_BACKUP_KEY_FILE"
    assert not (room / "none").exists()


def test_a_key_is_made_once(run: Run, room: Path) -> None:
    before = (room / "key").read_text()
    assert run("backup", "key", "--to", room / "key").exit_code == 2
    assert (room / "key").read_text() == before


def test_without_a_folder_it_says_which_to_name(run: Run, room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run("backup", "--json")
    assert result.exit_code == 2
    assert told(result)["error"]["field"] == "--to"
    monkeypatch.setenv("PIPEWARDEN_BACKUP_TO", str(room / "set"))
    assert run("backup").exit_code == 0
    assert len(told(run("backup", "list", "--json"))["items"]) == 1


def test_help_teaches_the_first_steps(run: Run) -> None:
    said = run("backup", "--help").stdout
    assert "pipewarden backup key --to" in said
    assert "pipewarden backup drill" in said
    for command in ("drill", "list", "key"):
        assert "--to" in run("backup", command, "--help").stdout


def test_two_backups_one_is_kept_listed_and_drilled(
    run: Run, room: Path, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = room / "out"
    asked: list[object] = []

    def verify(shelf: Shelf, name: str, _settings: object, *, scratch: object, progress: object) -> Restored:
        asked.extend([name, scratch, progress is not None])
        return Restored(shelf.manifest(name), 2.04)  # the restore itself is tried in tests/unit/main/backup

    monkeypatch.setattr("pipewarden.main.backup.drills.verify", verify)
    first = told(run("backup", "--to", out, "--json"))
    assert (first["blobs"], first["fresh_blobs"], first["damaged"]) == (1, 1, [])
    second = told(run("backup", "--to", out, "--keep", "1", "--json"))
    assert (second["fresh_blobs"], second["gone"]) == (0, [first["backup"]])
    items = told(run("backup", "list", "--to", out, "--json"))["items"]
    assert [(one["backup"], one["rows"]) for one in items] == [(second["backup"], second["rows"])]
    assert second["backup"] in run("backup", "list", "--to", out).stdout

    drilled = run("backup", "drill", "--to", out, "--scratch", room, "--json")
    assert drilled.exit_code == 0
    made = told(drilled)
    assert (made["ok"], made["backup"], made["rows"], made["blobs"]) == (True, second["backup"], second["rows"], 1)
    assert asked == [second["backup"], room, True]
    assert f"{second['rows']} rows and 1 files as they were, in 2.0 s" in run("backup", "drill", "--to", out).stderr

    refused = run("restore", "--from", out)
    assert refused.exit_code == 2
    assert home.blobs.root.exists()


def test_a_backup_that_does_not_hold_fails_its_drill_with_exit_code_1(run: Run, room: Path) -> None:
    out = room / "bad"
    made = told(run("backup", "--to", out, "--json", "--without-keys"))
    path = out / made["backup"] / "manifest"
    content = bytearray(path.read_bytes())
    content[60] ^= 4
    path.write_bytes(bytes(content))
    result = run("backup", "drill", "--to", out, "--json")
    assert result.exit_code == 1
    assert (told(result)["ok"], told(result)["backup"]) == (False, made["backup"])
    assert "was changed" in told(result)["problem"]
    assert "does NOT hold" in run("backup", "drill", "--to", out).stderr
    assert "was changed" in told(run("backup", "list", "--to", out, "--json"))["items"][0]["problem"]
    verified = run("restore", "--from", out, "--verify", "--json")
    assert verified.exit_code == 2
    assert "was changed" in told(verified)["error"]["problem"]


def test_a_restore_says_where_and_what_it_compared(run: Run, room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = room / "away"
    made = told(run("backup", "--to", out, "--json"))
    monkeypatch.setenv("PIPEWARDEN_HOME", str(room / "new"))
    result = run("restore", "--from", out, "--backup", made["backup"])
    assert result.exit_code == 0
    assert f"{made['backup']} restored into {room / 'new'}" in result.stderr
    assert f"compared: {made['rows']} rows of {made['tables']} tables, 1 files, all as they were" in result.stderr
    assert (room / "new" / "blobs").is_dir()
    assert run("restore", "--from", out, "--json").exit_code == 2
    assert run("restore", "--from", room / "nowhere").exit_code == 2


def test_a_rotten_picture_is_said_and_the_others_are_kept(run: Run, room: Path, home: Home) -> None:
    sha256 = home.blobs.put(b"whole")
    home.blobs.path(sha256).write_bytes(b"holed")
    result = run("backup", "--to", room / "rotten", "--json")
    home.blobs.path(sha256).unlink()
    assert result.exit_code == 1
    assert told(result)["damaged"] == [f"blobs/{sha256[:2]}/{sha256[2:]}: does not match its hash"]
    assert told(result)["blobs"] == 1


def test_books_in_order_are_said_to_be(run: Run) -> None:
    result = run("reckon", "--json")
    assert (result.exit_code, told(result)["differences"]) == (0, [])
    assert told(result)["compared"] == {"rows_with_blobs": 1, "blobs": 1, "calls": 0, "on_duty": 0}


def test_a_picture_that_is_gone_is_a_difference_and_exit_code_1(run: Run, home: Home) -> None:
    (picture,) = (one for one in home.blobs.root.rglob("*") if one.is_file())
    stray = Path(f"{picture}.away")
    picture.rename(stray)
    try:
        os.utime(stray, (0, 0))
        result = run("reckon", "--json", "--file")
    finally:
        stray.rename(picture)
    assert result.exit_code == 1
    assert [(one["what"], one["count"]) for one in told(result)["differences"]] == [
        ("blob_missing", 1),
        ("blob_orphan", 1),
    ]
    table = run("reckon")
    assert table.exit_code == 0
    assert "compared: 1 rows_with_blobs, 1 blobs" in table.stderr
