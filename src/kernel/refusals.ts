/** One row of the refusal table: RFC 9457 status and title, and the sentence that cures it. */
interface RefusalRow {
  readonly status: number;
  readonly title: string;
  readonly fix: string;
}

const row = (status: number, title: string, fix: string): RefusalRow => ({ status, title, fix });

/** Every refusal the API can answer with. Codes are stable: they are never renamed and never reused. */
export const refusals = {
  malformed_json: row(400, 'Malformed JSON', 'Send one JSON value in UTF-8 with unique keys and finite numbers.'),
  invalid_request: row(400, 'Invalid request', 'Correct the fields named in errors; unknown fields are refused.'),
  invalid_signature: row(400, 'Signature not accepted', 'Send the bytes as Stripe signed them, within five minutes.'),
  invalid_upload: row(400, 'Invalid upload', 'Send the fields first, then exactly one complete file part.'),
  empty_file: row(400, 'Empty file', 'Send a file of at least one byte.'),
  unauthenticated: row(401, 'Not signed in', 'Send Authorization: Bearer with a token from POST /auth/verify.'),
  invalid_token: row(401, 'Invalid token', 'Sign in again to get a new one.'),
  membership_required: row(402, 'A membership is required', 'See GET /membership for what is missing and how to pay.'),
  forbidden: row(403, 'Not allowed', 'Ask an owner of the organization for a role that allows it.'),
  own_runs_only: row(403, 'Own runs only', 'Ask an owner or an admin, or whoever opened the run.'),
  human_required: row(403, 'A person is required', 'Sign in as a person; keys never grade or approve.'),
  scope_missing: row(403, 'Scope missing', 'Use a key that has the scope, or ask an owner for one.'),
  wrong_credential: row(403, 'Wrong kind of credential', 'Use the kind of credential the operation documents.'),
  separation_of_duties: row(403, 'Separation of duties', 'Let another person do this step.'),
  not_found: row(404, 'Not found', 'Check the id; it must belong to your organization.'),
  method_not_allowed: row(405, 'Method not allowed', 'Use one of the methods in the Allow header.'),
  not_acceptable: row(406, 'Not acceptable', 'Ask for one of the media types the resource has.'),
  invalid_transition: row(409, 'Not in this state', 'See current_state and allowed for what is possible now.'),
  submission_missing: row(409, 'No submission yet', 'POST the submission first, then audit.'),
  not_audited: row(409, 'Not audited yet', 'Finish the audit and every open check before deciding.'),
  not_approved: row(409, 'Not approved yet', 'A second person must approve the run first.'),
  grounded: row(409, 'The verdict is grounded', 'Clear or waive the critical flags, then audit again.'),
  verdict_changed: row(409, 'The verdict changed', 'Read the run again and decide on the verdict it has now.'),
  auto_rule: row(409, 'Graded by the engine', 'Only human rules can be graded; change the inputs and audit again.'),
  audit_stale: row(409, 'The audit is stale', 'Audit the current attempt, then grade its checks.'),
  already_decided: row(409, 'Already decided', 'One person decides once per verdict.'),
  idempotency_mismatch: row(409, 'Idempotency-Key reused', 'Use a new Idempotency-Key for a different request.'),
  inactive_flight_sheet: row(409, 'Flight sheet not active', 'Choose an active version of the flight sheet.'),
  evidence_integrity: row(409, 'Evidence changed in storage', 'The stored bytes differ from the record; investigate.'),
  not_a_member_yet: row(409, 'No approved application', 'POST /membership/apply and wait for the approval first.'),
  already_member: row(409, 'Already a member', 'Manage the subscription with POST /membership/portal.'),
  cool_down: row(409, 'Applied too soon', 'Apply again after the date in the answer.'),
  no_subscription: row(409, 'Nothing to manage yet', 'Pay with POST /membership/checkout first.'),
  lease_lost: row(409, 'Lease lost', 'Stop this attempt at once; ask for the next cook.'),
  outcome_differs: row(
    409,
    'Another outcome was reported',
    'The first outcome of an attempt stands; report it unchanged.',
  ),
  model_withdrawn: row(409, 'Model withdrawn', 'Choose another model: GET /models/catalog.'),
  catalog_conflict: row(409, 'Published with other content', 'Give changed content a new version.'),
  four_eyes_required: row(
    409,
    'A second key must publish',
    'Publish with another internal key than the one that staged.',
  ),
  last_owner: row(409, 'The last owner', 'Make somebody else an owner first.'),
  name_taken: row(409, 'Name already taken', 'Choose another name.'),
  link_used: row(410, 'Link already used', 'Ask for a new link with POST /auth/request.'),
  link_expired: row(410, 'Link expired', 'Ask for a new link.'),
  share_gone: row(410, 'Share revoked or expired', 'Ask the issuer of the receipt for a new link.'),
  cook_over: row(410, 'The cook is over', 'Stop this attempt; current_state is how the cook ended.'),
  package_withdrawn: row(410, 'Package withdrawn', 'Choose another version or package: GET /datasets/catalog.'),
  grant_over: row(410, 'The grant is over', 'Ask for a new one: POST /datasets/catalog/{slug}/download.'),
  precondition_failed: row(412, 'The resource changed', 'Read it again and repeat with its current ETag.'),
  payload_too_large: row(413, 'Too large', 'Keep JSON under 1 MiB and uploads under 25 MiB.'),
  unsupported_media_type: row(415, 'Unsupported media type', 'Use the Content-Type the operation documents.'),
  log_gap: row(416, 'Gap in the log', 'Send the log again from expected_offset.'),
  hash_mismatch: row(
    422,
    'Digest mismatch',
    'The bytes received differ from the digest you declared; send them again.',
  ),
  no_grant: row(403, 'No grant for a dataset', 'Get a grant that allows training on it, then name it in the recipe.'),
  runner_refused: row(403, 'Runner not admitted', 'Ask the operator: this runner was revoked or quarantined.'),
  invalid_recipe: row(422, 'Recipe cannot be cooked', 'Correct what errors names; ?dry_run=true tells without asking.'),
  licence_forbids_training: row(422, 'Licence forbids training', 'Choose a dataset whose licence allows training.'),
  exceeds_runners: row(422, 'Larger than every runner', 'Ask for less memory, or for a kind of runner that has it.'),
  over_budget: row(422, 'Over its own budget', 'Raise max_cost_cents, or ask for less.'),
  artifact_unverified: row(422, 'Artifact not verified', 'Upload the bytes that were declared, then complete again.'),
  invalid_package: row(422, 'Package not accepted', 'Correct what errors names, then stage it again.'),
  use_not_licensed: row(
    422,
    'Licence forbids this use',
    'Ask for a use that the licence allows, or choose another package.',
  ),
  unknown_evidence: row(422, 'Unknown evidence', 'Cite evidence that was attached to this run.'),
  unknown_flight_sheet: row(422, 'Unknown flight sheet', 'Choose one of the library: GET /flight-sheets.'),
  lane_mismatch: row(422, 'Lane does not match', 'Use the lane of the flight sheet, or leave it out.'),
  captured_in_future: row(422, 'Captured in the future', 'Correct captured_at; five minutes of skew are allowed.'),
  invalid_webhook_url: row(
    422,
    'Address not accepted',
    'Give an https address at a public host, without user and password.',
  ),
  invalid_evidence: row(422, 'Invalid evidence', 'Correct the fields named in errors.'),
  schema_violation: row(422, 'Output violates the schema', 'Correct the output; this flight sheet refuses others.'),
  not_erasable: row(
    422,
    'Not erasable',
    'Name pointers that the receipt lists under redaction; the core always stays.',
  ),
  invalid_grade: row(422, 'Invalid grade', 'Answer with pass or flag, and a value within the declared range.'),
  killer_item: row(409, 'Never waived', 'Cure the finding; a killer item cannot be accepted.'),
  not_waivable: row(409, 'Nothing to waive', 'Only a flag can be accepted for a time.'),
  invalid_waiver: row(422, 'Invalid waiver', 'Give a reason of at least ten characters and an end within 90 days.'),
  step_up_required: row(401, 'Sign in again', 'Deciding needs a sign-in younger than twelve hours.'),
  invalid_flight_sheet: row(422, 'Flight sheet refused', 'Correct every fault named in errors, then send it again.'),
  sheet_version_exists: row(409, 'Version already published', 'Give the changed sheet a new version.'),
  sheet_state: row(409, 'Not from this state', 'A sheet goes draft, active, deprecated, retired; never back.'),
  unknown_model: row(422, 'Unknown model', 'Choose one of GET /stack-planner/options, or send its architecture.'),
  unknown_gpu: row(422, 'Unknown accelerator', 'Choose one of GET /stack-planner/options.'),
  unknown_quantization: row(422, 'Unknown quantization', 'Choose one of GET /stack-planner/options.'),
  invalid_architecture: row(422, 'Impossible architecture', 'Correct the fields named in errors.'),
  incident_open: row(423, 'Frozen by an incident', 'Resolve the critical incident that errors names, then repeat.'),
  precondition_required: row(428, 'If-Match required', 'Send the ETag you read in If-Match.'),
  incident_unresolved: row(409, 'Incident not resolved', 'Resolve every incident of the agent first, and name one.'),
  second_person: row(
    403,
    'A second person is required',
    'Let an owner or admin do it who did not resolve the incident.',
  ),
  root_cause_required: row(422, 'A root cause is required', 'Set root_cause before closing a severe incident.'),
  times_not_monotonic: row(422, 'Times out of order', 'Give times in the order of events, none of them in the future.'),
  profile_retired: row(410, 'Agent profile retired', 'Use another profile; a retired one takes no signals.'),
  unknown_signal: row(422, 'Unknown signal', 'Send one of heartbeat, start, success, fail, log, anomaly, alive.'),
  invalid_schedule: row(422, 'Invalid schedule', 'Correct the cron expression, the time zone or the working hours.'),
  note_required: row(422, 'A note is required', 'Say why in note.'),
  unknown_person: row(422, 'Unknown person', 'Name a member of the organization who may approve.'),
  licence_acceptance_required: row(
    428,
    'Licence not accepted',
    'Read the licence and send its text_sha256 as accept_licence_sha256.',
  ),
  quota_exceeded: row(429, 'Quota used up', 'Wait for Retry-After seconds; quota has the counters.'),
  rate_limited: row(429, 'Too many requests', 'Wait for Retry-After seconds.'),
  too_many_in_flight: row(429, 'Too many commands in flight', 'Wait for the earlier commands on this run.'),
  unavailable: row(503, 'Temporarily unavailable', 'Repeat with the same Idempotency-Key after Retry-After.'),
  billing_unavailable: row(503, 'Billing is not available', 'Repeat later; an operator sees the cause in the log.'),
  ledger_paused: row(503, 'Minting is paused', 'The ledger is being checked; repeat later.'),
  internal_error: row(500, 'Internal error', 'Repeat later; quote request_id if it persists.'),
} as const satisfies Record<string, RefusalRow>;

export type RefusalCode = keyof typeof refusals;

/** Narrows a string from outside (a workflow failure type, a path) to a code of the table. */
export function isRefusalCode(value: unknown): value is RefusalCode {
  return typeof value === 'string' && Object.hasOwn(refusals, value);
}

/** One fault inside a refused request: RFC 6901 pointer, stable code, sentence. */
export interface Fault {
  readonly path: string;
  readonly code: string;
  readonly message: string;
}

/** What a refusal may carry besides its sentence; every member is plain data that may cross Temporal. */
export interface RefusalDetails {
  readonly current_state?: string;
  readonly allowed?: readonly string[];
  readonly errors?: readonly Fault[];
  readonly retry_after?: number;
  /** Where a log goes on, after a gap. */
  readonly expected_offset?: number;
  /** What a runner is to do besides; a refused report must not hide a cancellation. */
  readonly directive?: string;
  /** The counters of a quota that is used up. */
  readonly quota?: { readonly limit: number; readonly used: number; readonly resets_at: string; readonly of: string };
}

/** An expected answer to a bad request. Anything else that is thrown is a bug or an outage. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: RefusalCode;
  readonly details: RefusalDetails;

  constructor(code: RefusalCode, message: string, details: RefusalDetails = {}, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.details = details;
  }
}
