// The roles in the order in which lists name them.
import type { Role } from '@/api/kinds'

/** Who can be called: those who work for the gas company, and the authority. */
export const ON_ROSTERS: Role[] = ['dispatcher', 'patroller', 'standby_supervisor', 'locator', 'safety_manager', 'regulator']
export const ROLES: Role[] = [
  'dispatcher', 'patroller', 'standby_supervisor', 'locator', 'safety_manager', 'grid_worker', 'property_manager', 'regulator',
  'owner', 'contractor', 'supervising_engineer', 'commercial_user', 'resident', 'expert', 'auditor', 'security_admin', 'tenant_admin',
]
