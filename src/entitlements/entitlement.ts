import type { Tenant } from '../db/database.js';

/** Whether an organization is entitled to what members get, and why; asked inside the transaction that relies on it. */
export interface Entitlement {
  standing(tenant: Tenant): Promise<{ readonly entitled: boolean; readonly because: string }>;
}

/** Until memberships are kept nobody is a member: what needs one stays closed. */
export const noMemberships: Entitlement = {
  standing: () => Promise.resolve({ entitled: false, because: 'no membership is recorded' }),
};
