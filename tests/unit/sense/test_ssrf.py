"""No address, redirect, name, playlist or map makes this house speak to what lies inside (safety test S1).

The attempts run in a network of their own whose every inner address is a trap (tests/lent/trap_house.py), so that also
what libav, GDAL or a child process does by itself is seen.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import trap_house

from pipewarden.kit.addresses import read_opened
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

UNSHARE = "/usr/bin/unshare"
_LEAST = 120


@pytest.mark.system(UNSHARE, "/usr/sbin/ip")
def test_no_attempt_reaches_a_trap(tmp_path: Path) -> None:
    """Some 240 attempts, 0 connections inside; and the traps are shown to count, libav to follow where it is let."""
    env = os.environ | {"PYTHONPATH": os.pathsep.join(one for one in sys.path if one)}
    command = [UNSHARE, "--net", "--mount", "--propagation", "private", sys.executable, trap_house.__file__]
    done = subprocess.run([*command, str(tmp_path)], env=env, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    said = json.loads(done.stdout)
    assert all(said["controls"].values()), said["controls"]
    assert said["hits"] == {}
    assert said["wrong"] == {}
    assert said["cases"] >= _LEAST


def test_what_is_open_to_one_tenant_is_shut_to_the_others() -> None:
    opened = read_opened("10.0.0.0/8, acme@192.168.0.0/16,acme@fd00::/8", "X")
    assert [str(one) for one in opened.to("acme")] == ["10.0.0.0/8", "192.168.0.0/16", "fd00::/8"]
    assert opened.to("other") == opened.to(None) == opened.everyone
    assert [str(one) for one in opened.everyone] == ["10.0.0.0/8"]


@pytest.mark.parametrize("text", ["acme@", "@10.0.0.0/8", "acme@10.0.0.1/8", "acme", "10.0.0.0/8;fd00::/8"])
def test_a_setting_that_opens_nothing_is_said(text: str) -> None:
    with pytest.raises(InputError) as caught:
        read_opened(text, "PIPEWARDEN_CAMERA_OPEN")
    assert caught.value.field == "PIPEWARDEN_CAMERA_OPEN"
