"""A child next door: heard whole or not at all, never waited for without an end, and gone when it is stopped."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from pipewarden.kit import child

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Starts = Callable[..., subprocess.Popen[bytes]]

LONG = 20.0  # seconds that a busy machine may need to start a child
ENV = {"LANG": "C.UTF-8", "SAID": "by us"}
ECHO = """
import sys
while line := sys.stdin.buffer.readline():
    sys.stdout.buffer.write(line[:2])
    sys.stdout.buffer.flush()
    sys.stdout.buffer.write(line[2:])
    sys.stdout.buffer.flush()
"""

DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(end="y", flush=True)
time.sleep(600)
"""
SAYS = """
import os, sys
handle, *rest = sys.argv[1:]
sys.stdout.write(repr((sorted(os.environ), os.pread(int(handle), 6, 0), rest)))
"""


@pytest.fixture
def starts(tmp_path: Path) -> Iterator[Starts]:
    """Start scripts, and leave none behind."""
    made: list[subprocess.Popen[bytes]] = []

    def begin(text: str, *arguments: str, **how: object) -> subprocess.Popen[bytes]:
        script = tmp_path / f"child{len(made)}.py"
        script.write_text(text)
        made.append(child.start(str(script), arguments, env=ENV, **how))  # type: ignore[arg-type]
        return made[-1]

    yield begin
    for one in made:
        child.stop(one)


def by(seconds: float) -> float:
    return time.monotonic() + seconds


def test_what_is_sent_in_parts_is_read_whole(starts: Starts) -> None:
    echo = starts(ECHO)
    for said in (b"a\n", b"abcdef\n", b"x" * 300_000 + b"\n"):
        child.send(echo, said)
        assert child.read(echo, len(said), by(LONG)) == said


def test_nothing_is_read_beyond_what_was_asked_for(starts: Starts) -> None:
    echo = starts(ECHO)
    child.send(echo, b"abcdef\n")
    assert [child.read(echo, count, by(LONG)) for count in (1, 0, 4, 2)] == [b"a", b"", b"bcde", b"f\n"]


def test_who_says_too_little_in_time_is_late(starts: Starts) -> None:
    slow = starts("import sys, time\nsys.stdout.buffer.write(b'ab')\nsys.stdout.flush()\ntime.sleep(60)")
    assert child.read(slow, 1, by(LONG)) == b"a"
    with pytest.raises(child.LateError):
        child.read(slow, 2, by(0.05))
    with pytest.raises(child.LateError):
        child.read(slow, 1, by(-1.0))


def test_who_ends_before_is_gone(starts: Starts) -> None:
    short = starts("import sys\nsys.stdout.buffer.write(b'ab')")
    with pytest.raises(child.GoneError):
        child.read(short, 3, by(LONG))
    short.wait()
    with pytest.raises(child.GoneError):
        child.send(short, b"x" * (1 << 20))


def test_a_child_has_the_environment_and_the_handles_that_it_is_given_and_no_others(starts: Starts) -> None:
    handle = os.memfd_create("given")
    os.write(handle, b"shared")
    try:
        told = starts(SAYS, str(handle), "two", pass_fds=(handle,))
        said = repr((sorted([*ENV, *(["LC_CTYPE"] if "LC_CTYPE" in _bare() else [])]), b"shared", ["two"])).encode()
        assert child.read(told, len(said), by(LONG)) == said
    finally:
        os.close(handle)


def _bare() -> str:
    """Return the names that an interpreter adds to an empty environment by itself."""
    asked = [sys.executable, "-I", "-c", "import os; print(*os.environ)"]
    return subprocess.run(asked, env=ENV, capture_output=True, text=True, check=True).stdout


def test_a_child_finds_what_we_find(starts: Starts) -> None:
    text = "import sys\nsys.path[:0] = sys.argv[1:]\nimport pipewarden.kit.child as c\nsys.stdout.write(c.__name__)"
    told = starts(text, *child.folders())
    assert child.read(told, len(child.__name__), by(LONG)) == child.__name__.encode()


def test_a_child_that_heeds_nothing_is_stopped_and_stopped_again(starts: Starts) -> None:
    deaf = starts(DEAF)
    assert child.read(deaf, 1, by(LONG)) == b"y"
    child.stop(deaf)
    child.stop(deaf)
    assert deaf.returncode == -9
    assert deaf.stdout is not None
    assert deaf.stdout.closed
