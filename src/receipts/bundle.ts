import { createPublicKey } from 'node:crypto';
import type { SigningKey } from '../ledger/keys.js';
import { noteKeyId, openCheckpoint, type NoteVerifier } from '../ledger/note.js';
import { PAYLOAD_TYPE } from './sign.js';

export interface LoggedReceipt {
  readonly payload: Buffer;
  readonly signature: Buffer;
  readonly keyId: string;
  readonly entry: Buffer;
  readonly index: number;
  readonly hashes: readonly Buffer[];
  /** The signed checkpoint the proof leads to. */
  readonly checkpoint: string;
}

/** Sigstore bundle v0.3: the DSSE envelope with its Rekor v2 style log entry, verifiable by stock clients. */
export function sigstoreBundle(receipt: LoggedReceipt, log: NoteVerifier): Readonly<Record<string, unknown>> {
  const { size, root } = openCheckpoint(receipt.checkpoint, log);
  const logIndex = String(receipt.index);
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: {
      publicKey: { hint: receipt.keyId },
      tlogEntries: [
        {
          logIndex,
          logId: { keyId: noteKeyId(log).toString('base64') },
          kindVersion: { kind: 'hashedrekord', version: '0.0.2' },
          integratedTime: '0',
          inclusionProof: {
            logIndex,
            rootHash: root.toString('base64'),
            treeSize: String(size),
            hashes: receipt.hashes.map((hash) => hash.toString('base64')),
            checkpoint: { envelope: receipt.checkpoint },
          },
          canonicalizedBody: receipt.entry.toString('base64'),
        },
      ],
      timestampVerificationData: { rfc3161Timestamps: [] },
    },
    dsseEnvelope: {
      payload: receipt.payload.toString('base64'),
      payloadType: PAYLOAD_TYPE,
      signatures: [{ sig: receipt.signature.toString('base64'), keyid: receipt.keyId }],
    },
  };
}

/** Sigstore TrustedRoot: the logs and their keys, with the time from which each is valid. */
export function trustedRoot(keys: readonly SigningKey[]): Readonly<Record<string, unknown>> {
  const tlogs = keys
    .filter((key) => key.purpose === 'log' && key.logId !== null)
    .map(({ logId, publicKey, validFrom, validTo }) => {
      const name = logId ?? '';
      const key = createPublicKey(publicKey);
      const keyId = noteKeyId({ name, publicKey: key }).toString('base64');
      return {
        baseUrl: `https://${name}`,
        hashAlgorithm: 'SHA2_256',
        publicKey: {
          rawBytes: key.export({ type: 'spki', format: 'der' }).toString('base64'),
          keyDetails: 'PKIX_ED25519',
          validFor: { start: validFrom.toISOString(), ...(validTo ? { end: validTo.toISOString() } : {}) },
        },
        logId: { keyId },
        checkpointKeyId: { keyId },
      };
    });
  return {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs,
    certificateAuthorities: [],
    ctlogs: [],
    timestampAuthorities: [],
  };
}
