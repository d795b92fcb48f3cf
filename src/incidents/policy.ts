import { mayWrite } from '../orgs/policy.js';

/** Everyone but a viewer opens and changes incidents; a viewer may comment. */
export const mayHandle = mayWrite;
