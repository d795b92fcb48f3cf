import { z } from 'zod';
import { applicationStates } from '../membership/rules.js';
import { pageQuery } from '../http/paging.js';

/** What an organization tells when it applies. */
export const applyBody = z.strictObject({
  use_case: z.string().trim().min(1).max(4000).meta({ description: 'What the membership is for.' }),
  website: z
    .url({ protocol: /^https?$/ })
    .max(500)
    .optional(),
  runs_per_month: z.int().min(0).max(100_000_000).optional(),
});
export type Answers = z.output<typeof applyBody>;
export const applyPayload = applyBody.extend({ application_id: z.string(), slug: z.string() });

export const slugPattern = /^[a-z0-9][a-z0-9-]{0,79}$/;
export const slugParams = z.strictObject({ slug: z.string().regex(slugPattern) });
export const noteBody = z.strictObject({ note: z.string().trim().max(2000).optional() }).optional();
export const decideBody = z.strictObject({
  slug: z.string().regex(slugPattern),
  decision: z.enum(['approved', 'rejected']).default('approved'),
  note: z.string().trim().max(2000).optional(),
});
export const decidePayload = z.strictObject({
  application_id: z.string(),
  decided_by: z.string(),
  note: z.string().nullable(),
});

export const applicationView = z
  .strictObject({
    id: z.string(),
    slug: z.string(),
    state: z.enum(applicationStates),
    submitted_at: z.iso.datetime(),
    decided_at: z.iso.datetime().nullable(),
    note: z.string().nullable(),
  })
  .meta({ id: 'Application' });

/** The same with what a platform admin decides on. */
export const deskApplicationView = applicationView
  .extend({
    organization: z.strictObject({ id: z.string(), name: z.string() }),
    answers: applyBody,
    decided_by: z.string().nullable(),
  })
  .meta({ id: 'DeskApplication' });
export const deskQuery = z.strictObject({
  ...pageQuery,
  state: z.enum(applicationStates).optional(),
  organization: z.string().max(40).optional(),
});
export const deskView = z
  .strictObject({ data: z.array(deskApplicationView), next_cursor: z.string().nullable() })
  .meta({ id: 'DeskApplications' });
