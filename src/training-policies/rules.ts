/** Whether a policy lets a licence be trained on: denied beats allowed, and what is not allowed is not. */
export const fitsPolicy = (
  { licences }: { readonly licences: { readonly allow: readonly string[]; readonly deny: readonly string[] } },
  licenceId: string,
): boolean => licences.allow.includes(licenceId) && !licences.deny.includes(licenceId);
