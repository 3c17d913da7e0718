"""Work that may crash, hang or eat memory is done next door: in a child of our interpreter, spoken to through pipes.

Nothing here waits without an end: whoever reads says until when.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_AT_ONCE: Final = 1 << 20


class GoneError(Exception):
    """The child ended while it worked."""


class LateError(Exception):
    """The child did not answer in time."""


def folders() -> list[str]:
    """Return where this process finds its modules: a child in isolated mode (``-I``) knows none of them."""
    return [str(Path(part).resolve()) for part in sys.path if part and Path(part).is_dir()]


def start(
    script: str,
    arguments: Sequence[str] = (),
    *,
    env: Mapping[str, str],
    stderr: int = subprocess.DEVNULL,
    pass_fds: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start ``script`` in isolated mode and a session of its own, with unbuffered pipes to and from it."""
    return subprocess.Popen(  # noqa: S603  our own interpreter and script, no shell
        [sys.executable, "-I", script, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        pass_fds=tuple(pass_fds),
        env=dict(env),
        bufsize=0,
        start_new_session=True,
    )


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a child, whatever it does, and close its pipes."""
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


def send(process: subprocess.Popen[bytes], content: bytes) -> None:
    """Write all of ``content``.

    Raises:
        GoneError: the child reads no more.
    """
    if process.stdin is None:
        raise GoneError
    rest = memoryview(content)
    try:
        while rest:  # unbuffered: one write may take a part only
            rest = rest[process.stdin.write(rest) or 0 :]
    except OSError as error:
        raise GoneError from error


def read(process: subprocess.Popen[bytes], count: int, until: float) -> bytes:
    """Return exactly ``count`` bytes of what the child says.

    Args:
        process: the child.
        count: bytes.
        until: moment of ``time.monotonic`` by which they must be there.

    Raises:
        GoneError: its output ended before.
        LateError: they were not there in time.
    """
    if process.stdout is None:
        raise GoneError
    handle, got = process.stdout.fileno(), bytearray()
    while len(got) < count:
        if not select.select([handle], [], [], max(0.0, until - time.monotonic()))[0]:
            raise LateError
        part = os.read(handle, min(count - len(got), _AT_ONCE))
        if not part:
            raise GoneError
        got += part
    return bytes(got)
