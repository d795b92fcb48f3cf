import type { Person } from '../auth/actor.js';
import { mayWrite } from '../orgs/policy.js';

/** Everyone but a viewer records work: runs, evidence, submissions, audits, grades, receipts. */
export const mayRecord = mayWrite;
/** People with the approver flag decide; a viewer never does. */
export const mayDecide = (actor: Person): boolean => actor.approver && mayWrite(actor);
