import type { KeyObject } from 'node:crypto';
import { preAuthEncoding } from '../ledger/entry.js';
import { cosignatureTime } from '../ledger/cosignature.js';
import { readNote } from '../ledger/note.js';
import { isSandboxLog } from '../ledger/sandbox-log.js';
import { reachesQuorum, type WitnessPolicy } from '../ledger/policy.js';
import { annotationRungs } from './annotations.js';
import { approvalRungs } from './approvals.js';
import type { LogEntry, ParsedBundle, ParsedReceipt } from './bundle.js';
import { VerifierFault } from './fault.js';
import { rung, type Report, type Rung } from './ladder.js';
import { isObject, type Json } from './read.js';
import { verifyBundle } from './signed.js';
import { canonicalOf, discloseAll, parseStatement, type Statement } from './statement.js';
import { findLog, type Trust } from './trust.js';

export interface Question {
  /** SHA-256 of files that the receipt should be about, by name. */
  readonly evidence: ReadonlyMap<string, string>;
  /** What the receipt should say: dotted path and value. */
  readonly expect: readonly (readonly [string, string])[];
  /** Public keys of people whose approval is asked for, in PEM; left out, no approver is known. */
  readonly approvers?: readonly KeyObject[];
  /** Which witnesses must have cosigned the checkpoint; left out, none are asked for. */
  readonly policy?: WitnessPolicy;
  /** Newer entries about the receipt, beside those that came with it. */
  readonly annotations?: readonly ParsedBundle[];
}
const nothingMore: Question = { evidence: new Map(), expect: [] };

const LIMITS = [
  'That it was not revoked later: ask for the share again, or pass newer entries with --annotation.',
  'That the log shows everyone the same history: compare checkpoints with a monitor or with witnesses.',
  'When it was logged, beyond what the issuer states, unless a witness or a time-stamp says so.',
];

/** Checks a receipt from end to end. Throws only for what could not be read; what does not hold is a rung. */
export function verifyReceipt(receipt: ParsedReceipt, trust: Trust, question: Question = nothingMore): Report {
  const { bundle, disclosures, shown } = receipt;
  if (bundle.signed.form !== 'dsse') throw new VerifierFault('malformed', 'a receipt is a DSSE envelope');
  const { payloadType, payload } = bundle.signed;
  const signedBytes = preAuthEncoding(payloadType, payload);
  const rungs = verifyBundle(bundle, signedBytes, trust);
  if (rungs.some(({ state }) => state === 'failed')) return { rungs, notProven: LIMITS, receipt: undefined };
  if (question.policy) rungs.push(witnessRung(bundle.entry.checkpoint, question.policy));
  const statement = parseStatement(payload);
  rungs.push(rung('statement', true, statement.predicateType));
  if (statement.frame['sandbox'] === true) rungs.push(sandboxRung(bundle.entry, trust));
  const { revealed, withheld } = discloseAll(statement.predicate, disclosures);
  rungs.push(
    rung('disclosures', true, `${String(disclosures.length)} fields shown, ${String(withheld)} withheld or erased`),
  );
  if (shown !== undefined)
    rungs.push(
      rung('shown as signed', canonicalOf(shown) === canonicalOf(revealed), 'what the share shows was signed'),
    );
  const origin = bundle.entry.checkpoint.split('\n', 1)[0] ?? '';
  rungs.push(...approvalRungs(revealed, origin, question.approvers ?? []));
  rungs.push(
    ...annotationRungs({ signedBytes, statement }, [...receipt.annotations, ...(question.annotations ?? [])], trust),
  );
  for (const [name, digest] of question.evidence) rungs.push(evidenceRung(name, digest, statement, revealed, withheld));
  for (const [path, value] of question.expect) rungs.push(expectRung(path, value, revealed));
  const { notChecked } = statement.frame;
  const limits = Array.isArray(notChecked) ? notChecked.map(String) : [];
  return { rungs, notProven: [...limits, ...LIMITS], receipt: revealed };
}

/** A receipt that a sandbox tried out fails, unless the reader chose to trust the log of sandboxes. */
function sandboxRung({ logKeyId }: LogEntry, trust: Trust): Rung {
  const log = findLog(trust, logKeyId);
  const name = 'not a sandbox';
  if (log && isSandboxLog(log.name))
    return { name, state: 'not_asked', detail: 'a SANDBOX tried this out: it proves nothing about anybody' };
  return rung(name, false, 'a SANDBOX tried this out: no public log has it');
}

const showTime = (seconds: number): string =>
  seconds < 8.64e12 ? new Date(seconds * 1000).toISOString() : `second ${String(seconds)}`;

/** Counts the cosignatures under a checkpoint, as the policy asks. */
function witnessRung(checkpoint: string, policy: WitnessPolicy): Rung {
  const { body, signatures } = readNote(checkpoint);
  const times = new Map<string, number>();
  for (const { name, cosigner } of policy.witnesses)
    for (const line of signatures) {
      const time = cosignatureTime(line, cosigner, body);
      if (time !== undefined) times.set(name, time);
    }
  const seen = [...times].map(([name, time]) => `${name} at ${showTime(time)}`).join(', ');
  if (reachesQuorum(policy, new Set(times.keys()))) return rung('witnesses', true, seen || 'none are asked for');
  return {
    name: 'witnesses',
    state: 'missing',
    detail: `the quorum ${policy.quorum} is not reached${seen && `: only ${seen}`}`,
  };
}

function evidenceRung(name: string, digest: string, statement: Statement, revealed: Json, withheld: number): Rung {
  const known = statement.subjects.includes(digest) || valuesIn(revealed).includes(digest);
  if (known) return rung(`evidence ${name}`, true, digest);
  if (withheld > 0)
    return { name: `evidence ${name}`, state: 'missing', detail: 'is not among what is disclosed; some is withheld' };
  return rung(`evidence ${name}`, false, 'is not what the receipt is about');
}

const valuesIn = (value: unknown): readonly unknown[] =>
  typeof value === 'object' && value !== null ? Object.values(value).flatMap(valuesIn) : [value];

function expectRung(path: string, value: string, revealed: Json): Rung {
  const found = path === 'verdict' ? [at(revealed, 'decision'), at(revealed, 'verdict.outcome')] : [at(revealed, path)];
  if (found.every((item) => item === undefined))
    return { name: `expect ${path}`, state: 'missing', detail: 'is withheld, or the receipt does not say' };
  return rung(
    `expect ${path}`,
    found.some((item) => String(item) === value),
    found.map(String).join(' / '),
  );
}

const at = (value: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((node, step) => (isObject(node) ? node[step] : undefined), value);
