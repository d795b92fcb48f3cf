/** Exit codes of the verifier: what kind of answer it gives. */
export const exitCodes = { ok: 0, invalid: 1, malformed: 2, untrusted: 3, io: 4 } as const;
type FaultKind = Exclude<keyof typeof exitCodes, 'ok'>;

/** Why something does not verify, or could not be read. Every failure a reader of ours can meet is one of these. */
export class VerifierFault extends Error {
  override readonly name = 'VerifierFault';
  readonly kind: FaultKind;

  constructor(kind: FaultKind, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.kind = kind;
  }
}

/** Refuses what is not shaped as its format says. */
export function malformed(message: string): never {
  throw new VerifierFault('malformed', message);
}

/** The code of a system error, by its shape: errors of Node itself may come from another realm. */
export const errorCode = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
