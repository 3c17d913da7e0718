"""The demo: one invented city in a tenant of its own, as one run with a map, or as a day played to a running service.

In: the simulator's city, people and day. Out: alarms through the real river, and what they missed. Refuses: a second
demo in the same home at the same time; the data of anybody else is never touched.
"""
