"""Starts servers that are there at once: everything is imported here, each server is a fork that opens the home itself.

Reads a port per line, answers with the pid of a server process; a line ``reap PID`` answers with how it ended.
"""

from __future__ import annotations

import os
import sys
import traceback

from pipewarden.main.log import configure
from pipewarden.main.web.secret import WebSettings
from pipewarden.main.web.serving import serve


def main() -> None:
    """Fork servers until standard input ends."""
    for line in sys.stdin:
        words = line.split()
        if words[0] == "reap":
            _, ended = os.waitpid(int(words[1]), 0)
            answer = f"signal {os.WTERMSIG(ended)}" if os.WIFSIGNALED(ended) else f"exit {os.WEXITSTATUS(ended)}"
        elif pid := os.fork():
            answer = str(pid)
        else:
            code = 1
            os.dup2(2, 1)  # standard output is the line to the test
            try:
                configure("WARNING")
                serve(WebSettings(), host="127.0.0.1", port=int(words[0]), worker=False)
                code = 0
            except BaseException:  # noqa: BLE001  the fork must not fall back into the parent's loop
                traceback.print_exc()
            finally:
                os._exit(code)
        sys.stdout.write(answer + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
