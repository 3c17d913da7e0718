"""``pipewarden audit``: what each command says, with which exit code, and that checking needs no house."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import audited_house
import pytest
from typer.testing import CliRunner

from pipewarden.cli import audit as commands
from pipewarden.cli.app import app
from pipewarden.main.log import configure
from pipewarden.people import service as people
from pipewarden.people.facts import Viewed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from audited_house import House

    from pipewarden.main.home import Home

whole_house = audited_house.whole_house


@dataclass(frozen=True)
class Said:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


def run(*words: str) -> Said:
    said = CliRunner().invoke(app, ["audit", *words])
    return Said(said.exit_code, said.stdout, said.stderr)


@pytest.fixture
def house(whole_house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """A tenant of its own whose home the commands open."""
    made = whole_house.fresh()

    @contextmanager
    def opened() -> Iterator[Home]:
        configure("WARNING")
        yield made.home

    monkeypatch.setattr(commands, "_home", opened)
    made.write(4)
    return made


def test_a_house_that_holds_says_so_and_asks_for_anchors(house: House) -> None:
    said = run("verify", "--tenant", house.key)
    assert (said.code, "every chain holds" in said.err, "cannot be seen" in said.err) == (0, True, True)
    (told,) = run("verify", "--tenant", house.key, "--json").lines
    assert (told["tenant"], told["entries"], told["anchors"], told["broken"]) == (house.key, 4, 0, None)


def test_every_tenant_and_the_platform_are_walked(house: House) -> None:
    told = {one["tenant"] for one in run("verify", "--json").lines}
    assert {house.key, "default", "(platform)"} <= told


def test_the_first_broken_entry_is_named_and_the_end_is_one(house: House) -> None:
    house.forge("UPDATE people_audit SET details = '{}' WHERE tenant_id = :t AND seq = 3")
    said = run("verify", "--tenant", house.key)
    assert said.code == 1
    assert "entry 3: its content is not what was recorded" in said.out
    assert "BROKEN" in said.err
    said = run("verify", "--tenant", house.key, "--json")
    assert (said.code, said.lines[0]["broken"]["seq"]) == (1, 3)
    said = run("anchor", "--tenant", house.key)
    assert (said.code, said.out, "no anchor covers it" in said.err) == (1, "", True)


def test_an_anchor_is_printed_kept_and_finds_a_cut(house: House, tmp_path: Path) -> None:
    said = run("anchor", "--tenant", house.key, "--to", str(tmp_path / "kept"))
    assert (said.code, said.lines[0]["seq"]) == (0, 4)
    paper = tmp_path / "paper.txt"
    paper.write_text(said.out)
    assert "not grown" not in run("anchor", "--tenant", house.key).err
    assert "no chain has grown" in run("anchor", "--tenant", house.key).err
    house.forge("DELETE FROM people_audit WHERE tenant_id = :t AND seq > 2")
    house.forge("DELETE FROM people_anchors WHERE tenant_id = :t")
    assert run("verify", "--tenant", house.key).code == 0
    for outside in (paper, tmp_path / "kept"):
        said = run("verify", "--tenant", house.key, "--anchors", str(outside))
        assert (said.code, "entry 3: the chain ends before the anchored entry 4" in said.out) == (1, True)


def test_an_export_is_checked_offline_with_its_anchors(house: House, tmp_path: Path) -> None:
    run("anchor", "--tenant", house.key, "--to", str(tmp_path / "kept"))
    out = tmp_path / "audit.zip"
    said = run("export", "-o", str(out), "--why", "城管局检查")
    assert (said.code, "check it with" in said.err) == (0, True), said.err
    key = run("key").out.strip()
    said = run("check", str(out), str(tmp_path / "kept"), "--key", key)
    assert (said.code, "masked" in said.err, said.err.rstrip().endswith("whole")) == (0, True, True)
    told = run("check", str(out), str(tmp_path / "kept"), "--json").lines[0]
    assert told == {"whole": True, "anchors": 1, "exports": {str(out): key}, "problems": []}
    assert "compare the key" in run("check", str(out)).err
    with house.home.work() as work:
        (look,) = people.views(work, people.operator(house.tenant))
    assert (look.what, look.reason) == (Viewed.EXPORT, "城管局检查")


def test_names_are_left_out_unless_they_are_asked_for(house: House, tmp_path: Path) -> None:
    for name, words in (("bare", ()), ("whole", ("--whole",))):
        assert run("export", "-o", str(tmp_path / name), "--why", "检查", *words).code == 0
        assert (b"13800009999" in (tmp_path / name).read_bytes()) is (name == "whole")
    assert house.key


def test_a_changed_export_and_a_forged_anchor_end_with_one(house: House, tmp_path: Path) -> None:
    out = tmp_path / "audit.zip"
    run("export", "-o", str(out), "--why", "检查")
    changed = bytearray(out.read_bytes())
    changed[len(changed) // 2] ^= 1
    out.write_bytes(changed)
    said = run("check", str(out))
    assert (said.code, "CHANGED" in said.err) == (1, True)
    line = run("anchor", "--tenant", house.key).out
    (tmp_path / "a.json").write_text(line.replace(f'"seq":{json.loads(line)["seq"]}', '"seq":3'))
    said = run("check", str(tmp_path / "a.json"), "--json")
    assert (said.code, said.lines[0]["whole"]) == (1, False)
    assert "the signature is false" in said.lines[0]["problems"][0]


def test_another_key_is_not_the_one_asked_for(house: House, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(run("anchor", "--tenant", house.key).out)
    assert run("check", str(tmp_path / "a.json"), "--key", "0" * 64).code == 1
    said = run("check", str(tmp_path / "a.json"), "--key", "none")
    assert (said.code, "--key" in said.err) == (2, True)


def test_the_key_is_told_as_people_compare_it(house: House) -> None:
    told = run("key", "--json").lines[0]
    assert (told["algorithm"], told["fingerprint"]) == ("Ed25519", run("key").out.strip())
    assert people.anchor_key(bytes.fromhex(told["public"])) == told["fingerprint"]
    assert house.home.folder.joinpath("audit.key").read_bytes().hex() not in str(told)


def test_looks_are_listed_and_written_as_a_table(house: House, tmp_path: Path) -> None:
    with house.home.work() as work:
        people.viewed(work, people.operator(house.tenant), Viewed.TRACK, ("trip", "=1+1"), "巡线核对")
    (told,) = run("views", "--json").lines
    assert (told["what"], told["subject"], told["reason"]) == ("track", "trip:=1+1", "巡线核对")
    assert "巡线核对" in run("views").out
    assert run("views", "-o", str(tmp_path / "looks.csv")).code == 0
    assert "'=1+1" in (tmp_path / "looks.csv").read_text(encoding="utf-8-sig")


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (("verify", "--tenant", "none"), "--tenant"),
        (("anchor", "--tenant", "none"), "--tenant"),
        (("verify", "--anchors", "/none/at/all"), "/none/at/all"),
        (("check", "/none/at/all"), "/none/at/all"),
        (("views", "--about", "nobody-here"), "--about"),
        (("export", "-o", "/proc/version", "--why", "检查"), "--out"),
        (("export", "-o", "none.zip", "--why", "检查", "--since", "2026-11-26"), "--since"),
        (("export", "-o", "none.zip", "--why", "检查", "--until", "soon"), "--until"),
        (("export", "-o", "none.zip", "--why", "."), "X-Reason"),
    ],
)
def test_what_cannot_be_is_named(house: House, words: tuple[str, ...], field: str) -> None:
    said = run(*words)
    assert (said.code, field in said.err) == (2, True), said.err
    assert house.key


def test_the_help_teaches() -> None:
    for name in ("verify", "anchor", "check", "export", "views"):
        assert "Example:" in run(name, "--help").out
