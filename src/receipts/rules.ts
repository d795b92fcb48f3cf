/** What a receipt is now: a revocation outweighs everything that came after it. */
export function receiptStatus(
  annotations: readonly { readonly status: 'revoked' | 'superseded' | 'erased' }[],
  hasNewer: boolean,
): 'issued' | 'superseded' | 'revoked' {
  if (annotations.some(({ status }) => status === 'revoked')) return 'revoked';
  return hasNewer || annotations.some(({ status }) => status === 'superseded') ? 'superseded' : 'issued';
}

/** What a run's receipt is minted for: its approval once, or each rejection of a verdict. */
export function occasionOf(run: { readonly state: string; readonly verdictDigest: string | null }): string {
  return run.state === 'rejected' ? `rejected/${run.verdictDigest ?? ''}` : 'final';
}
