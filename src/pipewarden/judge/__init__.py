"""Alarms to verdicts: scene rules first, then a second judge, then a person; whoever is down, the person is asked.

In: ``dedupe.alarm_changed``, permitted windows and open places pushed up by later slices. Out: ``Verdict`` and
``judge.judged``; docs/adr/0013 says why a model's no needs a second voice. Refuses: a rejection that rests on a model
alone, a silence without an end, a mask that is no polygon. Nothing is deleted: every step is an event with its reason.
"""
