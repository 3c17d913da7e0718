"""Perceive: an observation becomes findings.

In: the fact that an observation exists, its picture from the blob store. Out: findings with class, score, box, and for
machines their type and look; the fact that the observation was screened, also when nothing was found or the picture
could not be read. Refuses: nothing; a bad picture is screened with its problem, so that a person can see it.
"""
