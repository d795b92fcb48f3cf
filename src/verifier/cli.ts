import { createHash, type KeyObject } from 'node:crypto';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { NoteFault } from '../ledger/note.js';
import { parsePolicy, type WitnessPolicy } from '../ledger/policy.js';
import { readPublicKey } from '../receipts/approval-signature.js';
import { parseReceipt } from './bundle.js';
import { verifyBundleCommand } from './conformance.js';
import { errorCode, exitCodes, VerifierFault } from './fault.js';
import { exitCodeOf, showReport } from './ladder.js';
import { fsckCommand, mirrorCommand, monitorCommand } from './log-commands.js';
import { readAttachment } from './pdf.js';
import { readJson } from './read.js';
import { verifyReceipt } from './receipt.js';
import { requirePlace } from './source.js';
import { readTrust } from './trust-files.js';

export interface Terminal {
  out(text: string): void;
  error(text: string): void;
}

const USAGE = `Usage: defendable verify <bundle.json | share.json | receipt.pdf | URL> [--trust FILE]... [--evidence FILE]...
                         [--expect KEY=VALUE]... [--annotation FILE]... [--policy FILE] [--approver FILE]... [--json]
       defendable ledger fsck <URL | DIR> --trust FILE...
       defendable ledger monitor <URL | DIR> --state FILE --trust FILE...
       defendable ledger mirror <URL> <DIR> --trust FILE...
       defendable plan --help

--trust takes a trusted_root.json, the answer of GET /ledger/keys, a verifier key, or a public key in PEM.
--approver takes the public key, in PEM, of a person whose signed approval you ask for; every approval must be by one.
Exit codes: 0 everything asked was proven, 1 something is false, 2 it could not be read, 3 trust is missing, 4 no access.
`;

/** Runs one command line; returns its exit code. */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const [command, second] = args;
    if (command === 'verify') return await verifyCommand(args.slice(1), terminal);
    if (command === 'verify-bundle') return await verifyBundleCommand(args.slice(1), terminal);
    if (command === 'ledger' && second === 'fsck') return await fsckCommand(args.slice(2), terminal);
    if (command === 'ledger' && second === 'monitor') return await monitorCommand(args.slice(2), terminal);
    if (command === 'ledger' && second === 'mirror') return await mirrorCommand(args.slice(2), terminal);
    terminal.error(USAGE);
    return command === '--help' || command === 'help' ? exitCodes.ok : exitCodes.malformed;
  } catch (error) {
    if (error instanceof VerifierFault) {
      terminal.error(`${error.kind}: ${error.message}\n`);
      return exitCodes[error.kind];
    }
    if (errorCode(error).startsWith('ERR_PARSE_ARGS')) {
      terminal.error(`${String(error)}\n\n${USAGE}`);
      return exitCodes.malformed;
    }
    throw error;
  }
}

async function verifyCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      trust: { type: 'string', multiple: true, default: [] },
      evidence: { type: 'string', multiple: true, default: [] },
      expect: { type: 'string', multiple: true, default: [] },
      annotation: { type: 'string', multiple: true, default: [] },
      policy: { type: 'string' },
      approver: { type: 'string', multiple: true, default: [] },
      json: { type: 'boolean', default: false },
    },
  });
  const [place, ...rest] = positionals;
  if (place === undefined || rest.length > 0) throw new VerifierFault('malformed', 'name one receipt to verify');
  const trust = await readTrust(values.trust);
  const evidence = new Map<string, string>();
  for (const file of values.evidence)
    evidence.set(
      basename(file),
      createHash('sha256')
        .update(await requirePlace(file))
        .digest('hex'),
    );
  const expect = values.expect.map((item): readonly [string, string] => {
    const cut = item.indexOf('=');
    if (cut < 1) throw new VerifierFault('malformed', `--expect wants KEY=VALUE, not ${item}`);
    return [item.slice(0, cut), item.slice(cut + 1)];
  });
  const annotations = [];
  for (const file of values.annotation) annotations.push((await readReceipt(file)).bundle);
  const report = verifyReceipt(await readReceipt(place), trust, {
    evidence,
    expect,
    approvers: await readApprovers(values.approver),
    annotations,
    ...(values.policy === undefined ? {} : { policy: await readPolicy(values.policy) }),
  });
  const exitCode = exitCodeOf(report);
  terminal.out(
    values.json ? `${JSON.stringify({ ok: exitCode === 0, exitCode, ...report }, null, 2)}\n` : showReport(report),
  );
  return exitCode;
}

async function readApprovers(places: readonly string[]): Promise<readonly KeyObject[]> {
  const keys: KeyObject[] = [];
  for (const place of places) {
    const key = readPublicKey((await requirePlace(place)).toString('utf8'));
    if (!key) throw new VerifierFault('malformed', `${place} is no public key in PEM`);
    keys.push(key);
  }
  return keys;
}

async function readPolicy(place: string): Promise<WitnessPolicy> {
  const text = (await requirePlace(place)).toString('utf8');
  try {
    return parsePolicy(text);
  } catch (cause) {
    if (!(cause instanceof NoteFault)) throw cause;
    throw new VerifierFault('malformed', cause.message, { cause });
  }
}

async function readReceipt(place: string): Promise<ReturnType<typeof parseReceipt>> {
  const bytes = await requirePlace(place, 'application/json');
  const text = bytes.subarray(0, 5).toString('latin1') === '%PDF-' ? readAttachment(bytes) : bytes.toString('utf8');
  return parseReceipt(readJson(text, 'the receipt'));
}
