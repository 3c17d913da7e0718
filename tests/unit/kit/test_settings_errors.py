import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from pipewarden.kit import settings as settings_module
from pipewarden.kit.db import Base, sqlalchemy_url
from pipewarden.kit.errors import InputError, PipewardenError, RefusedError, UnavailableError
from pipewarden.kit.settings import Settings, default_home, load_settings


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PIPEWARDEN_HOME", str(tmp_path))
    monkeypatch.setenv("PIPEWARDEN_TENANT", "langfang")
    monkeypatch.setenv("PIPEWARDEN_THREADS", "3")
    made = Settings()
    assert (made.home, made.tenant, made.threads) == (tmp_path, "langfang", 3)


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError):
        Settings().tenant = "other"  # type: ignore[misc]  # the point of the test


@pytest.mark.parametrize("threads", ["0", "65", "many"])
def test_a_setting_out_of_range_is_refused(monkeypatch: pytest.MonkeyPatch, threads: str) -> None:
    monkeypatch.setenv("PIPEWARDEN_THREADS", threads)
    with pytest.raises(ValidationError, match="threads"):
        Settings()


def test_a_wrong_setting_is_named_for_people(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIPEWARDEN_THREADS", "many")
    with pytest.raises(InputError) as caught:
        load_settings()
    assert caught.value.field == "PIPEWARDEN_THREADS"


def test_no_setting_has_a_secret_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("PIPEWARDEN_")]:
        monkeypatch.delenv(name)
    made = Settings()
    assert made.database_url is None
    assert made.database_owner_url is None


def test_every_setting_says_what_it_means() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_root_and_people_have_different_homes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(settings_module.os, "geteuid", lambda: 0)
    assert default_home() == Path("/var/lib/pipewarden")
    monkeypatch.setattr(settings_module.os, "geteuid", lambda: 1000)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_home() == tmp_path / ".local" / "share" / "pipewarden"


@pytest.mark.parametrize("kind", [InputError, UnavailableError, RefusedError])
def test_errors_say_field_problem_and_fix(kind: type[PipewardenError]) -> None:
    error = kind(field="--crs", problem="is missing", fix="Declare it.")
    assert str(error) == "--crs: is missing. Declare it."
    assert error.as_dict() == {"field": "--crs", "problem": "is missing", "fix": "Declare it."}


def test_exit_codes_differ_so_that_scripts_can_tell() -> None:
    codes = [kind.exit_code for kind in (PipewardenError, InputError, UnavailableError, RefusedError)]
    assert codes == [1, 2, 3, 4]


@pytest.mark.parametrize("given", ["postgresql://u:p@h:5432/d", "postgres://u:p@h:5432/d"])
def test_the_driver_is_named_in_the_url(given: str) -> None:
    assert sqlalchemy_url(given) == "postgresql+psycopg://u:p@h:5432/d"


@pytest.mark.parametrize("given", ["", "sqlite:///x", "postgresql+asyncpg://h/d", "h/d"])
def test_other_databases_are_refused(given: str) -> None:
    with pytest.raises(InputError) as caught:
        sqlalchemy_url(given)
    assert caught.value.field == "PIPEWARDEN_DATABASE_URL"


def test_names_of_constraints_are_fixed_so_that_migrations_can_drop_them() -> None:
    assert set(Base.metadata.naming_convention) >= {"ix", "uq", "ck", "fk", "pk"}
