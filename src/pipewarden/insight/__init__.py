"""Figures over everything before it, for the company and for the authority: read, counted, drilled into, exported.

In come what earlier slices tell of sites, outcomes, strikes, standby and patrols, within one reader's reach; out go
figures with their denominators and exactly the cases behind each. It writes nothing but that somebody took a file out,
and refuses a time whose cases it could not count whole.
"""
