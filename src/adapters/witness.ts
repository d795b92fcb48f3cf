/** What a witness answered to a checkpoint (C2SP tlog-witness). */
export type WitnessAnswer =
  | { readonly kind: 'cosigned'; readonly lines: string }
  /** It knows another size of the log than the one we said. */
  | { readonly kind: 'conflict'; readonly size: number }
  | { readonly kind: 'refused'; readonly why: string };

/** One request of a log to a witness. */
export interface WitnessRequest {
  /** The size the witness cosigned last, as far as the log knows. */
  readonly old: number;
  readonly proof: readonly Buffer[];
  readonly note: string;
}

/** The submission side of witnesses. */
export interface WitnessClient {
  /** Throws only when the witness can't be reached or is broken; every answer of the protocol is a value. */
  addCheckpoint(url: string, request: WitnessRequest): Promise<WitnessAnswer>;
}

const DEADLINE_MS = 5000;
const MAX_ANSWER_BYTES = 65_536;
const REASONS: Readonly<Record<number, string>> = {
  400: 'it could not read the request',
  403: 'it does not trust the signature of the log',
  404: 'it does not know the log',
  422: 'it does not accept the consistency proof',
};

/** Speaks to witnesses over HTTP with the platform's own client, which keeps connections alive. */
export function createWitnessClient(): WitnessClient {
  return {
    async addCheckpoint(url, { old, proof, note }) {
      const lines = proof.map((hash) => `${hash.toString('base64')}\n`).join('');
      const response = await fetch(`${url.replace(/\/$/, '')}/add-checkpoint`, {
        method: 'POST',
        body: `old ${String(old)}\n${lines}\n${note}`,
        redirect: 'error',
        signal: AbortSignal.timeout(DEADLINE_MS),
      });
      const text = (await response.text()).slice(0, MAX_ANSWER_BYTES);
      if (response.status === 200) return { kind: 'cosigned', lines: text };
      if (response.status === 409) {
        const size = /^(0|[1-9]\d{0,15})\n$/.exec(text)?.[1];
        const typed = response.headers.get('content-type')?.startsWith('text/x.tlog.size') ?? false;
        if (typed && size !== undefined) return { kind: 'conflict', size: Number(size) };
        return { kind: 'refused', why: 'it has seen another tree of the same size' };
      }
      const why = REASONS[response.status];
      if (why !== undefined) return { kind: 'refused', why };
      throw new Error(`the witness answered ${String(response.status)}`);
    },
  };
}
