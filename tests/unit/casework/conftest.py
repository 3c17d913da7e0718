"""The judge's street, lent to whoever opens sites from what is seen there."""

from judge_street import looks, says, scripted, street

__all__ = ["looks", "says", "scripted", "street"]
