"""The key comes from the environment or a private file; there is none by default, and none is ever replaced."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr, ValidationError

from pipewarden.kit.errors import InputError, UnavailableError
from pipewarden.kit.settings import load
from pipewarden.main.backup import BackupSettings, backup_key, make_key

if TYPE_CHECKING:
    from pathlib import Path

DIGITS = hashlib.sha256(b"a key for tests").hexdigest()


def test_there_is_no_default() -> None:
    with pytest.raises(UnavailableError, match="there is no default") as caught:
        backup_key(BackupSettings())
    assert caught.value.field == "PIPEWARDEN_BACKUP_KEY_FILE"
    assert "pipewarden backup key --to" in caught.value.fix


def test_it_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PIPEWARDEN_BACKUP_KEY", DIGITS)
    monkeypatch.setenv("PIPEWARDEN_BACKUP_TO", str(tmp_path))
    found = load(BackupSettings)
    assert found.backup_to == tmp_path
    assert backup_key(found).secret.hex() == DIGITS
    assert DIGITS not in repr(found)


def test_it_comes_from_a_file_that_only_its_user_reads(tmp_path: Path) -> None:
    path = tmp_path / "key"
    make_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    found = backup_key(BackupSettings(backup_key_file=path))
    assert found.secret.hex() == path.read_text().strip()
    path.chmod(0o640)
    with pytest.raises(UnavailableError, match="read by others") as caught:
        backup_key(BackupSettings(backup_key_file=path))
    assert f"chmod 600 {path}" in caught.value.fix


def test_two_keys_are_never_the_same_and_none_is_written_over(tmp_path: Path) -> None:
    make_key(tmp_path / "a")
    make_key(tmp_path / "b")
    assert (tmp_path / "a").read_text() != (tmp_path / "b").read_text()
    before = (tmp_path / "a").read_text()
    with pytest.raises(InputError, match="is there already") as caught:
        make_key(tmp_path / "a")
    assert "can ever be opened" in caught.value.fix
    assert (tmp_path / "a").read_text() == before


@pytest.mark.parametrize("digits", ["", "ab", "zz" * 32, "ab" * 32, "0" * 64, DIGITS + "00"])
def test_what_is_no_key_is_refused_and_not_repeated(digits: str, tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(digits)
    path.chmod(0o600)
    for settings in (BackupSettings(backup_key=SecretStr(digits)), BackupSettings(backup_key_file=path)):
        with pytest.raises(InputError, match="64 hexadecimal digits") as caught:
            backup_key(settings)
        assert len(digits) < 3 or digits not in str(caught.value)


def test_the_environments_counts_before_the_files(tmp_path: Path) -> None:
    make_key(tmp_path / "key")
    both = BackupSettings(backup_key=SecretStr(DIGITS), backup_key_file=tmp_path / "key")
    assert backup_key(both).secret.hex() == DIGITS


@pytest.mark.parametrize("change", [{"backup_every_min": 4}, {"backup_every_min": 20_000}, {"backup_keep": 0}])
def test_intervals_and_numbers_have_bounds(change: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        BackupSettings(**change)  # type: ignore[arg-type]
