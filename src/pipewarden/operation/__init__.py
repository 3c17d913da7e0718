"""Whoever watches over the watchers: what the house is blind to now, which promise does not hold, what is switched off.

In: how every slice before it stands, asked of their services; the machine itself (disk, clock, database). Out: faults
with their runbook page, told once to who must know; beats of the processes that keep the house going. Refuses: to mend
anything (each slice mends its own), to name a person where it counts, and to keep still when it cannot look.
"""
