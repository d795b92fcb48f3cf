import { z } from 'zod';
import type { Database } from '../db/database.js';
import { defineRoute, noBody, none, type Reply, type RequestInfo, type Route } from '../http/define-route.js';
import { anyone } from '../http/gates.js';
import { page } from '../http/page.js';
import { Refusal } from '../kernel/refusals.js';
import { trainingPolicySchema, versionSchema, type TrainingPolicy } from './document.js';
import { findPolicy, listPolicies, policyInForce, type PublishedPolicy } from './store.js';

const policyView = z
  .strictObject({ ...trainingPolicySchema.shape, sha256: z.string() })
  .meta({ id: 'PublishedPolicy' });
const changesView = z.strictObject({
  data: z.array(
    z.strictObject({
      version: z.string(),
      sha256: z.string(),
      effective_at: z.iso.datetime(),
      published_at: z.iso.datetime(),
      change: z.string(),
      url: z.url(),
    }),
  ),
});

export function trainingPolicyRoutes({
  database,
  publicUrl,
}: {
  readonly database: Database;
  readonly publicUrl: string;
}): readonly Route[] {
  const common = { auth: anyone, body: noBody, method: 'get', status: 200 } as const;
  const find = async (version: string | undefined): Promise<PublishedPolicy> => {
    if (version === undefined) return policyInForce(database.knex);
    const published = await findPolicy(database.knex, version);
    if (!published) throw new Refusal('not_found', 'There was never such a version of the policy.');
    return published;
  };
  return [
    defineRoute({
      ...common,
      path: '/policy/training-data',
      operationId: 'getTrainingDataPolicy',
      summary: 'The training-data policy, as JSON or as a page: the one in force, or another version',
      params: none,
      query: z.strictObject({ version: versionSchema.optional() }),
      response: policyView,
      alsoStatus: [304],
      media: ['text/html'],
      refuses: ['invalid_request', 'not_found', 'not_acceptable'],
      handle: async ({ query, request }) => show(await find(query.version), request),
    }),
    defineRoute({
      ...common,
      path: '/policy/training-data/versions/{version}',
      operationId: 'getTrainingDataPolicyVersion',
      summary: 'One version of the training-data policy under an address of its own; it never changes',
      params: z.strictObject({ version: versionSchema }),
      query: none,
      response: policyView,
      alsoStatus: [304],
      media: ['text/html'],
      refuses: ['not_found', 'not_acceptable'],
      handle: async ({ params, request }) => show(await find(params.version), request),
    }),
    defineRoute({
      ...common,
      path: '/policy/training-data/changes',
      operationId: 'listTrainingPolicyChanges',
      summary: 'What changed from version to version, newest first',
      params: none,
      query: none,
      response: changesView,
      refuses: [],
      handle: async () => {
        const data = (await listPolicies(database.knex)).map(
          ({ version, sha256, policy, effectiveAt, publishedAt }) => ({
            version,
            sha256,
            effective_at: effectiveAt.toISOString(),
            published_at: publishedAt.toISOString(),
            change: changeOf(policy),
            url: `${publicUrl}/policy/training-data/versions/${version}`,
          }),
        );
        return { body: { data } };
      },
    }),
  ];
}

const TYPES = ['application/json', 'text/html'];

/** The line of the changelog that begins with the version. */
const changeOf = ({ version, changelog }: TrainingPolicy): string =>
  changelog.find((line) => line.startsWith(`${version}: `))?.slice(version.length + 2) ?? '';

function show({ policy, sha256 }: PublishedPolicy, request: RequestInfo): Reply<z.input<typeof policyView>> {
  const type = request.accepts(TYPES);
  const headers = { ETag: `"${sha256}"`, 'Cache-Control': 'public, max-age=60', Vary: 'Accept' };
  if (type === undefined) throw new Refusal('not_acceptable', 'The policy is JSON or a page.');
  if (request.ifNoneMatch === headers.ETag) return { status: 304, media: type, content: '', headers };
  if (type !== 'text/html') return { body: { ...policy, sha256 }, headers };
  const title = `Training-data policy ${policy.version}`;
  return {
    media: 'text/html; charset=utf-8',
    content: page(title, <PolicyPage policy={policy} sha256={sha256} />),
    headers,
  };
}

function PolicyPage({ policy, sha256 }: { readonly policy: TrainingPolicy; readonly sha256: string }) {
  const list = (lines: readonly string[]) => (
    <ul>
      {lines.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  );
  const { licences, enforcement, sources, changelog } = policy;
  return (
    <main>
      <p class="soft">
        In force since {policy.effective_at}. SHA-256 <code>{sha256}</code>
      </p>
      <h1>Training-data policy {policy.version}</h1>
      <h2>What is learned from</h2>
      {list(policy.learn_from)}
      <h2>What is never learned from</h2>
      {list(policy.never_learn_from)}
      <h2>Licences</h2>
      <p>Allowed: {licences.allow.join(', ')}.</p>
      <p>Refused: {licences.deny.join(', ')}.</p>
      <h2>Opting out</h2>
      <p>{policy.opt_out.rule}</p>
      {list(policy.opt_out.honours)}
      <h2>Personal data</h2>
      <p>{policy.personal_data}</p>
      <h2>Retention</h2>
      <p>{policy.retention}</p>
      <h2>How it is enforced</h2>
      {list(enforcement)}
      <h2>Sources</h2>
      {list([sources.general, sources.data, sources.processing])}
      <h2>Changes</h2>
      {list(changelog)}
      <p class="soft">{policy.contact}</p>
    </main>
  );
}
