import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { cosignerVkey, readMlDsaKey } from './cosignature.js';
import type { NewKey } from './keys.js';
import { ed25519Signer, noteKeyId, verifierKey, type CheckpointSigner } from './note.js';
import { sandboxLogId, sandboxLogKey } from './sandbox-log.js';

/** The private side of a log: what signs its checkpoints, and what is published about it before it does. */
export interface LogSigners {
  readonly logKey: KeyObject;
  readonly cosigners: readonly CheckpointSigner[];
  readonly keys: readonly NewKey[];
}
/** Key files of a log, in PEM. */
export interface LogKeyFiles {
  readonly key: string;
  /** Signs along while readers learn the key after it. */
  readonly previous?: string | undefined;
  readonly mlDsa?: string | undefined;
}

/** Reads the keys of a log; throws if one of them is not what its place asks for. */
export function readLogSigners(origin: string, { key, previous, mlDsa }: LogKeyFiles): LogSigners {
  const logKey = createPrivateKey(key);
  const previousKey = previous === undefined ? undefined : createPrivateKey(previous);
  const postQuantum = mlDsa === undefined ? undefined : readMlDsaKey(origin, mlDsa);
  const cosigners = [
    ...(previousKey ? [ed25519Signer(origin, previousKey)] : []),
    ...(postQuantum ? [postQuantum.signer] : []),
  ];
  // The newest last: the order in which they are registered is the order in which they became valid.
  const keys = [...(previousKey ? [previousKey] : []), logKey].map((one) => published(origin, one));
  keys.push(published(sandboxLogId(origin), sandboxLogKey(logKey)));
  if (postQuantum) {
    const { cosigner, keyId, publicKeyPem } = postQuantum;
    const vkey = cosignerVkey(cosigner);
    keys.unshift({ keyId, purpose: 'log_mldsa', logId: origin, publicKey: publicKeyPem, vkey });
  }
  return { logKey, cosigners, keys };
}

function published(origin: string, key: KeyObject): NewKey {
  const verifier = { name: origin, publicKey: createPublicKey(key) };
  if (verifier.publicKey.asymmetricKeyType !== 'ed25519') throw new Error('a log signs with an Ed25519 key');
  return {
    keyId: noteKeyId(verifier).toString('base64'),
    purpose: 'log',
    logId: origin,
    publicKey: verifier.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    vkey: verifierKey(verifier),
  };
}
