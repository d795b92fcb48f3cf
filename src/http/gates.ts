import type { Actor, Person } from '../auth/actor.js';
import { Refusal } from '../kernel/refusals.js';

/** A gate turns whoever authenticated into the kind of actor a route works with, or refuses. */
export interface Gate<T> {
  readonly name: 'public' | 'person';
  admit(actor: Actor | undefined): T;
}

/** Column P of the contract: no credential needed, none looked at. */
export const anyone: Gate<undefined> = { name: 'public', admit: () => undefined };

/** Columns U and K of the contract, for a signed-in person. */
export const person: Gate<Person> = {
  name: 'person',
  admit: (actor) => {
    if (!actor) throw new Refusal('unauthenticated', 'This needs a signed-in person.');
    return actor;
  },
};
