"""The demo people's passwords: kept from run to run, read by nobody else, never half a file."""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from pipewarden.kit.errors import UnavailableError
from pipewarden.main.demo.keyring import Keyring, Sealed

if TYPE_CHECKING:
    from pathlib import Path

ONE = Sealed(UUID(int=1), "demo-dispatcher", "abcdef-ghijkl", "00ff")
TWO = Sealed(UUID(int=2), "demo-resident-1", "mnopqr-stuvwx", "11ee")


def test_a_new_home_has_none(tmp_path: Path) -> None:
    assert Keyring.of(tmp_path).read() == {}
    assert list(tmp_path.iterdir()) == [], "reading makes no file"


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    Keyring.of(tmp_path).write({"dispatcher": ONE, "resident-1": TWO})
    assert Keyring.of(tmp_path).read() == {"dispatcher": ONE, "resident-1": TWO}
    Keyring.of(tmp_path).write({"dispatcher": TWO})
    assert Keyring.of(tmp_path).read() == {"dispatcher": TWO}, "replaced, not added to"


def test_only_its_user_reads_it_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        Keyring.of(tmp_path).write({"dispatcher": ONE})
    finally:
        os.umask(before)
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_file_open_to_others_is_refused_with_the_way_out(tmp_path: Path) -> None:
    keyring = Keyring.of(tmp_path)
    keyring.write({"dispatcher": ONE})
    keyring.path.chmod(0o640)
    with pytest.raises(UnavailableError) as caught:
        keyring.read()
    assert caught.value.field == str(keyring.path)
    assert f"chmod 600 {keyring.path}" in caught.value.fix
    assert ONE.password not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        '{"dispatcher": 7}',
        '{"dispatcher": {"person_id": "no id", "login": "a", "password": "b", "proof": "c"}}',
        json.dumps({"dispatcher": {"person_id": str(UUID(int=1)), "login": "a", "password": "b"}}),
    ],
)
def test_a_damaged_file_is_told_and_not_guessed_at(tmp_path: Path, content: str) -> None:
    keyring = Keyring.of(tmp_path)
    keyring.path.write_text(content)
    keyring.path.chmod(0o600)
    with pytest.raises(UnavailableError, match="damaged"):
        keyring.read()


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    keyring = Keyring.of(tmp_path)
    keyring.write({"dispatcher": ONE})
    with pytest.raises(TypeError):
        keyring.write({"dispatcher": object()})  # type: ignore[dict-item]
    assert keyring.read() == {"dispatcher": ONE}
    assert list(tmp_path.iterdir()) == [keyring.path], "and no piece of a new one"


def test_no_password_is_shown_by_accident() -> None:
    assert ONE.password not in repr(ONE)
    assert ONE.proof not in repr(ONE)
