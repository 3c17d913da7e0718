"""What is done about pictures of gas at home that wait: each is taken under a lease and answered outside of it.

A worker that dies leaves its picture to the next one; a picture that breaks is a person's, and holds up no other.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from pipewarden.kit.errors import UnavailableError
from pipewarden.people.facts import PLATFORM
from pipewarden.perceive import service, store
from pipewarden.perceive.facts import AnsweredBy, IndoorAnswer, Unanswered

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.perceive.service import IndoorEye

    Begin = Callable[[UUID], AbstractContextManager[Work]]

log = structlog.get_logger(__name__)
_MOST = 50  # of one sweep
_LEASE = timedelta(seconds=120)


def answer_waiting(begin: Begin, eye: IndoorEye) -> int:
    """Answer pictures that wait, whosever they are, oldest first, and return how many came to an end."""
    for count in range(_MOST):
        with begin(PLATFORM) as work:
            taken = store.indoor.claim(work, _LEASE)
        if taken is None:
            return count
        with begin(taken.tenant_id) as work:
            check = store.indoor.one(work, taken.check_id)
        if check is None:
            continue
        try:
            service.look_indoors(eye, begin, check)
        except UnavailableError:
            raise  # the lease runs out, and the picture is tried again
        except Exception as error:  # whatever breaks here, a person looks
            log.exception("picture of gas at home could not be answered", check_id=str(check.id))
            failed = IndoorAnswer(AnsweredBy.NOBODY, why=Unanswered.HOUSE, problem=type(error).__name__)
            with begin(taken.tenant_id) as work:
                store.indoor.answer(work, check.id, failed, None, ())
    return _MOST
