import type { FlightSheet } from '../flight-sheets/schema.js';

/** Part of every audit: same inputs, clock and version give the same bytes. */
export const engineVersion = 'core/2.0.0';

/** Stands where the product does not keep a fact (yet): a rule says so instead of guessing. */
export const NOT_RECORDED = 'not_recorded';
export type Recorded<T> = T | typeof NOT_RECORDED;

export interface EngineEvidence {
  readonly id: string;
  readonly kind: string;
  readonly label: string;
  readonly filename: string | null;
  readonly media_type: string;
  /** What the first bytes say they are; null when they say nothing. */
  readonly sniffed_type: string | null;
  readonly sha256: string;
  readonly client_sha256: string | null;
  readonly state: string;
  /** Digest of the bytes as read from storage just now; null when the object is not there. */
  readonly observed_sha256: string | null;
  readonly captured_at: string | null;
  readonly stored_at: string;
  /** The bytes as UTF-8; null when they are none, or more than is read as text. */
  readonly text: string | null;
  /** Marks of macros, scripts and encryption found in the bytes. */
  readonly active_content: readonly string[];
}
export interface Claim {
  readonly text: string;
  readonly evidence_ids: readonly string[];
  readonly quote?: string | undefined;
  readonly quantities?: readonly Quantity[] | undefined;
}
export interface Quantity {
  readonly name: string;
  readonly value: number;
  readonly unit?: string | undefined;
}
export interface Calculation {
  readonly name: string;
  readonly expression: string;
  readonly inputs: Readonly<Record<string, number | readonly number[]>>;
  readonly claimed: number;
  readonly unit?: string | undefined;
  /** Unit of each input; where all are given, the dimension of the result is derived again. */
  readonly input_units?: Readonly<Record<string, string>> | undefined;
}
export interface EngineSubmission {
  readonly id: string;
  readonly attempt: number;
  readonly evidence_root: string;
  readonly submitted_at: string;
  readonly output: unknown;
  readonly claims: readonly Claim[];
  readonly calculations: readonly Calculation[];
  readonly missing_inputs: readonly string[];
  readonly assumptions: readonly string[];
  readonly agent: { readonly name: string; readonly version: string };
  readonly model: { readonly name: string; readonly provider?: string; readonly revision?: string } | null;
  readonly usage: { readonly tokens?: number; readonly cost_cents?: number; readonly latency_ms?: number } | null;
  /** Hash of the person who submitted, not the person. */
  readonly submitter: string;
}
export interface EngineIncident {
  readonly id: string;
  readonly severity: 'sev1' | 'sev2' | 'sev3' | 'sev4';
  readonly is_open: boolean;
}
export interface EngineAgentProfile {
  readonly id: string;
  readonly state: string;
  readonly autonomy: string;
  readonly allowed_lanes: readonly string[];
  readonly tools: readonly { readonly name: string; readonly scope: string }[];
}
export interface EnginePin {
  readonly slug: string;
  readonly revision: string;
  readonly card_sha256: string;
  readonly files: readonly string[];
  /** The catalog's own entry for that revision; null when it has none. */
  readonly catalog: {
    readonly card_sha256: string;
    readonly files: readonly string[];
    readonly withdrawn: boolean;
  } | null;
}
export interface EngineDataset {
  readonly id: string;
  readonly sha256: string;
  readonly use: 'training' | 'evaluation' | 'commercial' | 'redistribution';
  readonly grant: { readonly sha256: string; readonly state: string } | null;
  readonly licence: { readonly id: string; readonly forbids: readonly string[] };
  /** False when the training-data policy in force does not allow the licence. */
  readonly fits_policy: boolean;
  readonly sensitive_personal: 'yes' | 'no' | 'no_assertion';
}
/** A person's grades, without the person: what the closing rules look at. */
export interface EngineAnswer {
  readonly rule_id: string;
  readonly status: string;
  readonly killer: boolean;
  readonly has_value: boolean;
  readonly answered_at: string | null;
}

/** Everything a verdict depends on, frozen: plain JSON, no clock, no I/O. */
export interface EngineInputs {
  readonly engine_version: string;
  readonly clock: string;
  /** Digest the run recorded when it froze its copy. */
  readonly sheet_digest: string;
  readonly sheet: FlightSheet;
  readonly run: {
    readonly lane: string;
    readonly title: string;
    readonly attempt: number;
    readonly inputs: Readonly<Record<string, unknown>>;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly evidence: readonly EngineEvidence[];
  readonly evidence_root: string;
  readonly submission: EngineSubmission | null;
  /** Hashes of the people who may approve. */
  readonly approvers: readonly string[];
  readonly incidents: Recorded<readonly EngineIncident[]>;
  readonly agent_profile: Recorded<EngineAgentProfile | null>;
  readonly pin: Recorded<EnginePin | null>;
  readonly datasets: Recorded<readonly EngineDataset[]>;
  readonly ledger_segment: Recorded<{ readonly seq: number; readonly fault: string | null }>;
}
