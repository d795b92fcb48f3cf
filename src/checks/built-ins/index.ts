import { sheetDigest } from '../../flight-sheets/digest.js';
import { flag, listed, pass } from '../finding.js';
import { plain, type BuiltIn, type BuiltIns } from './built-in.js';
import { closingRules, isClosing } from './closing.js';
import { computeRules } from './compute.js';
import { cookRules } from './cook.js';
import { evidenceRules } from './evidence.js';
import { mathRules } from './math.js';
import { policyRules } from './policy.js';
import { processRules } from './process.js';
import { provenanceRules } from './provenance.js';
import { safetyRules } from './safety.js';
import { submissionRules } from './submission.js';

/** The key under which a rule brings its own expression. */
export const EXPRESSION_RULE = 'POL-001';

const integrity: BuiltIns = {
  'INT-001': plain(({ sheet, sheet_digest }) => {
    const derived = sheetDigest(sheet);
    if (derived !== sheet_digest)
      return flag('The frozen copy is not the sheet the run was opened on.', derived, sheet_digest, {
        pointers: ['/sheet'],
      });
    const unknown = sheet.rules.flatMap((rule) => (rule.kind === 'human' || isKnown(rule.check) ? [] : [rule.check]));
    if (unknown.length === 0) return pass('The frozen copy has its digest, and the engine knows every key.', derived);
    return flag(`The engine does not know ${listed(unknown)}.`, listed(unknown), 'known keys', {
      pointers: ['/sheet/rules'],
    });
  }),
};

/** The built-in rules by key. A key is stable and never reused. */
const builtIns: BuiltIns = {
  ...evidenceRules,
  ...submissionRules,
  ...mathRules,
  ...policyRules,
  ...provenanceRules,
  ...safetyRules,
  ...processRules,
  ...integrity,
  ...computeRules,
  ...cookRules,
};

export const findBuiltIn = (key: string): BuiltIn | undefined =>
  Object.hasOwn(builtIns, key) ? builtIns[key] : undefined;

/** Whether the engine can evaluate a rule with this key. */
export const isKnown = (key: string): boolean =>
  key === EXPRESSION_RULE || isClosing(key) || findBuiltIn(key) !== undefined;

/** Every key of the engine, in order. */
export const builtInKeys: readonly string[] = [
  ...new Set([...Object.keys(builtIns), ...Object.keys(closingRules), EXPRESSION_RULE]),
].sort();

/** What is wrong with the parameters of a rule, each as pointer below params and sentence. */
export function paramFaults(
  key: string,
  params: unknown,
): readonly { readonly path: string; readonly message: string }[] {
  const schema = findBuiltIn(key)?.params ?? (isClosing(key) ? closingRules[key]?.params : undefined);
  const checked = schema?.safeParse(params ?? {});
  if (!checked || checked.success) return [];
  return checked.error.issues.map(({ path, message }) => ({
    path: path.map((one) => `/${String(one)}`).join(''),
    message,
  }));
}
