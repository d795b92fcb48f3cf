import { Refusal } from '../kernel/refusals.js';

/** Refuses a change of what its caller has not read as it is now: 428 without If-Match, 412 with another ETag. */
export function requireMatch({ ifMatch }: { readonly ifMatch: string | undefined }, etag: string): void {
  if (ifMatch === undefined) throw new Refusal('precondition_required', `The resource is at ${etag}.`);
  if (ifMatch !== '*' && ifMatch !== etag) throw new Refusal('precondition_failed', `The resource is at ${etag}.`);
}
