import type { KeyObject } from 'node:crypto';
import { readPublicKey, readStatement, signatureFault, type SignedStatement } from '../receipts/approval-signature.js';
import { rung, type Rung } from './ladder.js';
import { isObject, type Json } from './read.js';

/**
 * What a run's receipt says of people, held against itself: signatures of approvers, separation of duties, waivers. A
 * receipt of another kind, or of a version that says none of it, has no such rung.
 */
export function approvalRungs(receipt: Json, origin: string, known: readonly KeyObject[]): readonly Rung[] {
  if (receipt['kind'] !== 'run') return known.length === 0 ? [] : [rung('approvers', false, 'this approves no run')];
  const approvals = objectsIn(receipt['approvals']);
  const signatures = approvals.map((approval) => checkSignature(receipt, approval, origin));
  return [
    ...signatures.flatMap((found, i) => signatureRung(found, i)),
    ...distinctRung(signatures),
    ...(known.length === 0 ? [] : [knownRung(signatures, known)]),
    ...dutiesRung(receipt, approvals),
    ...waiversRung(receipt),
  ];
}

type Found =
  | { readonly state: 'unsigned' | 'withheld' }
  | { readonly state: 'checked'; readonly key: KeyObject | undefined; readonly fault: string | undefined };

/** An approval's signature: over a statement that says what the receipt says, for this log, in its time. */
function checkSignature(receipt: Json, approval: Json, origin: string): Found {
  const { signature } = approval;
  if (!isObject(signature)) return { state: 'unsigned' };
  const { scheme, publicKey, statement: text, value, authenticatorData, clientData } = signature;
  if (typeof publicKey !== 'string' || typeof text !== 'string' || typeof value !== 'string')
    return { state: 'withheld' };
  const key = readPublicKey(publicKey);
  if (scheme !== 'ed25519' && scheme !== 'webauthn') return { state: 'checked', key, fault: 'its scheme is unknown' };
  const signed: SignedStatement = {
    scheme,
    publicKey,
    statement: text,
    value,
    ...(typeof authenticatorData === 'string' ? { authenticatorData } : {}),
    ...(typeof clientData === 'string' ? { clientData } : {}),
  };
  const statement = readStatement(text);
  const fault = statement ? signatureFault(signed, statement.origin) : 'the statement cannot be read';
  return { state: 'checked', key, fault: fault ?? (statement && statementFault(statement, receipt, approval, origin)) };
}

function statementFault(
  statement: NonNullable<ReturnType<typeof readStatement>>,
  receipt: Json,
  approval: Json,
  origin: string,
): string | undefined {
  const same: readonly (readonly [string, unknown, unknown])[] = [
    ['decision', statement.decision, approval['decision']],
    ['verdict', statement.verdict.digest, memberOf(receipt['verdict'], 'digest')],
    ['outcome', statement.verdict.outcome, memberOf(receipt['verdict'], 'outcome')],
    ['evidence', statement.evidenceRoot, memberOf(receipt['evidence'], 'root')],
    ['submission', statement.submissionManifest, memberOf(receipt['submission'], 'manifest')],
    ['flight sheet', statement.flightSheet, memberOf(receipt['flightSheet'], 'digest')],
    ['audience', statement.audience, origin],
  ];
  const other = same.find(([, signed, shown]) => signed !== shown);
  if (other) return `it was signed for another ${other[0]}`;
  const begin = Date.parse(statement.notBefore);
  const end = Date.parse(statement.notAfter);
  const within = [approval['at'], receipt['issuedAt']].every((at) => {
    const time = typeof at === 'string' ? Date.parse(at) : Number.NaN;
    return begin <= time && time <= end;
  });
  return within ? undefined : 'it was not valid then';
}

function signatureRung(found: Found, i: number): readonly Rung[] {
  const name = `approval ${String(i + 1)} signed`;
  switch (found.state) {
    case 'unsigned':
      return [];
    case 'withheld':
      return [{ name, state: 'not_asked', detail: 'the signature is withheld or erased' }];
    case 'checked':
      return [rung(name, found.fault === undefined, found.fault ?? 'by its key, over this verdict, for this log')];
  }
}

/** Two approvals under one key, or under one statement, are one person's. */
function distinctRung(signatures: readonly Found[]): readonly Rung[] {
  const keys = signatures.flatMap((found) => (found.state === 'checked' && found.key ? [found.key] : []));
  const twice = keys.some((key, i) => keys.findIndex((other) => other.equals(key)) < i);
  return twice ? [rung('approvers are distinct', false, 'two approvals are signed by one key')] : [];
}

/** Asked for by name: each approval must be signed, and by a key that the reader knows. */
function knownRung(signatures: readonly Found[], known: readonly KeyObject[]): Rung {
  const name = 'approvers';
  const strangers = signatures.filter(
    (found) => found.state !== 'checked' || found.fault !== undefined || !known.some((key) => found.key?.equals(key)),
  );
  if (signatures.length > 0 && strangers.length === 0)
    return rung(name, true, `${String(signatures.length)} of ${String(signatures.length)} by keys you know`);
  if (strangers.some(({ state }) => state === 'withheld'))
    return { name, state: 'missing', detail: 'the signature of an approval is withheld or erased' };
  return rung(name, false, `${String(strangers.length)} of ${String(signatures.length)} not signed by a key you know`);
}

/** Who approved is neither who submitted nor the only one who graded, unless the receipt says that it was so. */
function dutiesRung(receipt: Json, approvals: readonly Json[]): readonly Rung[] {
  const submitter = memberOf(receipt['submission'], 'person');
  const { fourEyes } = receipt;
  if (receipt['decision'] !== 'approved' || typeof submitter !== 'string' || !isObject(fourEyes)) return [];
  const graders = new Set(objectsIn(memberOf(receipt['flightSheet'], 'rules')).flatMap(gradersOf));
  const approvers = approvals.map(({ person }) => person);
  const name = 'separation of duties';
  if (fourEyes['forbid_submitter'] === true && approvers.includes(submitter))
    return [rung(name, false, 'the submitter approved')];
  if (fourEyes['forbid_sole_grader'] !== false && graders.size === 1 && approvers.some((one) => graders.has(one)))
    return [rung(name, false, 'the only one who graded approved')];
  const alone = new Set([submitter, ...graders, ...approvers]).size === 1;
  if (alone && fourEyes['single_person'] !== true) return [rung(name, false, 'one person did all, and it is not said')];
  return [rung(name, true, alone ? 'one person did all, as the receipt says' : 'as the flight sheet asks for it')];
}

const gradersOf = ({ gradedBy }: Json): readonly unknown[] => (Array.isArray(gradedBy) ? gradedBy : []);

/** Each flag that people accepted says so, and none of them rested on a waiver that had ended. */
function waiversRung(receipt: Json): readonly Rung[] {
  if (receipt['decision'] !== 'approved' || !Array.isArray(receipt['waivers'])) return [];
  const waivers = objectsIn(receipt['waivers']);
  const waived = objectsIn(memberOf(receipt['flightSheet'], 'rules')).filter(({ result }) => result === 'waived');
  if (waived.length === 0 && waivers.length === 0) return [];
  const issued = Date.parse(String(receipt['issuedAt']));
  const bare = waived.find(
    (rule) => !waivers.some((one) => one['rule'] === rule['id'] && one['audit'] === rule['audit']),
  );
  if (bare) return [rung('waivers', false, `${String(bare['id'])} is waived by nobody`)];
  const ended = waivers.find(({ expiresAt }) => !(Date.parse(String(expiresAt)) > issued));
  if (ended) return [rung('waivers', false, `the one of ${String(ended['rule'])} had ended`)];
  return [rung('waivers', true, `${String(waivers.length)}, none of them ended when the receipt was issued`)];
}

const memberOf = (value: unknown, name: string): unknown => (isObject(value) ? value[name] : undefined);
const objectsIn = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.filter(isObject) : []);
