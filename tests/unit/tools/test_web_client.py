"""The pages' client is the API's, and the ratchet of 400 lines holds for the pages too."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).resolve().parents[3]
BUILT = ROOT / "web" / "node_modules" / ".bin" / "openapi-typescript"


@pytest.fixture
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("web_client", ROOT / "tools" / "web_client.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_committed_client_is_what_the_api_gives(tool: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert BUILT.exists(), "make test installs it; run: make web"
    assert tool.main(["--check"]) == 0, capsys.readouterr().err


def test_a_client_of_another_api_fails_the_check_and_is_written_anew(
    tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    there = tmp_path / "schema.d.ts"
    shutil.copy(tool.SCHEMA, there)
    monkeypatch.setattr(tool, "ROOT", tmp_path)
    monkeypatch.setattr(tool, "SCHEMA", there)
    monkeypatch.setattr(tool, "generated", lambda: "export interface paths {}\n")
    assert tool.main(["--check"]) == 1
    assert "make web-client" in capsys.readouterr().err
    assert tool.main([]) == 0
    assert there.read_text() == "export interface paths {}\n"
    assert tool.main(["--check"]) == 0


def test_a_page_past_400_lines_is_told_and_what_is_generated_is_not(tool: ModuleType, tmp_path: Path) -> None:
    source = tmp_path / "web" / "src"
    source.mkdir(parents=True)
    (source / "Long.vue").write_text("\n" * 401)
    (source / "right.ts").write_text("\n" * 400)
    (source / "schema.d.ts").write_text("\n" * 2000)
    (source / "words.json").write_text("\n" * 2000)
    assert tool.too_long(tmp_path / "web") == ["web/src/Long.vue has 401 lines, 400 allowed"]
