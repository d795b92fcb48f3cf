import { createHash, createPublicKey, verify } from 'node:crypto';
import { z } from 'zod';
import { hashedRekordEntry, preAuthEncoding } from '../../src/ledger/entry.js';
import { openCheckpoint } from '../../src/ledger/note.js';
import { verifyInclusion } from '../../src/ledger/proof.js';
import { leafHash } from '../../src/ledger/tree.js';
import { disclosureDigest } from '../../src/receipts/disclosures.js';

const bundleSchema = z.object({
  verificationMaterial: z.object({
    tlogEntries: z.tuple([
      z.object({
        logIndex: z.string(),
        inclusionProof: z.object({
          hashes: z.array(z.string()),
          treeSize: z.string(),
          checkpoint: z.object({ envelope: z.string() }),
        }),
        canonicalizedBody: z.string(),
      }),
    ]),
  }),
  dsseEnvelope: z.object({
    payload: z.string(),
    payloadType: z.string(),
    signatures: z.tuple([z.object({ sig: z.string() })]),
  }),
});

const bytes = (base64: string): Buffer => Buffer.from(base64, 'base64');

/** Checks a bundle with its disclosures against published keys; throws with the step that does not hold. */
export function verifyReceipt(given: {
  bundle: unknown;
  disclosures: readonly string[];
  receiptKey: string;
  logKey: string;
  origin: string;
}): { index: number; treeSize: number } {
  const { verificationMaterial, dsseEnvelope } = bundleSchema.parse(given.bundle);
  const [entry] = verificationMaterial.tlogEntries;
  const [{ sig }] = dsseEnvelope.signatures;
  const payload = bytes(dsseEnvelope.payload);
  const encoded = preAuthEncoding(dsseEnvelope.payloadType, payload);
  const key = createPublicKey(given.receiptKey);
  require(verify('sha256', encoded, key, bytes(sig)), 'the signature of the receipt');
  const publicKeyDer = key.export({ type: 'spki', format: 'der' });
  const leaf = hashedRekordEntry({
    paeDigest: createHash('sha256').update(encoded).digest(),
    signature: bytes(sig),
    publicKeyDer,
  });
  require(leaf.equals(bytes(entry.canonicalizedBody)), 'the ledger entry is that of this receipt');
  const checkpoint = openCheckpoint(entry.inclusionProof.checkpoint.envelope, {
    name: given.origin,
    publicKey: createPublicKey(given.logKey),
  });
  require(String(checkpoint.size) === entry.inclusionProof.treeSize, 'the proof is for the size of the checkpoint');
  const index = Number(entry.logIndex);
  require(verifyInclusion(
    entry.inclusionProof.hashes.map(bytes),
    index,
    checkpoint.size,
    leafHash(leaf),
    checkpoint.root,
  ), 'the inclusion proof');
  const text = payload.toString('utf8');
  for (const disclosure of given.disclosures)
    require(text.includes(disclosureDigest(disclosure)), 'every disclosure is committed to');
  return { index, treeSize: checkpoint.size };
}

function require(holds: boolean, what: string): void {
  if (!holds) throw new Error(`Verification failed: ${what}.`);
}
