"""The one-file HTML map of a run: pipes, ranges, cameras and alarms in; one string that needs no network out.

It exists because ``make demo`` and ``scan`` must show their alarms on a machine that has only a browser. It asks
nobody anything (no tiles, no CDN, no fetch), and it refuses data that cannot stand on a map (numbers that are not
finite, a time without a zone, a picture that is not a JPEG).
"""
