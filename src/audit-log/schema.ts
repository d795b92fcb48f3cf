import { z } from 'zod';
import { pageQuery } from '../http/paging.js';

const filters = {
  actor: z.string().max(60).optional().meta({ description: 'Id of a person or of an API key.' }),
  action: z.string().max(60).optional(),
  target: z.string().max(60).optional(),
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
};
export const eventsQuery = z.strictObject({ ...pageQuery, ...filters });
export const exportQuery = z.strictObject({ ...filters, format: z.enum(['csv', 'jsonl']).default('jsonl') });
export const eventView = z
  .strictObject({
    id: z.string(),
    at: z.iso.datetime(),
    actor: z.strictObject({ kind: z.enum(['person', 'key', 'system']), id: z.string(), key_id: z.string().nullable() }),
    action: z.string(),
    target: z.string(),
    before_digest: z.string().nullable(),
    after_digest: z.string().nullable(),
    request_id: z.string(),
    network: z.string().nullable(),
  })
  .meta({ id: 'AuditEvent' });
export const eventsView = z.strictObject({ data: z.array(eventView), next_cursor: z.string().nullable() });
