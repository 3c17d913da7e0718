"""Verdicts to sites that a named person has in hand: states, duties with deadlines, escalation, until closed.

In: ``judge.judged`` and ``dedupe.alarm_changed``, later filings and check-ins. Out: a site's events
(``casework.changed``) and ``Call``s (somebody must be told), which ``act`` delivers. Refuses: a step that domain.md 4.3
forbids, with its reason and clause; a site without an owner or a next deadline. Nothing is deleted, and only a person
or a rule that says which it is closes anything.
"""
