"""Writes the pages' typed client from the API's own document; ``--check`` fails when it would change."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from pipewarden.main.web.app import bare

ROOT = Path(__file__).resolve().parents[1]
WEB = ROOT / "web"
SCHEMA = WEB / "src" / "api" / "schema.d.ts"
LONGEST_FILE = 400
OURS = {".ts", ".vue", ".css"}


def generated() -> str:
    """Return ``schema.d.ts`` as ``openapi-typescript`` makes it now.

    Raises:
        subprocess.CalledProcessError: it is not installed, or the document is not OpenAPI; it says why itself.
    """
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    with tempfile.TemporaryDirectory(prefix="pipewarden-client-") as name:
        document, made = Path(name) / "openapi.json", Path(name) / "schema.d.ts"
        document.write_text(json.dumps(bare().openapi(), sort_keys=True), encoding="utf-8")
        command = [str(WEB / "node_modules" / ".bin" / "openapi-typescript"), str(document), "-o", str(made)]
        subprocess.run(command, check=True, cwd=WEB, env=os.environ | {"PATH": path}, stdout=subprocess.DEVNULL)
        return made.read_text(encoding="utf-8")


def too_long(folder: Path = WEB) -> list[str]:
    """Return the pages' own files past 400 lines; what is generated may be as long as it is."""
    files = [path for path in sorted((folder / "src").rglob("*")) if path.suffix in OURS and path.name != SCHEMA.name]
    lengths = {path: path.read_text(encoding="utf-8").count("\n") for path in files}
    return [
        f"{path.relative_to(folder.parent)} has {lines} lines, {LONGEST_FILE} allowed"
        for path, lines in lengths.items()
        if lines > LONGEST_FILE
    ]


def main(words: list[str]) -> int:
    """Write the client, or compare it and return 1 when it differs."""
    text = generated()
    same = SCHEMA.exists() and SCHEMA.read_text(encoding="utf-8") == text
    if "--check" in words:
        found = too_long()
        if not same:
            found.append(f"{SCHEMA.relative_to(ROOT)} is not what the API gives: run make web-client")
        for line in found:
            print(line, file=sys.stderr)
        return 1 if found else 0
    if not same:
        SCHEMA.write_text(text, encoding="utf-8")
        print(f"wrote {SCHEMA.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
