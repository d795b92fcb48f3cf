import { mayWrite } from '../orgs/policy.js';

/** Everyone but a viewer asks for cooks and cancels them. */
export const mayCook = mayWrite;
