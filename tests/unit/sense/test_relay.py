"""What a camera says goes through to libav message by message, and nothing that points elsewhere does."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import pytest
import trap_house
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.kit.addresses import ANYWHERE
from pipewarden.sense.adapters.relay import CLOSED, REDIRECTS, STRANGE, Answers, NotLetThroughError, relayed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

OK = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nPublic: OPTIONS, DESCRIBE\r\n\r\n"
TOLD = b"RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Type: application/sdp\r\nContent-Length: 9\r\n\r\nv=0\r\na=b\n"
PACKET = b"$\x01\x00\x05hello"
ASKED = b"OPTIONS rtsp://camera/ RTSP/1.0\r\nCSeq: 9\r\n\r\n"
GOOD = (OK, TOLD, PACKET, ASKED, b"RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm=x\r\n\r\n")


# all but the one that says where to ask next, on the same line: see trap_house
LIES = sorted(trap_house.LIES.keys() - {"describes-a-trap"})


def through(parts: Iterable[bytes]) -> tuple[bytes, str]:
    """Return what was let through, and why no more was; nothing where all was."""
    answers, passed = Answers(), b""
    try:
        for part in parts:
            passed += answers.take(part)
    except NotLetThroughError as error:
        return passed, str(error)
    return passed, ""


def in_parts(whole: bytes, cuts: list[int]) -> Iterator[bytes]:
    at = 0
    for cut in sorted({min(one, len(whole)) for one in cuts} | {len(whole)}):
        yield whole[at:cut]
        at = cut


@given(st.lists(st.sampled_from(GOOD), max_size=8), st.lists(st.integers(0, 900), max_size=12))
def test_what_is_in_order_goes_through_unchanged_however_it_is_cut(said: list[bytes], cuts: list[int]) -> None:
    answers = Answers()
    assert b"".join(answers.take(part) for part in in_parts(b"".join(said), cuts)) == b"".join(said)


@given(st.lists(st.sampled_from(GOOD), max_size=4), st.sampled_from(LIES), st.lists(st.integers(0, 900)))
def test_no_lie_goes_through_whatever_comes_before_it(said: list[bytes], lie: str, cuts: list[int]) -> None:
    """Of a lie at most its harmless first answer is passed on; the redirect in it never is."""
    passed, why = through(in_parts(b"".join(said) + trap_house.LIES[lie].encode("latin-1"), cuts))
    assert why in {REDIRECTS, STRANGE}
    assert b"Moved" not in passed


@given(st.binary(max_size=400))
def test_any_bytes_are_judged_without_a_crash(noise: bytes) -> None:
    passed, why = through([noise])
    assert noise.startswith(passed)
    assert why in {"", REDIRECTS, STRANGE}


def test_an_endless_head_is_given_up() -> None:
    assert through([b"X: " + b"a" * 20_000] * 100) == (b"", STRANGE)


def test_after_play_all_goes_through() -> None:
    answers = Answers()
    assert answers.take(b"$\x00\x00") == b""
    answers.through = True
    assert answers.take(b"anything") == b"$\x00\x00anything"


def camera(answer: Callable[[bytes], bytes]) -> socket.socket:
    """Return the door of a camera that answers whatever it is asked, once."""
    door = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        try:
            line, _ = door.accept()
            with line:
                while asked := line.recv(65536):
                    line.sendall(answer(asked))
        except OSError:
            return

    threading.Thread(target=serve, daemon=True).start()
    return door


def talk_over(url: str, *asked: bytes) -> tuple[list[bytes], str | None]:
    problem: list[str] = []
    with relayed(url, ANYWHERE, 3.0, problem) as way:
        host, _, port = way.partition("://")[2].rpartition("@")[2].partition("/")[0].partition(":")
        got = []
        with socket.create_connection((host, int(port)), 3.0) as near:
            for one in asked:
                near.sendall(one)
                got.append(near.recv(65536))
    return got, problem[0] if problem else None


def test_one_connection_is_carried_both_ways() -> None:
    heard: list[bytes] = []
    with camera(lambda asked: heard.append(asked) or OK) as door:  # type: ignore[func-returns-value]
        got, problem = talk_over(f"rtsp://127.0.0.1:{door.getsockname()[1]}/live", b"OPTIONS x", b"PLAY x", b"again")
    assert got == [OK, OK, OK]
    assert heard == [b"OPTIONS x", b"PLAY x", b"again"]
    assert problem is None


def test_a_redirect_ends_the_line_and_says_why() -> None:
    with camera(lambda _asked: trap_house.MOVE.encode()) as door:
        got, problem = talk_over(f"rtsp://127.0.0.1:{door.getsockname()[1]}/live", b"OPTIONS x")
    assert (got, problem) == ([b""], REDIRECTS)


def test_user_and_password_stay_with_libav_and_the_path_as_it_is() -> None:
    with camera(lambda _asked: OK) as door:
        url = f"rtsp://us%40er:p%3Ass@127.0.0.1:{door.getsockname()[1]}/a/b?c=d&e"
        with relayed(url, ANYWHERE, 3.0, []) as way:
            assert way.startswith("rtsp://us%40er:p%3Ass@127.0.0.1:")
            assert way.endswith("/a/b?c=d&e")
            assert way != url


def test_a_network_that_is_not_opened_is_not_connected_to() -> None:
    with camera(lambda _asked: OK) as door:
        door.setblocking(False)
        url = f"rtsp://127.0.0.1:{door.getsockname()[1]}/live"
        with pytest.raises(ValueError, match=CLOSED), relayed(url, (), 3.0, []):
            pass


def test_nobody_there_is_an_error_of_the_network() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    with pytest.raises(OSError, match=r"refused|111"), relayed(f"rtsp://127.0.0.1:{port}/x", ANYWHERE, 1.0, []):
        pass
