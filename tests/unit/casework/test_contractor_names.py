"""A contractor is one however it is written, and no slip of a hand in its code makes it another one."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.casework.rules.contractor import credit_code, name_key
from pipewarden.kit.errors import InputError

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
LETTERS = st.text("廊坊市广厦建筑工程有限公司甲乙丙abcXYZ019", min_size=1, max_size=30)
NOISE = st.text(" \u3000\t·.,-—()（）【】《》“”'_/", max_size=3)


def valid(body: str) -> str:
    """Return a code with the check character that its first 17 ask for, found as a clerk would: by trying."""
    for last in ALPHABET:
        try:
            return credit_code(body + last)
        except InputError:
            continue
    raise AssertionError(f"{body} has no check character")


CODES = st.text(ALPHABET, min_size=17, max_size=17).map(valid)


@given(CODES, st.integers(0, 17), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_always_found(code: str, place: int, other: str) -> None:
    wrong = code[:place] + other + code[place + 1 :]
    if wrong == code:
        assert credit_code(wrong) == code
        return
    with pytest.raises(InputError) as refused:
        credit_code(wrong)
    assert (refused.value.field, "check character" in refused.value.problem) == ("code", True)


@given(CODES, st.integers(0, 15))
def test_two_neighbours_changed_round_are_always_found(code: str, place: int) -> None:
    first, second = code[place], code[place + 1]
    wrong = code[:place] + second + first + code[place + 2 :]
    if first == second:
        assert credit_code(wrong) == code
    else:
        with pytest.raises(InputError):
            credit_code(wrong)


@given(CODES)
def test_a_code_has_one_form(code: str) -> None:
    wide = "".join(chr(ord(one) + 0xFEE0) for one in code)
    spaced = " ".join(code.lower()[part : part + 4] for part in range(0, 18, 4))
    assert {credit_code(code), credit_code(wide), credit_code(spaced), credit_code(code.lower())} == {code}


@given(CODES, st.integers(0, 17))
def test_a_code_that_lost_a_character_is_none(code: str, place: int) -> None:
    with pytest.raises(InputError, match="no unified social credit code"):
        credit_code(code[:place] + code[place + 1 :])


@given(LETTERS, st.data())
def test_width_case_spaces_and_brackets_do_not_make_another_contractor(name: str, data: st.DataObject) -> None:
    written = "".join(data.draw(NOISE) + one for one in name) + data.draw(NOISE)
    wide = "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in name)
    assert {name_key(one) for one in (name, written, wide, name.upper(), name.swapcase())} == {name_key(name)}


@given(LETTERS)
def test_a_key_is_its_own_key(name: str) -> None:
    key = name_key(name)
    assert name_key(key) == key
    assert key == unicodedata.normalize("NFKC", key).casefold()


@given(LETTERS, LETTERS)
def test_other_letters_are_another_contractor(one: str, other: str) -> None:
    assert (name_key(one) == name_key(other)) is (one.casefold() == other.casefold())
