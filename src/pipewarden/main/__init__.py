"""The one place that knows every slice: settings in; database, adapters, queue and river out.

In: settings. Out: an open home that commands (and later routes) work on.
Refuses: a database that is too old or that may lose what it acknowledged.
"""
