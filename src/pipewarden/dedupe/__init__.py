"""Placements to alarms: one per site, each member with its reason; merge and split live here.

In: ``locate.placed``. Out: ``Alarm`` and ``dedupe.alarm_changed``; docs/adr/0008 says how the same place is decided.
Refuses: an alarm from one frame or from a person or cone alone, merging an alarm with itself, splitting off nothing or
everything. Nothing is deleted: members move, and every change is an event with its reason.
"""
