"""What people do outdoors: reports without an account, patrols and their coverage, standby shifts, proofs of a picture.

In: what phones send, late and in any order; alarms, sites and duties of the slices before. Out: observations into the
river (through ``sense``), check-ins and violations into sites (through ``casework``), wishes for a reward. Refused: a
place without its reference system or accuracy. Nothing that a person sent is thrown away because it looks forged: it is
marked as not verified, is not paid and closes nothing.
"""
