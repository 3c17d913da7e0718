"""The use cases of people: who acts, where, with which rights; every other slice asks here and nowhere else."""

from pipewarden.people.rules.access import allows
from pipewarden.people.rules.anchors import FORMAT as ANCHOR_FORMAT
from pipewarden.people.rules.anchors import fingerprint as anchor_key
from pipewarden.people.rules.anchors import line as anchor_line
from pipewarden.people.rules.anchors import problems as anchor_problems
from pipewarden.people.rules.anchors import read as read_anchor
from pipewarden.people.rules.contact import address_of as contact_address
from pipewarden.people.rules.contact import masked as masked_address
from pipewarden.people.rules.record_export import check as check_export
from pipewarden.people.rules.record_lines import view_table
from pipewarden.people.rules.sessions import SessionLimits
from pipewarden.people.service.access import (
    actor_by_key,
    actor_by_token,
    actor_of,
    operator,
    require,
    require_proof,
    require_row,
    system,
    visible,
)
from pipewarden.people.service.anchors import anchor_chain, anchors, last_anchor, verify_record
from pipewarden.people.service.areas import (
    add_area,
    area,
    area_at,
    areas,
    areas_at,
    ground,
    jurisdiction_at,
    move_area,
    redraw_area,
)
from pipewarden.people.service.audit import anchor, entries_of, read, record, verify
from pipewarden.people.service.audit import page as audit_page
from pipewarden.people.service.contacts import (
    address_of,
    contacts,
    contacts_of,
    robots,
    robots_of,
    set_contacts,
    set_robots,
    verified,
)
from pipewarden.people.service.duties import copy_roster, end_duty, on_duty, put_on_duty, roster
from pipewarden.people.service.exporting import export_record
from pipewarden.people.service.gate import Gate
from pipewarden.people.service.keys import keys, make_key, revoke_key, rotate_key
from pipewarden.people.service.persons import (
    add_person,
    end_membership,
    grant,
    memberships,
    names,
    one_time_password,
    person_by_login,
    person_names,
    reset_password,
    set_person_state,
)
from pipewarden.people.service.role_book import import_roles, permitted, shipped_roles
from pipewarden.people.service.roles import edit_role
from pipewarden.people.service.signin import (
    act_for,
    change_password,
    csrf_for,
    csrf_right,
    prove,
    revoke_session,
    sessions_of,
    sign_in,
    sign_out,
    sweep,
)
from pipewarden.people.service.substitutes import end_substitution, holders, on_call, substitute, substitutions
from pipewarden.people.service.switches import Switchboard, set_switch, switches
from pipewarden.people.service.tenants import (
    add_organisation,
    ensure_tenant,
    organisations,
    tenant_acted_for,
    tenant_names,
    tenants,
)
from pipewarden.people.service.views import seal_views, tenants_viewed, verify_views, viewed, views, views_of_me
from pipewarden.people.store.scope import ScopedTable, area_filter, scope_filter

__all__ = [
    "ANCHOR_FORMAT",
    "Gate",
    "ScopedTable",
    "SessionLimits",
    "Switchboard",
    "act_for",
    "actor_by_key",
    "actor_by_token",
    "actor_of",
    "add_area",
    "add_organisation",
    "add_person",
    "address_of",
    "allows",
    "anchor",
    "anchor_chain",
    "anchor_key",
    "anchor_line",
    "anchor_problems",
    "anchors",
    "area",
    "area_at",
    "area_filter",
    "areas",
    "areas_at",
    "audit_page",
    "change_password",
    "check_export",
    "contact_address",
    "contacts",
    "contacts_of",
    "copy_roster",
    "csrf_for",
    "csrf_right",
    "edit_role",
    "end_duty",
    "end_membership",
    "end_substitution",
    "ensure_tenant",
    "entries_of",
    "export_record",
    "grant",
    "ground",
    "holders",
    "import_roles",
    "jurisdiction_at",
    "keys",
    "last_anchor",
    "make_key",
    "masked_address",
    "memberships",
    "move_area",
    "names",
    "on_call",
    "on_duty",
    "one_time_password",
    "operator",
    "organisations",
    "permitted",
    "person_by_login",
    "person_names",
    "prove",
    "put_on_duty",
    "read",
    "read_anchor",
    "record",
    "redraw_area",
    "require",
    "require_proof",
    "require_row",
    "reset_password",
    "revoke_key",
    "revoke_session",
    "robots",
    "robots_of",
    "roster",
    "rotate_key",
    "scope_filter",
    "seal_views",
    "sessions_of",
    "set_contacts",
    "set_person_state",
    "set_robots",
    "set_switch",
    "shipped_roles",
    "sign_in",
    "sign_out",
    "substitute",
    "substitutions",
    "sweep",
    "switches",
    "system",
    "tenant_acted_for",
    "tenant_names",
    "tenants",
    "tenants_viewed",
    "verified",
    "verify",
    "verify_record",
    "verify_views",
    "view_table",
    "viewed",
    "views",
    "views_of_me",
    "visible",
]
