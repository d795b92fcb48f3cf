import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';
import { hashedRekordEntry } from '../ledger/entry.js';
import { NoteFault, openCheckpoint } from '../ledger/note.js';
import { verifyInclusion } from '../ledger/proof.js';
import { leafHash } from '../ledger/tree.js';
import type { LogEntry, ParsedBundle } from './bundle.js';
import { VerifierFault } from './fault.js';
import { rung, type Rung } from './ladder.js';
import { asBytes, asObject, readJson } from './read.js';
import { findLog, type Trust } from './trust.js';

/** The rungs that every signed and logged bundle has: signature, key, entry, checkpoint, inclusion. */
export function verifyBundle(bundle: ParsedBundle, signedBytes: Buffer, trust: Trust): Rung[] {
  const { entry, signed } = bundle;
  const key = keyOf(entry);
  const rungs = [rung('signature', isSignedBy(key, signedBytes, signed.signature), 'over payload and its type')];
  const expected = hashedRekordEntry({
    paeDigest: createHash('sha256').update(signedBytes).digest(),
    signature: signed.signature,
    publicKeyDer: key.export({ type: 'spki', format: 'der' }),
  });
  rungs.push(rung('ledger entry', expected.equals(entry.body), 'is the one of this signature, byte for byte'));
  rungs.push(...verifyLogged(entry, trust));
  rungs.push(keyRung(key, trust));
  return rungs;
}

function keyRung(key: KeyObject, { receiptKeys, logs }: Trust): Rung {
  if (receiptKeys.length > 0)
    return rung(
      'signing key',
      receiptKeys.some((known) => known.equals(key)),
      'is one you trust',
    );
  if (logs.length > 0) return rung('signing key', true, 'is vouched for by the log you trust');
  return { name: 'signing key', state: 'missing', detail: 'nobody you trust vouches for it (--trust)' };
}

function verifyLogged(entry: LogEntry, trust: Trust): readonly Rung[] {
  const inclusion = rung(
    'inclusion',
    verifyInclusion(entry.hashes, entry.index, entry.treeSize, leafHash(entry.body), entry.rootHash),
    `entry ${String(entry.index)} of ${String(entry.treeSize)}`,
  );
  const log = findLog(trust, entry.logKeyId);
  if (!log) {
    const detail = trust.logs.length === 0 ? 'no log is trusted (--trust)' : 'the entry names another log';
    return [inclusion, { name: 'checkpoint', state: 'missing', detail }];
  }
  try {
    const { origin, size, root } = openCheckpoint(entry.checkpoint, log);
    const same = origin === log.name && size === entry.treeSize && root.equals(entry.rootHash);
    return [inclusion, rung('checkpoint', same, same ? `signed by ${origin}` : 'is for another tree')];
  } catch (error) {
    if (!(error instanceof NoteFault)) throw error;
    return [inclusion, rung('checkpoint', false, error.message)];
  }
}

/** The key inside a hashedrekord entry; P-256 is the only kind that receipts are signed with. */
function keyOf({ body }: LogEntry): KeyObject {
  const { spec } = asObject(readJson(body.toString('utf8'), 'the ledger entry'), 'the ledger entry');
  const record = asObject(asObject(spec, 'spec')['hashedRekordV002'], 'hashedRekordV002');
  const { verifier } = asObject(record['signature'], 'signature');
  const publicKey = asObject(asObject(verifier, 'verifier')['publicKey'], 'publicKey');
  try {
    return createPublicKey({ key: asBytes(publicKey['rawBytes'], 'rawBytes'), format: 'der', type: 'spki' });
  } catch (cause) {
    if (cause instanceof VerifierFault) throw cause;
    throw new VerifierFault('malformed', 'the key in the ledger entry could not be read', { cause });
  }
}

function isSignedBy(key: KeyObject, bytes: Buffer, signature: Buffer): boolean {
  return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' && verify('sha256', bytes, key, signature);
}
