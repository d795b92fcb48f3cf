import { z } from 'zod';

/** An answer that was not what the step expected. */
export class UnexpectedAnswer extends Error {
  override readonly name = 'UnexpectedAnswer';
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: unknown;
}
/** A caller of the API: plain HTTP, nothing of ours. */
export interface Caller {
  call(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** Fetches something that is no text. */
  download(path: string): Promise<Buffer>;
  upload(
    path: string,
    fields: Readonly<Record<string, string>>,
    file: { name: string; bytes: Uint8Array; type: string },
  ): Promise<Answer>;
}

export function createCaller(base: string, token?: string): Caller {
  const headers: Record<string, string> = {
    accept: 'application/json',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const answer = async (response: Response): Promise<Answer> => {
    const text = await response.text();
    const json: unknown = /[/+]json\b/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : text;
    return { status: response.status, headers: response.headers, json };
  };
  return {
    async call(method, path, body, more = {}) {
      const extra: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
      return answer(
        await fetch(base + path, {
          method,
          headers: { ...headers, ...extra, ...more },
          body: body === undefined ? null : JSON.stringify(body),
        }),
      );
    },
    async download(path) {
      const response = await fetch(base + path, { headers });
      if (!response.ok) throw new UnexpectedAnswer(`${path} was answered with ${String(response.status)}`);
      return Buffer.from(await response.arrayBuffer());
    },
    async upload(path, fields, { name, bytes, type }) {
      const form = new FormData();
      for (const [field, value] of Object.entries(fields)) form.set(field, value);
      form.set('file', new Blob([bytes.slice()], { type }), name);
      return answer(await fetch(base + path, { method: 'POST', headers, body: form }));
    },
  };
}

/** Reads an answer that must have one of the given statuses. */
export function expectAnswer<S extends z.ZodType>(answer: Answer, statuses: readonly number[], schema: S): z.output<S> {
  if (!statuses.includes(answer.status)) {
    throw new UnexpectedAnswer(
      `expected ${statuses.join(' or ')}, got ${String(answer.status)}: ${JSON.stringify(answer.json)}`,
    );
  }
  return schema.parse(answer.json);
}

/** Reads a refusal that must come, with its code. */
export function expectRefusal(answer: Answer, code: string): string {
  const problem = z.object({ code: z.string(), detail: z.string() }).parse(answer.json);
  if (problem.code !== code)
    throw new UnexpectedAnswer(`expected the refusal ${code}, got ${problem.code}: ${problem.detail}`);
  return problem.detail;
}
