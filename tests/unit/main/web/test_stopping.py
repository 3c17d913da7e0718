"""A wish to stop: not ready first, then what runs beside, then the server; children end while requests are answered."""

from __future__ import annotations

import signal
import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pipewarden.main.web import serving

if TYPE_CHECKING:
    import pytest


class Seen(threading.Event):
    """An event that notes when it was set."""

    def __init__(self, order: list[str]) -> None:
        super().__init__()
        self.order = order

    def set(self) -> None:
        self.order.append("not ready")
        super().set()


def server(order: list[str]) -> serving.Server:
    made = serving.Server.__new__(serving.Server)
    made.should_exit = made.force_exit = False
    state = SimpleNamespace(live=SimpleNamespace(stopping=Seen(order)))
    made.config = SimpleNamespace(app=SimpleNamespace(state=state))  # type: ignore[assignment]
    made.also = lambda: order.append(f"beside, asked to exit: {made.should_exit}")
    return made


def test_readiness_goes_first_and_a_second_signal_waits_for_nobody() -> None:
    order: list[str] = []
    one = server(order)
    one.handle_exit(signal.SIGTERM, None)
    assert order == ["not ready", "beside, asked to exit: False"]
    assert (one.should_exit, one.force_exit) == (True, False)
    one.handle_exit(signal.SIGTERM, None)
    assert one.force_exit


class Child:
    """A process that ends a moment after it is asked to, or never."""

    started: ClassVar[list[list[str]]] = []
    ended: ClassVar[list[float]] = []

    def __init__(self, command: list[str], **_more: Any) -> None:
        Child.started.append(command)
        self.asked = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_args: object) -> None:
        return None

    def poll(self) -> int | None:
        return None

    def terminate(self) -> None:
        self.asked = True
        Child.ended.append(time.monotonic())

    def wait(self, timeout: float) -> int:
        assert timeout <= 20, "the whole exit is to fit into 20 s"
        return 0


def test_what_runs_beside_is_ended_by_the_signal_and_not_after_the_last_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serving.subprocess, "Popen", Child)
    Child.started, Child.ended = [], []
    with serving.beside("worker", "watchdog") as stop:
        while len(Child.started) < 2:
            time.sleep(0.01)
        stop()
        until = time.monotonic() + 10
        while len(Child.ended) < 2:  # the requests would still be answered here
            assert time.monotonic() < until
            time.sleep(0.01)
    assert sorted(one[3] for one in Child.started) == ["watchdog", "worker"]
    assert all(one[-1] == "--with-parent" for one in Child.started)


def test_without_words_nothing_runs_beside() -> None:
    with serving.beside() as stop:
        stop()
