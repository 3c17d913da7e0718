"""Who is named on works: by a unit's code or a phone's number, never by a name."""

from __future__ import annotations

import pytest

from pipewarden.casework.facts import Party, PartyRole
from pipewarden.casework.rules.filing_named import keys_of, named_keys, parts, phones_in

CODE = "91131000MA0ABCDE1X"
OWNER = Party(PartyRole.OWNER, "某某置业", "陈总 138 0000 1111", CODE)
DIGGER = Party(PartyRole.CONTRACTOR, "示例市政", "13900002222")
WATCHER = Party(PartyRole.SUPERVISING_ENGINEER, "某某监理", "周监 +86-137-0000-3333，座机 0316-2345678")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("13800001111", ("13800001111",)),
        ("李工 138 0000 1111", ("13800001111",)),
        ("+86 138-0000-1111", ("13800001111",)),
        ("8613800001111", ("13800001111",)),
        ("13800001111，13900002222", ("13800001111", "13900002222")),
        ("13800001111 / 13800001111", ("13800001111",)),
        ("0316-2345678", ()),
        ("138000011112", ()),
        ("913800001111", ()),
        ("1380000111", ()),
        ("", ()),
        ("李工", ()),
    ],
)
def test_mobile_numbers_are_found_in_free_words(words: str, found: tuple[str, ...]) -> None:
    assert phones_in(words) == found


def test_a_party_is_known_by_its_code_and_its_phones() -> None:
    assert keys_of(OWNER) == (f"code:{CODE}", "phone:13800001111")
    assert keys_of(Party(PartyRole.OWNER, "某某置业", "")) == ()
    assert named_keys((OWNER, DIGGER, OWNER)) == [f"code:{CODE}", "phone:13800001111", "phone:13900002222"]


def test_somebody_stands_as_what_their_keys_say() -> None:
    works = (OWNER, DIGGER, WATCHER)
    assert parts(works, {"phone:13700003333"}, contractor=False) == {PartyRole.SUPERVISING_ENGINEER}
    assert parts(works, {f"code:{CODE}"}, contractor=False) == {PartyRole.OWNER}
    assert parts(works, {f"code:{CODE}", "phone:13900002222"}, contractor=False) == {
        PartyRole.OWNER, PartyRole.CONTRACTOR,
    }  # fmt: skip
    assert parts(works, set(), contractor=True) == {PartyRole.CONTRACTOR}
    assert parts(works, {"phone:13800001112", "code:"}, contractor=False) == frozenset()
    assert parts((), {"phone:13800001111"}, contractor=False) == frozenset()
