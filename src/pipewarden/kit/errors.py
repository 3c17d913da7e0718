"""One family of errors that name the field and the fix: the command line and RFC 9457 answers say the same words."""

from __future__ import annotations


class PipewardenError(Exception):
    """An error a person can read: what happened, in which field, what to do now.

    Args:
        field: the option, file, column or setting that is wrong.
        problem: what is wrong with it, as a clause.
        fix: what the reader should do.
    """

    exit_code = 1

    def __init__(self, *, field: str, problem: str, fix: str) -> None:
        super().__init__(f"{field}: {problem}. {fix}")
        self.field = field
        self.problem = problem
        self.fix = fix

    @property
    def more(self) -> dict[str, object]:
        """Return what this kind of error says beside the three parts; nothing unless it says so."""
        return {}

    def as_dict(self) -> dict[str, object]:
        """Return the three parts and whatever more there is, for machine-readable output."""
        return {"field": self.field, "problem": self.problem, "fix": self.fix, **self.more}


class InputError(PipewardenError):
    """What was given cannot be used; nothing was written."""

    exit_code = 2


class UnavailableError(PipewardenError):
    """Something outside the program does not answer: a database, a stream, a model endpoint."""

    exit_code = 3


class RefusedError(PipewardenError):
    """A rule forbids the act as asked (for instance a network that moved by more than 20 m)."""

    exit_code = 4
