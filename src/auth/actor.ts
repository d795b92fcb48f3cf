export const roles = ['owner', 'admin', 'member', 'viewer'] as const;
export type Role = (typeof roles)[number];

/** What an organization's API key may be allowed to do; each operation of column K names the one it needs. */
export const scopes = [
  'read',
  'runs:write',
  'audit:run',
  'receipt:mint',
  'cooks:write',
  'datasets:download',
  'models:pin',
  'incidents:write',
  'agents:write',
  'watchdog:ping',
] as const;
export type Scope = (typeof scopes)[number];

/** What an internal key may be allowed to do: our own staff tools, billing and runners. */
export const internalScopes = [
  'runner:claim',
  'membership:approve',
  'catalog:stage',
  'cooks:maintain',
  'ledger:maintain',
  'webhooks:maintain',
] as const;
export type InternalScope = (typeof internalScopes)[number];

/** A signed-in person in one organization, with the role Postgres gives them now. */
export interface Person {
  readonly kind: 'person';
  readonly userId: string;
  readonly orgId: string;
  readonly role: Role;
  readonly approver: boolean;
  readonly authTime: string;
  readonly sessionId: string;
  readonly platformAdmin: boolean;
}

/** An organization's API key: it acts for the person who made it, within its scopes and that person's present role. */
export interface Key {
  readonly kind: 'key';
  readonly keyId: string;
  readonly name: string;
  /** A test key acts in the sandbox of its organization. */
  readonly mode: 'live' | 'test';
  readonly userId: string;
  readonly orgId: string;
  readonly role: Role;
  /** A key never approves. */
  readonly approver: false;
  readonly scopes: readonly Scope[];
}

/** A credential of the platform itself; it belongs to no organization. */
export interface Internal {
  readonly kind: 'internal';
  readonly keyId: string;
  readonly scopes: readonly InternalScope[];
}

/** Whoever acts inside one organization. */
export type OrgActor = Person | Key;
/** Whoever a request comes from, once authenticated. */
export type Actor = OrgActor | Internal;
