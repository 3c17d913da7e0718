"""The use cases of people: who acts, where, with which rights; every other slice asks here and nowhere else."""

from pipewarden.people.rules.access import allows
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
from pipewarden.people.service.areas import (
    add_area,
    area,
    area_at,
    areas,
    areas_at,
    jurisdiction_at,
    move_area,
    redraw_area,
)
from pipewarden.people.service.audit import anchor, read, record, verify
from pipewarden.people.service.duties import end_duty, on_duty, put_on_duty, roster
from pipewarden.people.service.gate import Gate
from pipewarden.people.service.keys import keys, make_key, revoke_key, rotate_key
from pipewarden.people.service.persons import (
    add_person,
    end_membership,
    grant,
    memberships,
    one_time_password,
    person_by_login,
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
from pipewarden.people.service.switches import Switchboard, set_switch, switches
from pipewarden.people.service.tenants import add_organisation, ensure_tenant, organisations, tenant_acted_for, tenants
from pipewarden.people.store.scope import ScopedTable, scope_filter

__all__ = [
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
    "allows",
    "anchor",
    "area",
    "area_at",
    "areas",
    "areas_at",
    "change_password",
    "csrf_for",
    "csrf_right",
    "edit_role",
    "end_duty",
    "end_membership",
    "ensure_tenant",
    "grant",
    "import_roles",
    "jurisdiction_at",
    "keys",
    "make_key",
    "memberships",
    "move_area",
    "on_duty",
    "one_time_password",
    "operator",
    "organisations",
    "permitted",
    "person_by_login",
    "prove",
    "put_on_duty",
    "read",
    "record",
    "redraw_area",
    "require",
    "require_proof",
    "require_row",
    "reset_password",
    "revoke_key",
    "revoke_session",
    "roster",
    "rotate_key",
    "scope_filter",
    "sessions_of",
    "set_person_state",
    "set_switch",
    "shipped_roles",
    "sign_in",
    "sign_out",
    "sweep",
    "switches",
    "system",
    "tenant_acted_for",
    "tenants",
    "verify",
    "visible",
]
