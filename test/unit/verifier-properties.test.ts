import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { openCheckpoint, NoteFault } from '../../src/ledger/note.js';
import { parseReceipt } from '../../src/verifier/bundle.js';
import { VerifierFault } from '../../src/verifier/fault.js';
import { exitCodeOf } from '../../src/verifier/ladder.js';
import { splitBundle } from '../../src/verifier/log.js';
import { readJson } from '../../src/verifier/read.js';
import { verifyReceipt } from '../../src/verifier/receipt.js';
import { parseTrust } from '../../src/verifier/trust.js';
import { sealReceipt } from '../rig/sealed-receipt.js';

const FIELDS = 10;
const sealed = sealReceipt({ fields: FIELDS });
const trust = parseTrust(sealed.trustedRoot);
const all = sealed.disclosures.map(({ disclosure }) => disclosure);
const text = JSON.stringify(sealed.bundle);

const shape = z.looseObject({
  dsseEnvelope: z.looseObject({ payload: z.string(), signatures: z.tuple([z.looseObject({ sig: z.string() })]) }),
});
const parts = (given: string): z.output<typeof shape> => shape.parse(JSON.parse(given));

/** The exit code that a text is answered with; any error but a named one fails the test. */
function answer(given: string, disclosures: readonly string[] = []): number {
  try {
    const { bundle } = parseReceipt(readJson(given, 'the receipt'));
    return exitCodeOf(verifyReceipt({ bundle, disclosures, shown: undefined, annotations: [] }, trust));
  } catch (error) {
    if (error instanceof VerifierFault) return 2;
    throw error;
  }
}

test('10,000 random choices of what to disclose all verify, and show exactly what was chosen', () => {
  const parsed = parseReceipt(JSON.parse(text));
  fc.assert(
    fc.property(fc.subarray(all), (chosen) => {
      const report = verifyReceipt({ ...parsed, disclosures: chosen }, trust);
      const shown = JSON.stringify(report.receipt);
      const visible = sealed.disclosures.filter(({ pointer }) =>
        shown.includes(`"${pointer.split('/').at(-1) ?? ''}":`),
      );
      return exitCodeOf(report) === 0 && visible.map(({ disclosure }) => disclosure).join() === chosen.join();
    }),
    { numRuns: 10_000 },
  );
});

test('any change of a byte of what was signed or logged is found', () => {
  const { dsseEnvelope } = parts(text);
  const payload = Buffer.from(dsseEnvelope.payload, 'base64');
  const signature = Buffer.from(dsseEnvelope.signatures[0].sig, 'base64');
  fc.assert(
    fc.property(fc.nat(payload.length + signature.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
      const bytes = Buffer.concat([payload, signature]);
      bytes[at] = (bytes[at] ?? 0) ^ mask;
      const forged = {
        ...parts(text),
        dsseEnvelope: {
          ...dsseEnvelope,
          payload: bytes.subarray(0, payload.length).toString('base64'),
          signatures: [{ sig: bytes.subarray(payload.length).toString('base64') }],
        },
      };
      expect(answer(JSON.stringify(forged))).not.toBe(0);
    }),
    { numRuns: 1_000 },
  );
});

test('a receipt with any character changed never verifies as another, and never crashes a reader', () => {
  const original = parts(text).dsseEnvelope;
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.string({ minLength: 1, maxLength: 3 }), (at, put) => {
      const forged = text.slice(0, at) + put + text.slice(at + 1);
      if (answer(forged) === 0) expect(parts(forged).dsseEnvelope.payload).toBe(original.payload);
    }),
    { numRuns: 1_500 },
  );
});

test('no bundle, share, note, trust or entry bundle that is made up crashes its reader', () => {
  const named = (read: () => unknown): void => {
    try {
      read();
    } catch (error) {
      if (!(error instanceof VerifierFault) && !(error instanceof NoteFault)) throw error;
    }
  };
  const log = trust.logs[0];
  if (!log) throw new Error('no log');
  fc.assert(
    fc.property(
      fc.jsonValue(),
      fc.string(),
      fc.uint8Array({ maxLength: 64 }),
      fc.nat(3),
      (value, line, bytes, count) => {
        named(() => parseReceipt(value));
        named(() => parseReceipt({ bundle: value, disclosures: value }));
        named(() => parseReceipt({ ...parts(text), verificationMaterial: value }));
        named(() => parseTrust(JSON.stringify(value)));
        named(() => parseTrust(line));
        named(() => openCheckpoint(line, log));
        named(() => openCheckpoint(`${line}\n\n— ${line}\n`, log));
        named(() => splitBundle(Buffer.from(bytes), count));
        named(() => answer(text, [line, Buffer.from(JSON.stringify(value)).toString('base64url')]));
      },
    ),
    { numRuns: 1_000 },
  );
});
