"""The process that sets documents: run as a script, never imported for its work.

typst is native code and the text it sets is untrusted. This process imports it and nothing of Pipewarden, limits its
memory first, sets one page so that fonts are loaded, and gives up the right to open any further file or socket before
it reads the first byte: no template, package or font can be fetched from here on (safety.md, decision 7).
"""

from __future__ import annotations

import json
import os
import resource
import struct
import sys
from pathlib import Path
from typing import Any

REQUEST = struct.Struct("<BBI")  # layout (place in the arguments), what to make (index in MAKES), bytes that follow
REPLY = struct.Struct("<BI")  # status (index in STATUSES), bytes that follow
MAKES = ("pdf", "png")
STATUSES = ("ok", "refused", "ready")
_PPI = 80.0
_LONGEST = 4000
_PNG = struct.Struct("<I")


def _confine(memory_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))


def _close_the_door() -> None:
    """Allow no descriptor beyond those already open."""
    open_now = {int(name) for name in os.listdir("/proc/self/fd")}  # noqa: PTH208  pathlib would open more of itself
    highest = max(open_now)
    for handle in range(highest + 1):  # fill the holes, so that the limit leaves no free number below it
        try:
            os.fstat(handle)
        except OSError:
            os.dup2(2, handle)
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1, highest + 1))


class _Press:
    def __init__(self, templates: list[Path], fonts: Path) -> None:
        import typst  # noqa: PLC0415  after the memory limit is set

        self.typst = typst
        self.sources = [one.read_bytes() for one in templates]
        known = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(fonts)])
        here = str(templates[0].parent)  # our own code and nothing else, for as long as files can be opened at all
        self.compiler = typst.Compiler(b"", root=here, font_paths=known, package_path=here, package_cache_path=here)

    def make(self, layout: int, what: str, sheet: bytes, at: int) -> bytes:
        """Return the PDF/A-2b, or the pages as PNG; any warning is a refusal."""
        inputs = {"sheet": sheet.decode()}
        more: dict[str, Any] = (
            {"format": "pdf", "pdf_standards": ["a-2b"]} if what == "pdf" else {"format": "png", "ppi": _PPI}
        )
        made: Any
        made, warnings = self.compiler.compile_with_warnings(
            self.sources[layout], sys_inputs=inputs, timestamp=at, pretty=False, **more
        )
        if warnings:
            raise ValueError("; ".join(str(one.message) for one in warnings))
        if what == "pdf":
            return bytes(made)
        pages = made if isinstance(made, list) else [made]
        return b"".join(_PNG.pack(len(page)) + page for page in pages)


def _reply(status: str, body: bytes = b"") -> None:
    whole = memoryview(REPLY.pack(STATUSES.index(status), len(body)) + body)
    while whole:
        whole = whole[os.write(1, whole) :]


def _read(count: int) -> bytes:
    got = bytearray()
    while len(got) < count:
        part = os.read(0, count - len(got))
        if not part:
            raise SystemExit(0)
        got += part
    return bytes(got)


def main(arguments: list[str]) -> None:
    """Serve requests on descriptor 0 until it closes.

    Args:
        arguments: RLIMIT_AS in bytes, the templates, the folder of fonts, a sheet of the first to warm up with, module
            folders.
    """
    _confine(int(arguments[0]))
    sys.path.extend(folder for folder in arguments[4].split(os.pathsep) if folder not in sys.path)
    press = _Press([Path(one) for one in arguments[1].split(os.pathsep)], Path(arguments[2]))
    press.make(0, "pdf", arguments[3].encode(), 0)
    _close_the_door()
    _reply("ready")
    while True:
        layout, what, size = REQUEST.unpack(_read(REQUEST.size))
        asked = _read(size)
        try:
            _reply("ok", press.make(layout, MAKES[what], asked, int(json.loads(asked)["at"])))
        except Exception as error:  # noqa: BLE001  typst says no in many ways; each is told, none ends the press
            _reply("refused", str(error).encode("utf-8", "replace")[:_LONGEST])


if __name__ == "__main__":
    main(sys.argv[1:])
