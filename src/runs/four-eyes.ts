import type { FourEyes } from '../flight-sheets/schema.js';

/** A run may ask for more eyes than its sheet, never for fewer. */
export function mergeFourEyes(sheet: FourEyes, asked: FourEyes | undefined): FourEyes {
  if (!asked) return sheet;
  return {
    required_approvals: Math.max(sheet.required_approvals, asked.required_approvals),
    forbid_submitter: sheet.forbid_submitter || asked.forbid_submitter,
    forbid_grader: sheet.forbid_grader || asked.forbid_grader,
    forbid_sole_grader: (sheet.forbid_sole_grader ?? true) || (asked.forbid_sole_grader ?? false),
  };
}
