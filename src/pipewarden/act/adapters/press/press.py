"""The door to the press: sheets are set next door, with limits of memory, time and size."""

from __future__ import annotations

import json
import os
import queue
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pipewarden.act.adapters.press import child, font
from pipewarden.act.adapters.press.packs import pack_payload, qr
from pipewarden.act.adapters.press.words import docx_of
from pipewarden.act.facts import DocumentKind, Part, Run, Sheet, Signed
from pipewarden.act.rules.documents import drawable
from pipewarden.act.rules.plan import LOCAL
from pipewarden.kit.child import GoneError, LateError, folders, read, send, start, stop
from pipewarden.kit.errors import InputError, UnavailableError

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Container, Mapping
    from datetime import datetime

    from pipewarden.act.facts import PackPaper

_LAYOUTS = ("document.typ", "evidence.typ")
_ENVIRONMENT = {"LANG": "C.UTF-8", "RAYON_NUM_THREADS": "1"}
_AS_IT_IS = frozenset({"type", "kind", "image", "qr"})
# a word of so many characters may be broken: in a line, a cell of a table, its label, its first column
_LINE, _CELL, _LABEL, _FIRST = 16, 6, 7, 4
_NARROW = frozenset({("序号",), ("测点",)})  # headings of such columns
_START_S = 30.0
_MOST_SENT = {"document.typ": 8 << 20, "evidence.typ": 24 << 20}
_MOST_BACK = 32 << 20
_MENDED_AFTER = 2000  # sheets of one child: its caches are given back then


@dataclass(frozen=True, slots=True)
class PressLimits:
    """What one sheet may cost: address space of the child, seconds; a pack's paper has many pages."""

    memory_bytes: int = 1 << 30
    seconds: float = 10.0
    pack_seconds: float = 30.0


@dataclass(slots=True)
class _Child:
    limits: PressLimits
    process: subprocess.Popen[bytes] | None = None
    made: int = 0

    def start(self) -> None:
        fonts = font.folder()
        layouts = os.pathsep.join(str(Path(__file__).with_name(one)) for one in _LAYOUTS)
        found = os.pathsep.join(folders())
        arguments = [str(self.limits.memory_bytes), layouts, str(fonts), _warm_up(), found]
        self.process = start(child.__file__, arguments, env=_ENVIRONMENT)
        self.made = 0
        try:
            self._answer(self.process, _START_S)
        except (GoneError, LateError):
            self.stop()
            fix = "Run `python -c 'import typst'` and mend what it says; else give the machine more memory."
            raise UnavailableError(field="press", problem="the setting process does not start", fix=fix) from None

    def stop(self) -> None:
        if self.process is not None:
            stop(self.process)
        self.process = None

    def ask(self, layout: str, what: str, sheet: bytes, seconds: float) -> tuple[str, bytes]:
        if self.process is None or self.made >= _MENDED_AFTER:
            self.stop()
            self.start()
        self.made += 1
        if self.process is None:
            raise GoneError
        send(self.process, child.REQUEST.pack(_LAYOUTS.index(layout), child.MAKES.index(what), len(sheet)) + sheet)
        return self._answer(self.process, seconds)

    @staticmethod
    def _answer(process: subprocess.Popen[bytes], seconds: float) -> tuple[str, bytes]:
        until = time.monotonic() + seconds
        status, size = child.REPLY.unpack(read(process, child.REPLY.size, until))
        if size > _MOST_BACK or status >= len(child.STATUSES):
            raise GoneError
        return child.STATUSES[status], read(process, size, until)


@dataclass(slots=True)
class ChildPress:
    """A pool of presses; safe to share between threads. Implements ``act.ports.Press``; leaving it ends the children.

    A child is started when it is first needed: most processes of the house never print.
    """

    children: int = 1
    limits: PressLimits = field(default_factory=PressLimits)
    restarts: int = field(default=0, init=False)
    _free: queue.LifoQueue[_Child] = field(default_factory=queue.LifoQueue, init=False)
    _all: list[_Child] = field(default_factory=list, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __enter__(self) -> Self:
        """Make room for the children."""
        self._all = [_Child(self.limits) for _ in range(self.children)]
        for one in self._all:
            self._free.put(one)
        return self

    def __exit__(self, *_: object) -> None:
        """End every child."""
        for one in self._all:
            one.stop()
        self._all, self._free = [], queue.LifoQueue()

    def pdf(self, sheet: Sheet, images: Mapping[str, bytes], at: datetime) -> bytes:
        """Return the sheet as PDF/A-2b; see ``act.ports.Press``."""
        return self._made("document.typ", "pdf", payload(sheet, images, at, font.coverage()))

    def pages(self, sheet: Sheet, images: Mapping[str, bytes], at: datetime) -> list[bytes]:
        """Return the pages as PNG; see ``act.ports.Press``."""
        return _apart(self._made("document.typ", "png", payload(sheet, images, at, font.coverage())))

    def docx(self, sheet: Sheet, images: Mapping[str, bytes]) -> bytes:
        """Return the sheet as docx; see ``act.ports.Press``."""
        return docx_of(sheet, images)

    def pack_pdf(self, paper: PackPaper, pictures: Mapping[str, bytes], at: datetime) -> bytes:
        """Return an evidence pack's paper as PDF/A-2b; see ``act.ports.Press``."""
        return self._made("evidence.typ", "pdf", pack_payload(paper, pictures, at, font.coverage()))

    def pack_pages(self, paper: PackPaper, pictures: Mapping[str, bytes], at: datetime) -> list[bytes]:
        """Return the pages of an evidence pack's paper as PNG; see ``act.ports.Press``."""
        return _apart(self._made("evidence.typ", "png", pack_payload(paper, pictures, at, font.coverage())))

    def _made(self, layout: str, what: str, asked: bytes) -> bytes:
        if len(asked) > _MOST_SENT[layout]:
            raise InputError(field="document", problem="is too long to be printed", fix="Say it in fewer words.")
        if not self._all:
            raise RuntimeError("use ChildPress as a context manager: its children are not there")
        one = self._free.get()
        try:
            status, body = self._ask(one, layout, what, asked)
        finally:
            self._free.put(one)
        if status != "ok":
            words = body.decode("utf-8", "replace")
            raise InputError(field="document", problem=f"cannot be printed ({words})", fix="Correct what it names.")
        return body

    def _ask(self, one: _Child, layout: str, what: str, asked: bytes) -> tuple[str, bytes]:
        """Ask the child; one that was ended from outside gets a successor and the sheet a second try."""
        seconds = self.limits.seconds if layout == "document.typ" else self.limits.pack_seconds
        for _ in range(2):
            try:
                return one.ask(layout, what, asked, seconds)
            except (GoneError, LateError) as error:
                one.stop()
                with self._lock:
                    self.restarts += 1
                if isinstance(error, LateError):
                    break  # the sheet's doing: a second try would take as long
        problem = f"cannot be printed within {seconds:g} s and {self.limits.memory_bytes >> 20} MB"
        raise InputError(field="document", problem=problem, fix="Say it in fewer words.")


def _apart(pages: bytes) -> list[bytes]:
    """Return the pages that the child sends one behind the other."""
    rest, found = pages, []
    while rest:
        size = int.from_bytes(rest[:4], "little")
        found.append(rest[4 : 4 + size])
        rest = rest[4 + size :]
    return found


def payload(sheet: Sheet, images: Mapping[str, bytes], at: datetime, known: Container[int]) -> bytes:
    """Return what the child is sent: the sheet as JSON, each text as the font can draw it."""
    made: dict[str, Any] = _drawn(asdict(sheet), known)
    there = at.astimezone(LOCAL)
    made["date"] = {"year": there.year, "month": there.month, "day": there.day}
    made["at"] = int(at.timestamp())
    made["qr"] = qr(sheet.verify) if sheet.verify else ""
    made["images"] = {name: list(picture) for name, picture in images.items()}
    return json.dumps(made, ensure_ascii=False, separators=(",", ":")).encode()


def _drawn(value: Any, known: Container[int], longest: int = _LINE) -> Any:
    if isinstance(value, str):
        return drawable(value, known, longest)
    if isinstance(value, dict):
        narrow = tuple(value.get("columns", ()))[:1] in _NARROW
        return {
            key: one if key in _AS_IT_IS else _placed(key, one, known, longest, narrow=narrow)
            for key, one in value.items()
        } | ({"narrow": narrow} if "columns" in value else {})
    return [_drawn(one, known, longest) for one in value] if isinstance(value, list | tuple) else value


def _placed(key: str, value: Any, known: Container[int], longest: int, *, narrow: bool) -> Any:
    """Return what stands under a key; the cells of tables are narrow, a column of numbers narrower."""
    if key not in {"cells", "rows"}:
        return _drawn(value, known, longest)
    return [[_drawn(cell, known, _fits(key, place, narrow=narrow)) for place, cell in enumerate(row)] for row in value]


def _fits(key: str, place: int, *, narrow: bool) -> int:
    if key == "cells":
        return _LINE if place % 2 else _LABEL
    return _FIRST if narrow and place == 0 else _CELL


def _warm_up() -> str:
    """Return a sheet that makes the child load both weights and the drawing of pictures."""
    cell = (Run("甲"),)
    parts = (
        Part("heading", runs=cell),
        Part("facts", cells=((cell, cell),)),
        Part("signatures", signed=(Signed("甲", "乙"),)),
    )
    sheet = Sheet(
        kind=DocumentKind.NOTICE, title="预热", letter=True, seal=True, issuer="甲", number="", day="",
        recipient=(), parts=parts, clauses=("甲",), by="", verify="x",
    )  # fmt: skip
    made = asdict(sheet) | {"date": {"year": 2026, "month": 1, "day": 1}, "at": 0, "qr": qr("x"), "images": {}}
    return json.dumps(made, ensure_ascii=False)
