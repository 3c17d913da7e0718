"""What a login and a password must be: long, not guessable from the login, not on the list everybody tries first."""

from __future__ import annotations

import base64
import itertools
import re
import unicodedata

from pipewarden.kit.errors import InputError

_SHORTEST = 12
_LONGEST = 128  # beyond it a password is a way to keep the hash busy
_LEAST_KINDS = 5
_SHORTEST_PART = 3
_LOGIN = re.compile(r"[\w.@+-]{2,80}")
# The heads of the public lists of leaked passwords that reach twelve characters, and our own names; compared without
# case after digits and marks at either end are taken off, so that "Pipewarden2026!" is found too.
_TRIED_FIRST = """
password passwordpassword passw0rd p@ssw0rd p@ssword administrator adminadmin admin root rootroot letmein
letmeinplease welcome welcomewelcome qwertyuiop qwertyuiopasdf qwertyqwerty 1q2w3e4r5t6y 1qaz2wsx3edc
qazwsxedcrfv asdfghjkl asdfghjkl;' zxcvbnm iloveyou iloveyouforever woaini woaini1314 wodemima changeme
changemenow defaultpassword temporarypassword secretpassword trustno1 football baseball sunshine princess dragon
abcdefghijkl abcdefghijklm pipewarden pipewardenadmin guanwei gas gasadmin langfang companyname
"""
_BLOCKED = frozenset(_TRIED_FIRST.split())


def normal_login(login: str) -> str:
    """Return the login as it is compared: NFKC, without case.

    Raises:
        InputError: it is not 2-80 letters, digits or ``. @ + - _``.
    """
    normal = unicodedata.normalize("NFKC", login).strip().casefold()
    if not _LOGIN.fullmatch(normal):
        raise InputError(
            field="login", problem="is not a login", fix="Use 2-80 letters, digits and the marks . @ + - _"
        )
    return normal


def normal_password(password: str) -> str:
    """Return the password as it is hashed: NFKC, so that two keyboards that type it differently agree."""
    return unicodedata.normalize("NFKC", password)


def hopeless(password: str) -> bool:
    """Return whether a password offered at sign-in is not worth hashing: none of ours can be like that."""
    return len(password) > _LONGEST or not _whole(password)


def _whole(text: str) -> bool:
    """Half of a surrogate pair cannot be written as UTF-8, so it can be neither hashed nor stored."""
    return not any(unicodedata.category(mark) == "Cs" for mark in text)


def check_password(password: str, login: str) -> str:
    """Return the normalised password.

    Raises:
        InputError: it is shorter than 12 or longer than 128 characters, contains the login or is part of it, has
            fewer than 5 different characters, or is one of those tried first.
    """
    if not _whole(password):
        raise _weak("has half a character", "Type it anew.")
    normal = normal_password(password)
    if len(normal) < _SHORTEST:
        raise _weak(f"has {len(normal)} characters", f"Use at least {_SHORTEST}; a sentence is easy to remember.")
    if len(normal) > _LONGEST:
        raise _weak(f"has {len(normal)} characters", f"Use at most {_LONGEST}.")
    if len(set(normal)) < _LEAST_KINDS:
        raise _weak("repeats the same few characters", f"Use at least {_LEAST_KINDS} different ones.")
    folded = normal.casefold()
    names = {part for part in re.split(r"[.@+_-]", login) if len(part) >= _SHORTEST_PART} | {login}
    if any(name in folded for name in names):
        raise _weak("contains the login", "Choose words that are not your name.")
    if folded in _BLOCKED or _core(folded) in _BLOCKED or _steps_only(folded):
        raise _weak("is among those that are tried first", "Choose four words that do not belong together.")
    return normal


def one_time_password(entropy: bytes) -> str:
    """Return a password to hand over once, from at least 15 random bytes: 24 characters in groups, 120 bits."""
    text = base64.b32encode(entropy[:15]).decode().lower()
    return "-".join(text[start : start + 6] for start in range(0, len(text), 6))


def _core(folded: str) -> str:
    return folded.strip("0123456789!@#$%^&*()_+-=.,?~ ")


def _steps_only(folded: str) -> bool:
    """A run such as 123456789012 or abcdefghijkl, up or down."""
    steps = {(ord(b) - ord(a)) % 10 if a.isdigit() and b.isdigit() else ord(b) - ord(a) for a, b in _pairs(folded)}
    return len(steps) == 1


def _pairs(text: str) -> list[tuple[str, str]]:
    return list(itertools.pairwise(text))


def _weak(problem: str, fix: str) -> InputError:
    return InputError(field="password", problem=problem, fix=fix)
