import type { z } from 'zod';
import type { Artifact } from '../artifacts/store.js';
import type { artifactView, cookDetailView, cookSummaryView } from './schema.js';
import type { Attempt } from '../cook-attempts/store.js';
import type { Cook, CookEvent } from './store.js';

export function showCookSummary(cook: Cook): z.input<typeof cookSummaryView> {
  return {
    id: cook.id,
    run_id: cook.runId,
    state: cook.state,
    cancel_requested: cook.cancelRequestedAt !== null,
    method: cook.recipe.method,
    queue: cook.queue,
    priority: cook.priority,
    attempt: cook.attempt,
    max_attempts: cook.maxAttempts,
    recipe_sha256: cook.recipeSha256,
    receipt_id: cook.receiptId,
    requested_by: cook.requestedBy,
    created_at: cook.createdAt.toISOString(),
    started_at: cook.startedAt?.toISOString() ?? null,
    finished_at: cook.finishedAt?.toISOString() ?? null,
  };
}

/** The whole cook as its organization sees it: runners by name, never tokens or storage keys. */
export function showCook(
  cook: Cook,
  parts: {
    readonly attempts: readonly Attempt[];
    readonly artifacts: readonly Artifact[];
    readonly events: readonly CookEvent[];
  },
): z.input<typeof cookDetailView> {
  const live = parts.attempts.find(({ state }) => state === 'live');
  return {
    ...showCookSummary(cook),
    recipe: cook.recipe,
    failure: cook.failure,
    lift: cook.lift && {
      ...cook.lift,
      ci95: cook.lift.ci95 && [...cook.lift.ci95],
      seeds: [...cook.lift.seeds],
    },
    lease: live ? { attempt: live.attempt, runner: live.runner.name, expires_at: live.expiresAt.toISOString() } : null,
    attempts: parts.attempts.map((attempt) => ({
      attempt: attempt.attempt,
      runner: attempt.runner.name,
      transport: attempt.transport,
      state: attempt.state,
      claimed_at: attempt.claimedAt.toISOString(),
      started_at: attempt.startedAt?.toISOString() ?? null,
      heartbeat_at: attempt.heartbeatAt.toISOString(),
      ended_at: attempt.endedAt?.toISOString() ?? null,
      progress: attempt.progress,
      metrics: attempt.metrics,
      log_bytes: attempt.logBytes,
    })),
    artifacts: parts.artifacts.map(showArtifact),
    timeline: parts.events.map(showEvent),
  };
}

export const showEvent = ({
  at,
  kind,
  attempt,
  data,
}: CookEvent): z.input<typeof cookDetailView>['timeline'][number] => ({
  at: at.toISOString(),
  kind,
  attempt,
  data,
});

const showArtifact = ({
  id,
  attempt,
  kind,
  name,
  size,
  sha256,
  mediaType,
  verifiedAt,
}: Artifact): z.input<typeof artifactView> => ({
  id,
  attempt,
  kind,
  name,
  size,
  sha256,
  media_type: mediaType,
  verified: verifiedAt !== null,
});
