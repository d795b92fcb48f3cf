import { createHash } from 'node:crypto';
import type { ObjectStore } from '../adapters/object-store.js';
import type { Internal } from '../auth/actor.js';
import type { Database, System } from '../db/database.js';
import { publishPackage } from '../datasets/store.js';
import { faultsOf, requireNone, takeFiles } from '../datasets/validate.js';
import type { RequestInfo } from '../http/define-route.js';
import { assertNever } from '../kernel/assert-never.js';
import { canonicalJson } from '../kernel/canonical-json.js';
import { Refusal } from '../kernel/refusals.js';
import { publishCard } from '../models/store.js';
import { publishPolicy } from '../training-policies/store.js';
import { datasetDocument, modelDocument, policyDocument, type StagedKind } from './schema.js';
import { findStaging, insertStaging, lockStaging, markPublished, recordCatalogEvent, type Staging } from './store.js';

export interface StageDeps {
  readonly database: Database;
  readonly evidenceObjects: ObjectStore;
  /** Whether what one internal key staged must be published by another. */
  readonly fourEyes: boolean;
}
interface Staged {
  readonly kind: StagedKind;
  readonly slug: string;
  readonly version: string;
  readonly document: unknown;
}

/** What a document is called, once it has passed every check that needs no bytes. */
function name(kind: StagedKind, document: unknown): Staged {
  switch (kind) {
    case 'dataset': {
      const { package: given, samples } = datasetDocument.parse(document);
      requireNone(faultsOf(given, samples));
      return { kind, slug: given.slug, version: given.version, document };
    }
    case 'model': {
      const card = modelDocument.parse(document);
      return { kind, slug: card.slug, version: card.revision, document };
    }
    case 'policy': {
      const policy = policyDocument.parse(document);
      return { kind, slug: 'training-data', version: policy.version, document };
    }
    default:
      return assertNever(kind);
  }
}

/** Checks a document, takes its bytes, and keeps it for publication; a dry run stops after the checks. */
export async function stage(
  { database, evidenceObjects }: StageDeps,
  {
    kind,
    document,
    dryRun,
    actor,
    request,
  }: Omit<Staged, 'slug' | 'version'> & {
    readonly dryRun: boolean;
    readonly actor: Internal;
    readonly request: RequestInfo;
  },
): Promise<Omit<Staging, 'id'> & { readonly id: string | null }> {
  const { slug, version } = name(kind, document);
  const digest = createHash('sha256').update(canonicalJson(document)).digest('hex');
  const staging = { kind, slug, version, digest, document, stagedBy: actor.keyId };
  if (dryRun) return { id: null, ...staging, state: 'staged', publishedBy: null };
  if (kind === 'dataset') await takeFiles(evidenceObjects, datasetDocument.parse(document).package);
  return database.system(async (system) => {
    const kept = await insertStaging(system, staging);
    await tell(system, kept, { actor, request, action: 'staged' });
    return kept;
  });
}

/**
 * Publishes what was staged, checked again. Safe to repeat at any point: the bytes are named by their digest, the
 * staging's lock orders publications, and one that finds it published changes nothing.
 */
export async function publishStaged(
  { database, evidenceObjects, fourEyes }: StageDeps,
  id: string,
  { actor, request }: { readonly actor: Internal; readonly request: RequestInfo },
): Promise<Staging> {
  const found = required(await database.system((system) => findStaging(system, id)));
  if (found.state === 'published') return found;
  if (fourEyes && found.stagedBy === actor.keyId)
    throw new Refusal('four_eyes_required', 'The key that staged this may not publish it.');
  if (found.kind === 'dataset') await takeFiles(evidenceObjects, datasetDocument.parse(found.document).package);
  return database.system(async (system) => {
    const locked = required(await lockStaging(system, id));
    if (locked.state === 'published') return locked;
    await put(system, locked);
    await tell(system, locked, { actor, request, action: 'published' });
    return markPublished(system, id, actor.keyId);
  });
}

async function put(system: System, { kind, document }: Staging): Promise<void> {
  switch (kind) {
    case 'dataset': {
      const { package: given, samples } = datasetDocument.parse(document);
      return publishPackage(system, given, samples);
    }
    case 'model':
      return publishCard(system, modelDocument.parse(document));
    case 'policy':
      return publishPolicy(system, policyDocument.parse(document));
    default:
      return assertNever(kind);
  }
}

const tell = (
  system: System,
  { kind, slug, version, digest }: Staging,
  { actor, request, action }: { readonly actor: Internal; readonly request: RequestInfo; readonly action: string },
): Promise<void> =>
  recordCatalogEvent(system, {
    actor: actor.keyId,
    action: `${kind}.${action}`,
    kind,
    slug,
    version,
    digest,
    because: null,
    requestId: request.requestId,
  });

export function required(staging: Staging | undefined): Staging {
  if (!staging) throw new Refusal('not_found', 'Nothing is staged under this id.');
  return staging;
}
