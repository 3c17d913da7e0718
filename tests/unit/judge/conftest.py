"""The judge's street, lent to whoever learns from it as well."""

from judge_street import looks, says, scripted, street

__all__ = ["looks", "says", "scripted", "street"]
