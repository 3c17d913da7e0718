"""ADR 6: PyAV's wheel links GPL encoders, so one program may load it and none may encode with it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pipewarden

SOURCE = Path(pipewarden.__file__).parent
READER = SOURCE / "sense" / "adapters" / "video_child.py"


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_one_program_alone_imports_pyav() -> None:
    assert [path for path in sorted(SOURCE.rglob("*.py")) if "av" in imports(path)] == [READER]


def test_it_asks_for_no_encoder() -> None:
    names = {node.attr for node in ast.walk(ast.parse(READER.read_text())) if isinstance(node, ast.Attribute)}
    assert "open" in names
    assert names.isdisjoint({"add_stream", "add_stream_from_template", "mux", "create"})


def test_neither_child_imports_pipewarden() -> None:
    for name in ("video_child.py", "decoder_child.py"):
        assert "pipewarden" not in imports(READER.with_name(name))


def test_pictures_do_not_load_pyav() -> None:
    code = (
        "import sys, pipewarden.sense.adapters.sources, pipewarden.sense.adapters.decoder; print('av' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=SOURCE.parent)
    assert told.stdout.strip() == "False"
