import { z } from 'zod';
import { committed, defineKind, frame, PREDICATE_BASE, sha256, time } from './kind.js';

export interface IncidentReceiptFacts {
  /** Interim at any time, one final after the incident is closed. */
  readonly stage: 'interim' | 'final';
  readonly incidentId: string;
  readonly kind: string;
  readonly severity: 'sev1' | 'sev2' | 'sev3' | 'sev4';
  readonly source: string;
  readonly state: string;
  readonly occurredAt: string | null;
  readonly detectedAt: string;
  readonly closedAt: string | null;
  readonly response: string;
  readonly reportable: {
    readonly article73: boolean;
    readonly class: string | null;
    readonly deadlineAt: string | null;
  };
  readonly harm: { readonly type: string; readonly realised: boolean } | null;
  /** SHA-256 over the canonical timeline, and how many entries it has. */
  readonly timeline: { readonly sha256: string; readonly entries: number };
  readonly title: string;
  readonly rootCause: string | null;
  readonly actions: readonly string[];
  readonly agentProfile: string | null;
  readonly runs: readonly string[];
}

/** The receipt of an incident: what was known, when, and what was done about it. */
export const incidentKind = defineKind<IncidentReceiptFacts>({
  kind: 'incident',
  predicateType: `${PREDICATE_BASE}/incident/v1`,
  schemaVersion: '1.0.0',
  notChecked: [
    'That every incident was recorded; only that this one was, with these times.',
    'That the root cause is the true one; it is what the organization states.',
  ],
  schema: z.object({
    ...frame,
    stage: z.enum(['interim', 'final']),
    incident: z.object({
      kind: z.string(),
      severity: z.enum(['sev1', 'sev2', 'sev3', 'sev4']),
      source: z.string(),
      state: z.string(),
      occurredAt: time.nullable(),
      detectedAt: time,
      closedAt: time.nullable(),
      response: z.string(),
      ...committed,
    }),
    reportable: z.object({ article73: z.boolean(), class: z.string().nullable(), deadlineAt: time.nullable() }),
    harm: z.object({ type: z.string(), realised: z.boolean() }).nullable(),
    timeline: z.object({ sha256, entries: z.int().min(0) }),
  }),
  subjects: ({ timeline }) => [{ name: 'incident-timeline', digest: { sha256: timeline.sha256 } }],
  body: (facts, commitments) => {
    const { kind, severity, source, state, occurredAt, detectedAt, closedAt, response } = facts;
    const { incidentId: id, title, rootCause, actions, agentProfile, runs } = facts;
    return {
      stage: facts.stage,
      incident: {
        ...{ kind, severity, source, state, occurredAt, detectedAt, closedAt, response },
        ...commitments.commit('/incident', { id, title, rootCause, actions, agentProfile, runs }),
      },
      reportable: facts.reportable,
      harm: facts.harm,
      timeline: facts.timeline,
    };
  },
});
