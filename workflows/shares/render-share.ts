import { proxyActivities } from '@temporalio/workflow';
import type { ShareActivities, ShareRef } from '../../activities/shares.js';
import { pdfProfile } from '../profiles.js';

export interface RenderShareInput extends ShareRef {
  readonly pdfQueue: string;
}

/** Owes one edition of a share its PDF, for as long as that takes. */
export async function renderShare({ orgId, shareId, pdfQueue }: RenderShareInput): Promise<void> {
  const { renderSharePdf } = proxyActivities<ShareActivities>({ ...pdfProfile, taskQueue: pdfQueue });
  await renderSharePdf({ orgId, shareId });
}
