import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { exampleRecipe } from '../demo/cook.js';

/** One call of a runner on its cook. */
export interface Call {
  readonly verb: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** Unix ms, by our clock. */
  readonly at: number;
}
/** What was heard while a scenario was played. */
export interface Played {
  readonly scenario: Scenario;
  readonly calls: Call[];
  /** Per upload: whether the bytes were those declared. */
  readonly uploads: boolean[];
  readonly strays: string[];
  /** When the runner asked for another cook, once it had this one. */
  readonly asksAfter: number[];
}
/** One rule of the protocol: how the server behaves, and what a runner must have done in the end. */
export interface Scenario {
  readonly rule: string;
  readonly recipe: object;
  readonly checkpoint?: unknown;
  /** Another answer than the usual one; 'drop' takes the call and hangs up. */
  answer?(calls: readonly Call[], index: number): [number, object] | 'drop' | undefined;
  isOver(played: Played): boolean;
  /** What the runner did wrong; empty when nothing. */
  faults(played: Played): readonly string[];
}

const QUIET_MS = 2500;
const HEARTBEAT_LIMIT_MS = 3500;
const of = (calls: readonly Call[], ...verbs: readonly string[]): readonly Call[] =>
  calls.filter(({ verb }) => verbs.includes(verb));
const finished = ({ calls }: Played): boolean => {
  const last = of(calls, 'complete', 'fail').at(-1);
  return last !== undefined && Date.now() - last.at > QUIET_MS;
};
const unless = (holds: boolean, fault: string): readonly string[] => (holds ? [] : [fault]);
const logSchema = z.object({ offset: z.number(), gzip: z.string(), sha256: z.string() });
const logsOf = (calls: readonly Call[]) =>
  of(calls, 'status').flatMap(({ body }) => {
    const log = logSchema.safeParse(body['log']).data;
    return log ? [{ ...log, bytes: gunzipSync(Buffer.from(log.gzip, 'base64')) }] : [];
  });
const short = exampleRecipe(6);
const long = exampleRecipe(10_000);

/** Every rule that binds the runner's side. */
export const scenarios = (): readonly Scenario[] => [
  {
    rule: 'reports, uploads what it declared, then completes once',
    recipe: short,
    isOver: finished,
    faults: ({ calls, uploads, strays }) => {
      const first = calls[0];
      const completes = of(calls, 'complete');
      const afterwards = calls.slice(calls.findIndex(({ verb }) => verb === 'complete') + 1);
      return [
        ...strays,
        ...unless(first?.verb === 'status', 'the first call is not a status'),
        ...unless(completes.length === 1, `it completed ${String(completes.length)} times`),
        ...unless(uploads.length > 0 && uploads.every(Boolean), 'an upload is missing or has other bytes'),
        ...unless(afterwards.length === 0, 'it reported after it had completed'),
        ...unless(
          calls.every(({ body }) => body['fence'] === 1),
          'a call lacks the fence',
        ),
      ];
    },
  },
  {
    rule: 'sends its log in pieces that follow on one another, with their digests',
    recipe: short,
    isOver: finished,
    faults: ({ calls }) => {
      const faults: string[] = [];
      let end = 0;
      for (const { offset, bytes, sha256 } of logsOf(calls)) {
        if (offset !== end) faults.push(`a piece begins at ${String(offset)}, not at ${String(end)}`);
        if (createHash('sha256').update(bytes).digest('hex') !== sha256) faults.push('a piece has another digest');
        end = offset + bytes.length;
      }
      return [...faults, ...unless(end > 0, 'no log came')];
    },
  },
  {
    rule: 'goes back to expected_offset after a gap',
    recipe: short,
    answer: (calls, index) =>
      logsOf(calls).length === 3 && logSchema.safeParse(calls[index]?.body['log']).success
        ? [416, { code: 'log_gap', expected_offset: 0, directive: 'continue' }]
        : undefined,
    isOver: finished,
    faults: ({ calls }) => {
      const offsets = logsOf(calls).map(({ offset }) => offset);
      return unless(offsets.length > 3 && offsets[3] === 0, `after the gap it sent from ${String(offsets[3])}`);
    },
  },
  {
    rule: 'repeats a report whose answer was lost, unchanged',
    recipe: short,
    answer: (calls, index) => {
      const verb = calls[index]?.verb ?? '';
      if (verb === 'status' && index === 1) return [503, { code: 'unavailable' }];
      return verb === 'complete' && of(calls, 'complete').length === 1 ? 'drop' : undefined;
    },
    isOver: (played) => of(played.calls, 'complete').length > 1 && finished(played),
    faults: ({ calls }) => {
      const [first, second] = of(calls, 'complete').map(({ body }) => JSON.stringify(body));
      return [
        ...unless(second !== undefined, 'it did not complete again'),
        ...unless(second === undefined || first === second, 'it completed with another report'),
      ];
    },
  },
  {
    rule: 'keeps its lease while it works',
    recipe: long,
    isOver: ({ calls }) => Date.now() - (calls[0]?.at ?? Date.now()) > 8000,
    answer: (calls, index) => ((calls[index]?.at ?? 0) - (calls[0]?.at ?? 0) > 6000 ? cancel(calls, index) : undefined),
    faults: ({ calls }) => {
      const reports = of(calls, 'status');
      const pauses = reports.slice(1).map(({ at }, i) => at - (reports[i]?.at ?? at));
      return unless(pauses.length > 1 && Math.max(...pauses) < HEARTBEAT_LIMIT_MS, 'it was silent for too long');
    },
  },
  {
    rule: 'stops when it is told to cancel, and says so',
    recipe: long,
    answer: (calls, index) => (index >= 2 ? cancel(calls, index) : undefined),
    isOver: finished,
    faults: ({ calls }) => {
      const end = of(calls, 'fail', 'complete').at(-1);
      return [
        ...unless(end?.verb === 'fail' && end.body['class'] === 'cancelled', 'it did not fail as cancelled'),
        ...unless((end?.at ?? Infinity) - (calls[2]?.at ?? 0) < 10_000, 'it took longer than ten seconds'),
      ];
    },
  },
  ...[[409, 'lease_lost'] as const, [410, 'cook_over'] as const].map(([status, code]): Scenario => ({
    rule: `says nothing more after ${String(status)} ${code}`,
    recipe: long,
    answer: (_calls, index) => (index >= 2 ? [status, { code, directive: 'continue' }] : undefined),
    isOver: ({ calls }) => calls[2] !== undefined && Date.now() - calls[2].at > 5000,
    faults: ({ calls }) => {
      // A report that was under way when the answer came is forgiven.
      const late = calls.filter(({ at }) => at - (calls[2]?.at ?? at) > 1500);
      return [
        ...unless(calls.length > 2, 'it never came to a third report'),
        ...unless(late.length === 0, `it went on: ${late.map(({ verb }) => verb).join(', ')}`),
      ];
    },
  })),
];

const cancel = (calls: readonly Call[], index: number): [number, object] | undefined => {
  if (calls[index]?.verb !== 'status') return undefined;
  const lease_expires_at = new Date(Date.now() + 6000).toISOString();
  return [200, { directive: 'cancel', state: 'running', lease_expires_at, next_in_s: 1, log_offset: 0 }];
};
