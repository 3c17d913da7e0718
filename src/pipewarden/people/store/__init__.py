"""The tables of people and every query on them; importing this module declares all of them."""

from pipewarden.people.store import areas, outside, people, record, role_file, scope, signin, tenants

__all__ = ["areas", "outside", "people", "record", "role_file", "scope", "signin", "tenants"]
