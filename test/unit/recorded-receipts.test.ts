import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { z } from 'zod';
import { publishedSchemas } from '../../src/receipts/kinds/all.js';
import { runKind } from '../../src/receipts/kinds/run.js';
import { parseReceipt } from '../../src/verifier/bundle.js';
import { exitCodeOf } from '../../src/verifier/ladder.js';
import { verifyReceipt } from '../../src/verifier/receipt.js';
import { parseStatement } from '../../src/verifier/statement.js';
import { parseTrust } from '../../src/verifier/trust.js';

/** Receipts as they were minted, by schema version. One is added with each version; none is ever recorded again. */
const folder = join(import.meta.dirname, 'recorded-receipts');
const recorded = z.object({ share: z.unknown(), trusted_root: z.unknown() });
const names = readdirSync(folder).sort();

const ajv = new Ajv2020({ strict: true, strictTypes: false });
formats.default(ajv);

test.each(names)('%s still verifies, and still is what its published schema says', (name) => {
  const { share, trusted_root } = recorded.parse(JSON.parse(readFileSync(join(folder, name), 'utf8')));
  const receipt = parseReceipt(share);
  const report = verifyReceipt(receipt, parseTrust(JSON.stringify(trusted_root)));
  expect(report.rungs.filter(({ state }) => state !== 'proven')).toEqual([]);
  expect(exitCodeOf(report)).toBe(0);
  if (receipt.bundle.signed.form !== 'dsse') throw new Error('a receipt is a DSSE envelope');
  const { predicate, predicateType } = parseStatement(receipt.bundle.signed.payload);
  expect(`run-${String(predicate['schemaVersion'])}.json`).toBe(name);
  const schema = publishedSchemas.get(predicateType.replace('https://defendablecloud.com/receipt/', ''));
  const check = ajv.compile(schema ?? false);
  check(predicate);
  expect(check.errors ?? []).toEqual([]);
});

test('the present version of a run is among them', () => {
  expect(names).toContain(`run-${runKind.schemaVersion}.json`);
});
