"""The values of field: reports, patrols, shifts outdoors, proofs."""
