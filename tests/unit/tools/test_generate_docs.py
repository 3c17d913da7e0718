"""The reference pages say what the code says: every operation, role, setting and command, and drift is found."""

import importlib.util
import shutil
from functools import cache
from pathlib import Path

import pytest

from pipewarden.casework.rules import arcs
from pipewarden.casework.store import violations
from pipewarden.main.backup import BackupSettings
from pipewarden.main.web.app import bare
from pipewarden.people.facts import Role
from pipewarden.people.service import shipped_roles

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "docs" / "reference"


def page(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def test_every_operation_is_named_once() -> None:
    told = page("api.md")
    for path, operations in bare().openapi()["paths"].items():
        for method in operations:
            assert told.count(f"| `{method.upper()} {path}` |") == 1


def test_every_role_stands_with_its_permissions_and_their_reach() -> None:
    book, told = shipped_roles(), page("roles.md")
    for role in Role:
        part = told.split(f"\n## {role.value}\n")[1].split("\n## ")[0]
        for name, scope in book.roles[role].items():
            assert f"| `{name}` | {scope.value} |" in part
        assert part.count("\n| `") == len(book.roles[role])


def test_every_setting_is_told_and_no_secret_has_a_default() -> None:
    told = page("settings.md")
    for name, field in BackupSettings.model_fields.items():
        assert f"`PIPEWARDEN_{name.upper()}`" in told
        assert field.description
    for secret in ("secret", "backup_key", "backup_key_file"):
        assert BackupSettings.model_fields[secret].default is None


def test_the_life_of_a_site_is_drawn_with_every_transition_and_guard() -> None:
    told = page("site-life.md")
    assert "stateDiagram-v2" in told
    for one in arcs():
        assert f"{one.source} --> {one.to} : " in told
        assert f"| {one.source} | {one.act} | {one.to} | {', '.join(one.guards)} |" in told
    for code, kind in violations().items():
        assert f"| {code} | {kind.severity} | {kind.fix_h:g} | {kind.clause} |" in told


def test_drift_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    spec = importlib.util.spec_from_file_location("generate_docs", ROOT / "tools" / "generate_docs.py")
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    for slow in ("api_page", "asyncapi_page", "command_page"):  # made three times below
        monkeypatch.setattr(tool, slow, cache(getattr(tool, slow)))
    monkeypatch.setattr(tool, "FOLDER", Path(shutil.copytree(FOLDER, tmp_path / "reference")))
    for beside in ("compliance.md", "runbook.md"):
        shutil.copy(FOLDER.parent / beside, tmp_path)
    assert tool.main(["--check"]) == 0
    path = tmp_path / "reference" / "settings.md"
    path.write_text(path.read_text().replace("Folder of", "Drawer of"))
    assert tool.main(["--check"]) == 1
    assert "settings.md is not what the code says" in capsys.readouterr().err
    assert tool.main([]) == 0
    assert path.read_text() == page("settings.md")
