"""Entry of ``pipewarden`` and ``python -m pipewarden``."""

from __future__ import annotations

from pipewarden.cli.app import run

if __name__ == "__main__":
    run()
