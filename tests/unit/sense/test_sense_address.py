"""No part of a camera's address survives in the words that people read about it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.sense.rules import shown_address, without_address

URL = "rtsp://admin:p%40ss-7@10.8.0.14:554/Streaming/101?token=abc123"
FOLDER = "/srv/cameras/gate 7"


@pytest.mark.parametrize(
    ("words", "address", "said"),
    [
        ("does not answer (ConnectTimeout)", URL, "does not answer (ConnectTimeout)"),
        ("answers 503 Service Unavailable", URL, "answers 503 Service Unavailable"),
        (f"{URL}: is lost", URL, "…: is lost"),
        ("[Errno 111] Connection refused: 'rtsp://10.8.0.14:554/Streaming/101'", URL, None),
        ("could not reach 10.8.0.14 on 554", URL, "could not reach … on 554"),
        ("401 for user admin with p@ss-7", URL, "401 for user … with …"),
        ("401 for user ADMIN with p%40ss-7", URL, "401 for user … with …"),
        ("GET /Streaming/101 failed", URL, "GET … failed"),
        ("moved to https://other.example/x?key=9 (302)", URL, "moved to … (302)"),
        (f"cannot be read ([Errno 13] Permission denied: '{FOLDER}')", FOLDER, None),
        (f"{FOLDER}/seq.json: lists 'a.txt'", FOLDER, "…/seq.json: lists 'a.txt'"),
        ("holds no pictures", FOLDER, "holds no pictures"),
        ("the camera is offline", "http://cam/a", "the camera is offline"),
        ("gives the very same picture again", "", "gives the very same picture again"),
        ("cannot be opened", "http://[::1", "cannot be opened"),
    ],
)
def test_the_words_stay_and_the_address_goes(words: str, address: str, said: str | None) -> None:
    found = without_address(words, [address])
    if said is not None:
        assert found == said
    for part in ("10.8.0.14", "p@ss", "p%40ss", "Streaming", "abc123", "/srv", "gate 7", "://"):
        assert part not in found


WORD = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=4, max_size=12)


@given(user=WORD, word=WORD, host=WORD, path=WORD, before=st.text("xyz ", max_size=9))
def test_any_address_goes_whole_and_in_parts(user: str, word: str, host: str, path: str, before: str) -> None:
    address = f"http://{user}:{word}@{host}.example:8080/{path}"
    for part in (address, f"{host}.example", f"{host}.example:8080", user, word, f"/{path}"):
        assert part not in without_address(f"{before} {part} did not answer", [address])


def test_both_streams_of_a_camera_count() -> None:
    found = without_address("tried 10.0.0.1 and 10.0.0.2", ["rtsp://10.0.0.1/a", "rtsp://10.0.0.2/b"])
    assert found == "tried … and …"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (URL, "rtsp://10.8.0.14:554/Streaming/101?…"),
        ("http://cam/snap.jpg", "http://cam/snap.jpg"),
        ("http://cam/snap.jpg?channel=1", "http://cam/snap.jpg?…"),
        ("https://[fe80::1]:8443/a", "https://[fe80::1]:8443/a"),
        ("rtsp://admin:pa/ss@10.0.0.1/main", "rtsp://…"),
        ("rtsp://admin:pa?ss@10.0.0.1/main", "rtsp://…"),
        ("rtsp://admin:p@ss@10.0.0.1/main", "rtsp://10.0.0.1/main"),
        ("rtsp://admin:p#ss@10.0.0.1", "rtsp://10.0.0.1"),
        (FOLDER, FOLDER),
    ],
)
def test_an_address_is_shown_without_what_opens_it(address: str, shown: str) -> None:
    assert shown_address(address) == shown


@given(word=st.text("abc/?#@:. ", min_size=1, max_size=12))
def test_no_password_however_written_is_shown(word: str) -> None:
    password = f"Geheim{word}Wort7"
    found = shown_address(f"rtsp://admin:{password}@10.0.0.1/main")
    assert "Geheim" not in found
    assert "Wort7" not in found
