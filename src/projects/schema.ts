import { z } from 'zod';
import { pageQuery } from '../http/paging.js';

export const projectBody = z.strictObject({
  name: z.string().trim().min(1).max(100),
  description: z.string().max(2000).default(''),
});
export const projectView = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    description: z.string(),
    created_by: z.string(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'Project' });
export const projectsView = z.strictObject({ data: z.array(projectView), next_cursor: z.string().nullable() });
export const projectsQuery = z.strictObject(pageQuery);
