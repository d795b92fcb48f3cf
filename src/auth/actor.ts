export const roles = ['owner', 'admin', 'member', 'viewer'] as const;
export type Role = (typeof roles)[number];

/** A signed-in person in one organization, with the role Postgres gives them now. */
export interface Person {
  readonly kind: 'person';
  readonly userId: string;
  readonly orgId: string;
  readonly role: Role;
  readonly approver: boolean;
  readonly authTime: string;
}

/** Whoever a request comes from, once authenticated. */
export type Actor = Person;
