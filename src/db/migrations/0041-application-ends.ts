/** Applications that their organization withdrew, and those that waited too long. */
export const applicationEnds = `
ALTER TABLE applications DROP CONSTRAINT applications_state_check,
  ADD CONSTRAINT applications_state_check
  CHECK (state IN ('submitted', 'approved', 'rejected', 'withdrawn', 'expired'));
ALTER TABLE paid_memberships DROP CONSTRAINT paid_memberships_decision_check,
  ADD CONSTRAINT paid_memberships_decision_check
  CHECK (decision IN ('none', 'submitted', 'approved', 'rejected', 'withdrawn', 'expired'));
`;
