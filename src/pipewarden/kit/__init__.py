"""Domain-free tools that every slice stands on: clock, ids, errors, settings, database, emit/drain, blobs.

In: nothing but the standard library and the stack. Out: the unit of work, frozen errors, durable blobs.
Refuses: anything with a pipe, a camera or a case in it.
"""
