import { createHash } from 'node:crypto';
import type { ObjectStore } from '../adapters/object-store.js';
import { newId } from '../db/new-id.js';
import { defineRoute, noBody, none, type Route } from '../http/define-route.js';
import { caller } from '../http/gates.js';
import { Refusal } from '../kernel/refusals.js';
import { findRun } from '../runs/store.js';
import { giveCommand, orPending, reply, type RunCommandDeps } from '../runs/command.js';
import { requireTransition } from '../runs/apply.js';
import { mayRecord } from '../runs/policy.js';
import { runParams } from '../runs/schema.js';
import { evidenceBody, evidenceView, uploadBody, uploadFields, type AttachEvidence } from './schema.js';
import { receiveUpload, safeFilename, type ReceivedUpload } from './upload.js';

export interface EvidenceRouteDeps extends RunCommandDeps {
  readonly evidenceObjects: ObjectStore;
}

/** Content-addressed and per organization: the same bytes are one object, and nobody learns of another's. */
const objectKey = (orgId: string, sha256: string): string => `evidence/${orgId}/sha256/${sha256.slice(0, 2)}/${sha256}`;

export function evidenceRoutes(deps: EvidenceRouteDeps): readonly Route[] {
  const { database, evidenceObjects } = deps;
  const requireOpen = async (orgId: string, runId: string): Promise<void> => {
    const run = await database.tenant(orgId, (tenant) => findRun(tenant, runId));
    if (!run) throw new Refusal('not_found', 'No such run.');
    requireTransition(run, 'attach_evidence');
  };
  return [
    defineRoute({
      method: 'post',
      path: '/runs/{run_id}/evidence',
      operationId: 'attachEvidence',
      summary: 'Attach evidence with its content',
      auth: caller('runs:write'),
      may: mayRecord,
      params: runParams,
      query: none,
      body: evidenceBody,
      response: orPending(evidenceView),
      status: 201,
      alsoStatus: [200, 202],
      refuses: [
        'forbidden',
        'invalid_request',
        'not_found',
        'invalid_transition',
        'hash_mismatch',
        'captured_in_future',
        'invalid_evidence',
        'unavailable',
      ],
      handle: async ({ actor, params, body, request }) => {
        const { content, media_type, source = null, ...common } = body;
        requireHttpUrl(body.kind, content);
        const bytes = Buffer.from(content);
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        requireDigest(body.client_sha256, sha256);
        await requireOpen(actor.orgId, params.run_id);
        const key = objectKey(actor.orgId, sha256);
        await evidenceObjects.putOnce(key, bytes, media_type);
        const payload: AttachEvidence = {
          ...common,
          source,
          content,
          media_type,
          filename: null,
          declared_filename: null,
          evidence_id: newId('evidence'),
          size: bytes.length,
          sha256,
          object_key: key,
        };
        return reply(
          await giveCommand(deps, { actor, request, runId: params.run_id, event: 'attach_evidence', body, payload }),
          evidenceView,
        );
      },
    }),
    defineRoute({
      method: 'post',
      path: '/runs/{run_id}/evidence/upload',
      operationId: 'uploadEvidence',
      summary: 'Attach a file as evidence',
      auth: caller('runs:write'),
      may: mayRecord,
      params: runParams,
      query: none,
      body: noBody,
      upload: uploadBody,
      response: orPending(evidenceView),
      status: 201,
      alsoStatus: [200, 202],
      refuses: [
        'forbidden',
        'not_found',
        'invalid_upload',
        'invalid_request',
        'empty_file',
        'payload_too_large',
        'hash_mismatch',
        'captured_in_future',
        'unavailable',
      ],
      handle: async ({ actor, params, request }) => {
        await requireOpen(actor.orgId, params.run_id);
        const upload = await receiveUpload(request.stream, evidenceObjects);
        try {
          const payload = await settleUpload(evidenceObjects, actor.orgId, upload);
          const { evidence_id: _drawn, ...body } = payload;
          return reply(
            await giveCommand(deps, { actor, request, runId: params.run_id, event: 'attach_evidence', body, payload }),
            evidenceView,
          );
        } finally {
          await evidenceObjects.remove(upload.incomingKey);
        }
      },
    }),
  ];
}

/** Moves received bytes to the key of their digest; the storage computes that digest once more on its own. */
async function settleUpload(objects: ObjectStore, orgId: string, upload: ReceivedUpload): Promise<AttachEvidence> {
  const parsed = uploadFields.safeParse(upload.fields);
  if (!parsed.success) {
    const errors = parsed.error.issues.map((issue) => ({
      path: `/${issue.path.join('/')}`,
      code: issue.code,
      message: issue.message,
    }));
    throw new Refusal('invalid_request', 'The fields of the upload are not valid.', { errors });
  }
  requireDigest(parsed.data.client_sha256, upload.sha256);
  const key = objectKey(orgId, upload.sha256);
  await objects.copyVerified(upload.incomingKey, key, upload.sha256);
  return {
    ...parsed.data,
    source: null,
    content: null,
    filename: safeFilename(upload.filename),
    declared_filename: upload.filename.replaceAll('\0', '').slice(0, 500),
    media_type: upload.mediaType,
    evidence_id: newId('evidence'),
    size: upload.size,
    sha256: upload.sha256,
    object_key: key,
  };
}

function requireDigest(declared: string | undefined, actual: string): void {
  if (declared !== undefined && declared !== actual) {
    throw new Refusal('hash_mismatch', `You declared ${declared}; the bytes received have ${actual}.`);
  }
}

/** URL evidence is the text of the address; nothing here ever fetches it. */
function requireHttpUrl(kind: string, content: string): void {
  if (kind !== 'url') return;
  const isHttp = URL.canParse(content) && ['http:', 'https:'].includes(new URL(content).protocol);
  if (!isHttp) throw new Refusal('invalid_evidence', 'Evidence of kind url must be one http or https address.');
}
