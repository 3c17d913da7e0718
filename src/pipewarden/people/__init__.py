"""Who acts: tenants, areas, persons, roles, sign-in, the one scoped query, the audit chain, kill switches, rosters.

In: a token or a device's key, a permission, a place. Out: the actor who asks, the WHERE clause of what they may see,
the jurisdiction at a point, who is on duty. Refuses: a right that no membership gives, a row out of reach (it reads as
absent), a password that is easy, a secret by default, an act without a record.
"""
