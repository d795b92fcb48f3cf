import { z } from 'zod';

const month = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'must be YYYY-MM');
export const usageQuery = z.strictObject({ from: month.optional(), to: month.optional() });
export const usageView = z
  .strictObject({
    from: month,
    to: month,
    months: z.array(
      z.strictObject({
        month,
        runs: z.int(),
        evidence_bytes: z.int(),
        receipts: z.int(),
        cooks: z.int(),
        downloads: z.int(),
        api_calls: z.int(),
      }),
    ),
  })
  .meta({ id: 'Usage' });
