import type { Actor, Internal, InternalScope, OrgActor, Person, Scope } from '../auth/actor.js';
import { Refusal } from '../kernel/refusals.js';

/** A gate turns whoever authenticated into the kind of actor a route works with, or refuses. */
export interface Gate<T> {
  /** Column of the contract: public, a person, a person or a key, an internal key, a platform admin. */
  readonly name: 'public' | 'person' | 'caller' | 'internal' | 'platform';
  /** What a key needs to pass. */
  readonly scope: Scope | InternalScope | null;
  admit(actor: Actor | undefined): T;
}

/** Column P of the contract: no credential needed, none looked at. */
export const anyone: Gate<undefined> = { name: 'public', scope: null, admit: () => undefined };

/** Column U of the contract: a signed-in person, never a key. */
export const person: Gate<Person> = {
  name: 'person',
  scope: null,
  admit: (actor) => {
    const { kind } = required(actor);
    if (actor?.kind === 'person') return actor;
    if (kind === 'key') throw new Refusal('human_required', 'An API key may not do this.');
    throw new Refusal('wrong_credential', 'An internal key does not act for an organization.');
  },
};

/** Column K of the contract: a signed-in person, or an API key with the scope. */
export const caller = (scope: Scope): Gate<OrgActor> => ({
  name: 'caller',
  scope,
  admit: (actor) => {
    const given = required(actor);
    if (given.kind === 'internal')
      throw new Refusal('wrong_credential', 'An internal key does not act for an organization.');
    if (given.kind === 'key' && !given.scopes.includes(scope))
      throw new Refusal('scope_missing', `This API key lacks the scope ${scope}.`);
    return given;
  },
});

/** Columns I and R of the contract: an internal key with the scope (a runner's is runner:claim); nobody of an organization. */
export const internal = (scope: InternalScope): Gate<Internal> => ({
  name: 'internal',
  scope,
  admit: (actor) => {
    const given = required(actor);
    if (given.kind !== 'internal') throw new Refusal('wrong_credential', 'This takes an internal key.');
    if (!given.scopes.includes(scope))
      throw new Refusal('scope_missing', `This internal key lacks the scope ${scope}.`);
    return given;
  },
});

/** Column G of the contract: a person whom the configuration names as platform admin. */
export const platformAdmin: Gate<Person> = {
  name: 'platform',
  scope: null,
  admit: (actor) => {
    const given = required(actor);
    if (given.kind !== 'person') throw new Refusal('wrong_credential', 'This takes a platform admin.');
    if (!given.platformAdmin) throw new Refusal('forbidden', 'This takes a platform admin.');
    return given;
  },
};

function required(actor: Actor | undefined): Actor {
  if (!actor) throw new Refusal('unauthenticated', 'This needs a credential.');
  return actor;
}
