"""Outcomes and corrections become lessons: immutable data sets, and models published from them.

In: labelled pictures, with whose they are and what may be done with them. Out: manifests that never change, splits that
leak no camera and no site, models published into ``inference``. Refuses: pictures without a licence for weights that
ship, a manifest whose content no longer matches its hash.
"""
