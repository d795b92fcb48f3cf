import type { RefusalCode } from '../kernel/refusals.js';

export const decisions = ['approved', 'rejected', 'escalated', 'abstained'] as const;
export type Decision = (typeof decisions)[number];
export interface Quorum {
  readonly required_approvals: number;
  readonly forbid_submitter: boolean;
  readonly forbid_grader: boolean;
  /** True when left out. */
  readonly forbid_sole_grader?: boolean | undefined;
}
export interface DecisionCase {
  readonly decision: Decision;
  readonly verdict: 'cleared' | 'conditional' | 'grounded';
  readonly state: 'audited' | 'escalated';
  readonly quorum: Quorum;
  readonly approver: { readonly id: string; readonly isOwner: boolean };
  readonly submitterId: string;
  readonly graderIds: readonly string[];
  /** Whom an escalation named; null when it named nobody. */
  readonly escalatedTo: string | null;
  /** Live approvals of others on the same verdict. */
  readonly earlierApprovals: number;
}
export type DecisionOutcome =
  | { readonly ok: true; readonly next: 'audited' | 'approved' | 'rejected' | 'escalated' }
  | { readonly ok: false; readonly because: RefusalCode; readonly message: string };

const no = (because: RefusalCode, message: string): DecisionOutcome => ({ ok: false, because, message });

/** Whether a person may decide so on a run, and where it leads. Approval is impossible on a grounded verdict. */
export function decide(given: DecisionCase): DecisionOutcome {
  const { decision, quorum, approver } = given;
  if (quorum.forbid_submitter && approver.id === given.submitterId) {
    return no('separation_of_duties', 'You submitted this run, so another person decides on it.');
  }
  if (quorum.forbid_grader && given.graderIds.includes(approver.id)) {
    return no('separation_of_duties', 'You graded this run, so another person decides on it.');
  }
  if (decision === 'approved' && isSoleGrader(quorum, given.graderIds, approver.id)) {
    return no('separation_of_duties', 'You alone graded this run, so another person approves it.');
  }
  if (given.state === 'escalated' && !approver.isOwner && approver.id !== given.escalatedTo) {
    return no('separation_of_duties', 'This run was escalated: an owner or the person named decides.');
  }
  if (decision === 'abstained') return { ok: true, next: given.state };
  if (decision === 'rejected') return { ok: true, next: 'rejected' };
  if (decision === 'escalated') return { ok: true, next: 'escalated' };
  if (given.verdict === 'grounded') return no('grounded', 'The audit grounded this run, so it cannot be approved.');
  if (given.state === 'escalated') return { ok: true, next: 'approved' };
  return { ok: true, next: given.earlierApprovals + 1 >= quorum.required_approvals ? 'approved' : 'audited' };
}

/** Whether a person graded all that people graded, where that keeps them from approving. */
export const isSoleGrader = (
  { forbid_sole_grader = true }: Pick<Quorum, 'forbid_sole_grader'>,
  graderIds: readonly string[],
  personId: string,
): boolean => forbid_sole_grader && graderIds.length > 0 && graderIds.every((id) => id === personId);

export interface Standing {
  readonly approverId: string;
  readonly decision: Decision;
}

/** Where a run stands once a decision is taken back: an escalation of somebody else still holds, the rest is asked again. */
export const afterWithdrawal = (remaining: readonly Standing[]): 'audited' | 'escalated' =>
  remaining.some(({ decision }) => decision === 'escalated') ? 'escalated' : 'audited';

/** How many distinct people who may still approve have approved. */
export const approvalsOf = (standing: readonly Standing[], approvers: readonly string[]): number =>
  new Set(
    standing
      .filter(({ decision, approverId }) => decision === 'approved' && approvers.includes(approverId))
      .map(({ approverId }) => approverId),
  ).size;
