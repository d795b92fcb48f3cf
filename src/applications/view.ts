import type { z } from 'zod';
import type { applicationView, deskApplicationView } from './schema.js';
import type { Application, DeskApplication } from './store.js';

export function showApplication(application: Application): z.input<typeof applicationView> {
  const { id, slug, state, createdAt, decidedAt, note } = application;
  return {
    id,
    slug,
    state,
    submitted_at: createdAt.toISOString(),
    decided_at: decidedAt?.toISOString() ?? null,
    note,
  };
}

export function showDeskApplication(application: DeskApplication): z.input<typeof deskApplicationView> {
  const { orgId, orgName, answers, decidedBy } = application;
  return {
    ...showApplication(application),
    organization: { id: orgId, name: orgName },
    answers,
    decided_by: decidedBy,
  };
}
