"""The command line: one file per command group, results on stdout, progress and logs on stderr.

In: what a person typed. Out: tables or JSON lines. Refuses: input it cannot use, naming field and fix.
"""
