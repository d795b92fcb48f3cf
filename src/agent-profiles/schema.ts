import { z } from 'zod';
import { lanes } from '../flight-sheets/schema.js';
import { pageQuery } from '../http/paging.js';
import { idPattern } from '../kernel/ids.js';
import { profileStates } from './rules.js';

export const profileId = z.string().regex(idPattern('agentProfile'));
export const profileParams = z.strictObject({ profile_id: profileId });

const text = (max: number) => z.string().trim().min(1).max(max);
const risks = ['low', 'medium', 'high', 'critical'] as const;
const autonomyLevels = ['suggest', 'human_approves_each', 'human_on_loop', 'autonomous_in_policy'] as const;

/** Everything about an agent that a receipt may rest on; a change of any of it is a new snapshot. */
export const snapshotSchema = z.strictObject({
  name: text(120),
  version: text(60),
  harness: z.strictObject({ name: text(120), version: text(60) }).optional(),
  model: z.strictObject({ name: text(200), revision: text(120).optional() }).optional(),
  provider: text(120).optional(),
  served_by: text(200).optional(),
  runtime: z
    .strictObject({
      host_class: text(120).optional(),
      os: text(120).optional(),
      gpu: text(120).optional(),
      vram_gb: z.number().min(0).max(100_000).optional(),
    })
    .optional(),
  tools: z
    .array(z.strictObject({ name: text(200), scope: text(200).default('*'), risk: z.enum(risks).default('low') }))
    .max(500)
    .default([]),
  autonomy: z.enum(autonomyLevels).default('suggest'),
  context_window: z.int().min(1).max(1_000_000_000).optional(),
  capability_tier: text(60).optional(),
  system_prompt_sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  owner: text(200).optional(),
  contacts: z.array(text(200)).max(20).default([]),
  allowed_lanes: z.array(z.enum(lanes)).max(lanes.length).default([]),
  risk_tier: z.enum(risks).default('low'),
});
export type Snapshot = z.output<typeof snapshotSchema>;

export const profileBody = snapshotSchema.extend({ state: z.enum(['draft', 'active']).default('draft') });
/** A field that is null is taken out; one that is left out stays. */
export const profilePatch = z.strictObject({
  ...Object.fromEntries(Object.keys(snapshotSchema.shape).map((name) => [name, z.unknown().optional()])),
  state: z.enum(profileStates).optional(),
});
export type ProfilePatch = Readonly<Record<string, unknown>>;
export const unlockBody = z.strictObject({ incident_id: z.string().regex(idPattern('incident')), note: text(2000) });

export const profilesQuery = z.strictObject({
  ...pageQuery,
  state: z.enum(profileStates).optional(),
  model: text(200).optional(),
  tool: text(200).optional(),
  risk: z.enum(risks).optional(),
});

export const profileView = z
  .strictObject({
    id: z.string(),
    state: z.enum(profileStates),
    revision: z.int().meta({ description: 'Counts every change; the ETag.' }),
    snapshot: z.strictObject({ version: z.int(), digest: z.string() }),
    ...snapshotSchema.shape,
    earned_lanes: z.array(z.string()),
    open_incidents: z.array(z.string()),
    created_by: z.string(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'AgentProfile' });
export const profilesView = z.strictObject({ data: z.array(profileView), next_cursor: z.string().nullable() });
export const snapshotsView = z.strictObject({
  data: z.array(
    z.strictObject({
      version: z.int(),
      digest: z.string(),
      snapshot: snapshotSchema,
      created_by: z.string(),
      created_at: z.iso.datetime(),
    }),
  ),
});
