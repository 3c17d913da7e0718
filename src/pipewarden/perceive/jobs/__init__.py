"""What perceive does when observations appear upstream, and when a picture of gas at home waits."""

from pipewarden.perceive.jobs.indoor import answer_waiting
from pipewarden.perceive.jobs.screening import MOST_PICTURES, make_drain

__all__ = ["MOST_PICTURES", "answer_waiting", "make_drain"]
