"""Network: pipes, zones and jurisdictions: where a dig matters.

In: pipe maps in any declared CRS, rule packs as dated data, points in WGS-84 with their error. Out: versions of the
network, and for each point the nearest pipe, its distance, the highest zone, the clause behind it and probabilities.
Refuses: a map without a declared CRS, a map that moved by more than 20 m unasked, a place under a law it does not hold.
"""
