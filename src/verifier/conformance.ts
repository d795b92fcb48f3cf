import { createHash, timingSafeEqual } from 'node:crypto';
import { parseArgs } from 'node:util';
import { preAuthEncoding } from '../ledger/entry.js';
import { parseBundle } from './bundle.js';
import type { Terminal } from './cli.js';
import { exitCodes, VerifierFault } from './fault.js';
import { readJson } from './read.js';
import { verifyBundle } from './signed.js';
import { readPlace, requirePlace } from './source.js';
import { parseStatement } from './statement.js';
import { readTrust } from './trust-files.js';

/**
 * The sigstore-conformance command protocol, for bundles of a managed key: verify-bundle --bundle FILE --key PEM
 * --trusted-root FILE FILE_OR_DIGEST. Certificates are another trust model and are refused by name.
 */
export async function verifyBundleCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      bundle: text,
      key: text,
      'trusted-root': text,
      'certificate-identity': text,
      'certificate-oidc-issuer': text,
      staging: { type: 'boolean' },
    },
  });
  const { bundle: file, key, 'trusted-root': root } = values;
  if (values['certificate-identity'] !== undefined || key === undefined)
    throw new VerifierFault('untrusted', 'only bundles of a managed key are verified: --key PEM');
  const [artifact] = positionals;
  if (file === undefined || root === undefined || artifact === undefined)
    throw new VerifierFault('malformed', 'verify-bundle needs --bundle, --key, --trusted-root and an artifact');
  const bundle = parseBundle(readJson((await requirePlace(file)).toString('utf8'), 'the bundle'));
  const { bytes, digest } = await readArtifact(artifact);
  const trust = await readTrust([root, key]);
  const { signed } = bundle;
  if (signed.form === 'message' && !bytes) throw new VerifierFault('malformed', 'a message signature needs its file');
  const signedBytes =
    signed.form === 'dsse' ? preAuthEncoding(signed.payloadType, signed.payload) : (bytes ?? Buffer.alloc(0));
  const failed = verifyBundle(bundle, signedBytes, trust).find(({ state }) => state !== 'proven');
  if (failed) throw new VerifierFault('invalid', `${failed.name}: ${failed.detail}`);
  const about =
    signed.form === 'message'
      ? timingSafeEqual(signed.digest, digest)
      : parseStatement(signed.payload).subjects.includes(digest.toString('hex'));
  if (!about) throw new VerifierFault('invalid', 'the bundle is not about this artifact');
  terminal.out('Verified.\n');
  return exitCodes.ok;
}

async function readArtifact(given: string): Promise<{ readonly bytes: Buffer | undefined; readonly digest: Buffer }> {
  const bytes = await readPlace(given);
  if (bytes) return { bytes, digest: createHash('sha256').update(bytes).digest() };
  const hex = /^sha256:([0-9a-f]{64})$/.exec(given)?.[1];
  if (hex === undefined) throw new VerifierFault('io', `${given} is not there`);
  return { bytes: undefined, digest: Buffer.from(hex, 'hex') };
}
