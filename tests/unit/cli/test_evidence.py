"""``pipewarden evidence``: a pack is taken out at the machine and checked by whoever has the file."""

from __future__ import annotations

import hashlib
import json
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from typer.testing import CliRunner

from pipewarden.act.adapters.signing import signing_key
from pipewarden.act.facts import PackAbout, PackFile
from pipewarden.act.rules import pack
from pipewarden.casework import service as casework
from pipewarden.casework.facts import Discovered
from pipewarden.cli.app import app
from pipewarden.main import evidence
from pipewarden.network.facts import Zone
from pipewarden.people import service as people
from pipewarden.people.facts import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipewarden.main.home import Home

ABOUT = PackAbout("site-1", 3, "示范燃气 (虚构)", "person:1", "2026-11-26T02:00:00+00:00", rendered=False)


@dataclass(frozen=True)
class Said:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


def run(*words: str) -> Said:
    said = CliRunner().invoke(app, ["evidence", *words])
    return Said(said.exit_code, said.stdout, said.stderr)


@pytest.fixture
def made(tmp_path: Path) -> tuple[Path, str]:
    key = signing_key(tmp_path / "signing.key")
    path = tmp_path / "site.zip"
    path.write_bytes(pack.seal([PackFile("site.json", "it", b"{}")], ABOUT, public=key.public, sign=key.sign))
    return path, pack.fingerprint(key.public)


def test_a_whole_pack_is_called_whole(made: tuple[Path, str]) -> None:
    path, key = made
    said = run("verify", str(path), "--key", key)
    assert said.code == 0, said.err
    assert "whole" in said.err
    assert "compare the key" not in said.err
    assert "compare the key" in run("verify", str(path)).err
    told = json.loads(run("verify", str(path), "--json").out)
    assert (told["whole"], told["key"], told["about"]["issuer"]) == (True, key, ABOUT.issuer)


def test_a_changed_pack_ends_with_one(made: tuple[Path, str]) -> None:
    path, key = made
    path.write_bytes(path.read_bytes().replace(b"{}", b"[]"))
    said = run("verify", str(path), "--key", key)
    assert said.code == 1
    assert "CHANGED" in said.err
    assert json.loads(run("verify", str(path), "--json").out)["whole"] is False


def test_anothers_key_is_not_the_companys(made: tuple[Path, str]) -> None:
    said = run("verify", str(made[0]), "--key", "0" * 64)
    assert (said.code, "not by the one asked for" in said.err) == (1, True)


@pytest.mark.parametrize(
    ("words", "field"),
    [(["nowhere.zip"], "FILE"), (["{file}", "--key", "short"], "--key")],
)
def test_bad_input_names_field_and_fix(words: list[str], field: str, made: tuple[Path, str]) -> None:
    said = run("verify", *(word.format(file=made[0]) for word in words))
    assert said.code == 2
    assert field in said.err
    assert "fix:" in said.err


def test_a_pack_is_written_with_its_paper_beside_it(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with home.factory.sessions() as session, session.begin():
        tenant = people.ensure_tenant(session, home.factory.clock, home.factory.ids, "packs-cli").id
    mine = replace(home, tenant_id=tenant)

    @contextmanager
    def opened(_settings: object) -> Iterator[Home]:
        yield mine

    monkeypatch.setattr("pipewarden.main.home.open_home", opened)
    with mine.work() as work:
        site = casework.open_site(work, Discovered(None, Zone.PROTECTION, 1, 116.7, 39.5, "a test"))
    out, pdf = tmp_path / "site.zip", tmp_path / "site.pdf"
    said = run("pack", str(site.id), "--out", str(out), "--pdf", str(pdf))
    assert said.code == 0, said.err
    assert run("verify", str(out)).code == 0
    with zipfile.ZipFile(out) as held:
        assert held.read("evidence.pdf") == pdf.read_bytes()
        listed = {one["name"]: one["sha256"] for one in json.loads(held.read("manifest.json"))["files"]}
    assert listed["evidence.pdf"] == hashlib.sha256(pdf.read_bytes()).hexdigest()
    again = run("pack", str(site.id), "--out", str(out), "--pdf", str(tmp_path / "no" / "x.pdf"))
    assert (again.code, "--pdf" in again.err, "fix:" in again.err) == (2, True, True)


def test_a_site_that_is_not_there_has_no_pack(home: Home) -> None:
    with pytest.raises(NotFoundError):
        evidence.make(home, UUID(int=0))
