import { parseReceipt } from '../../src/verifier/bundle.js';
import { exitCodeOf, showReport } from '../../src/verifier/ladder.js';
import { verifyReceipt } from '../../src/verifier/receipt.js';
import { parseTrust } from '../../src/verifier/trust.js';

/** Checks a share document with the verifier that anyone can run; throws with the ladder if a rung does not hold. */
export function verifyShare(share: unknown, trust: unknown): { index: number; treeSize: number } {
  const receipt = parseReceipt(share);
  const report = verifyReceipt(receipt, parseTrust(JSON.stringify(trust)));
  if (exitCodeOf(report) !== 0) throw new Error(`Verification failed.\n${showReport(report)}`);
  const { index, treeSize } = receipt.bundle.entry;
  return { index, treeSize };
}
