/** What a run's receipt is minted for: its approval once, or each rejection of a verdict. */
export function occasionOf(run: { readonly state: string; readonly verdictDigest: string | null }): string {
  return run.state === 'rejected' ? `rejected/${run.verdictDigest ?? ''}` : 'final';
}
