import json
from io import StringIO

import pytest
from rich.console import Console
from rich.table import Table

from pipewarden.cli import output
from pipewarden.kit.errors import InputError, RefusedError, UnavailableError


def test_a_json_line_is_compact_and_keeps_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    output.json_line({"zone": "protection", "name": "光明西道", "lon": None})
    assert capsys.readouterr().out == '{"zone":"protection","name":"光明西道","lon":null}\n'


def test_what_json_cannot_say_is_refused() -> None:
    with pytest.raises(ValueError, match="Out of range float"):
        output.json_line({"score": float("nan")})


@pytest.mark.parametrize(("kind", "code"), [(InputError, 2), (UnavailableError, 3), (RefusedError, 4)])
def test_errors_name_field_and_fix_and_have_a_code(
    capsys: pytest.CaptureFixture[str], kind: type[InputError], code: int
) -> None:
    with pytest.raises(SystemExit) as caught, output.told_errors(as_json=False):
        raise kind(field="--crs", problem="is missing", fix="Declare it.")
    shown = capsys.readouterr()
    assert caught.value.code == code
    assert shown.out == ""
    assert "--crs: is missing" in shown.err
    assert "fix: Declare it." in shown.err


def test_under_json_the_error_is_the_last_object(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit), output.told_errors(as_json=True):
        raise InputError(field="file", problem="is empty", fix="Give another.")
    last = capsys.readouterr().out.splitlines()[-1]
    assert json.loads(last) == {"error": {"field": "file", "problem": "is empty", "fix": "Give another."}}


def test_markup_in_a_file_name_is_only_text(capsys: pytest.CaptureFixture[str]) -> None:
    output.note("[red]a[/red].jpg")
    assert "[red]a[/red].jpg" in capsys.readouterr().err


def test_progress_stays_off_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    with output.progress("scanning") as step:
        step(1, 3)
        step(3, 3)
    assert capsys.readouterr().out == ""


def test_what_the_file_system_refuses_names_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught, output.told_errors(as_json=True):
        open("/nowhere/at/all")  # noqa: PTH123, SIM115  the plain call that libraries make
    assert caught.value.code == 2
    error = json.loads(capsys.readouterr().out.splitlines()[-1])["error"]
    assert error["field"] == "/nowhere/at/all"


def test_brackets_in_a_cell_are_text() -> None:
    console = Console(file=StringIO(), width=80)
    rows = Table("file")
    output.add_row(rows, "east[cam1].jpg")
    output.add_row(rows, "b[/x].jpg")
    console.print(rows)
    shown = console.file.getvalue()  # type: ignore[attr-defined]  # the StringIO above
    assert "east[cam1].jpg" in shown
    assert "b[/x].jpg" in shown
