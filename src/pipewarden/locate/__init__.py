"""Finding to placement: where on the ground a box stands, how sure that is, and in which zone of the network.

In: ``perceive.screened`` and a camera's calibration (control points or pose). Out: one ``Placement`` per finding and
``locate.placed`` per observation. Refuses: a calibration that repeats, lines up, mirrors or misfits its points; a foot
above the horizon or less sure than 50 m gets no ground, and says why.
"""
