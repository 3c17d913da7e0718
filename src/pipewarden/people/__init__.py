"""Who acts: tenants now; organisations, areas, roles and sign-in when the service opens (issue 2).

In: a tenant's key. Out: the tenant that every row belongs to. Refuses: work for a tenant that does not exist.
"""
