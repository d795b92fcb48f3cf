import type { z } from 'zod';
import type { evidenceView } from './schema.js';
import type { Evidence } from './store.js';

export function showEvidence(evidence: Evidence): z.input<typeof evidenceView> {
  const {
    id,
    runId,
    position,
    kind,
    label,
    sensitivity,
    source,
    capturedAt,
    filename,
    declaredFilename,
    mediaType,
    size,
    sha256,
    state,
    createdBy,
    createdAt,
  } = evidence;
  return {
    id,
    run_id: runId,
    position,
    kind,
    label,
    sensitivity,
    source,
    captured_at: capturedAt?.toISOString() ?? null,
    filename,
    filename_sanitized: filename !== declaredFilename,
    media_type: mediaType,
    size,
    sha256,
    state,
    created_by: createdBy,
    created_at: createdAt.toISOString(),
  };
}
