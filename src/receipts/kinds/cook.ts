import { z } from 'zod';
import { committed, defineKind, frame, PREDICATE_BASE, sha256, time } from './kind.js';

/** An input of a cook: a dataset, a base model, a configuration. */
interface Dependency {
  readonly name: string;
  readonly uri: string;
  readonly digest: { readonly sha256: string };
}
export interface CookReceiptFacts {
  readonly cookId: string;
  /** https URI of the runner's kind and version. */
  readonly builderId: string;
  /** What the requester asked for: method and public hyper-parameters. */
  readonly externalParameters: Readonly<Record<string, unknown>>;
  readonly resolvedDependencies: readonly Dependency[];
  readonly startedOn: string;
  readonly finishedOn: string;
  readonly artifacts: readonly { readonly name: string; readonly sha256: string }[];
  readonly logSha256: string | null;
  /** "no measured lift" unless the lower bound of the interval is above zero and n is what was declared. */
  readonly lift: {
    readonly claim: string;
    readonly metric: string | null;
    readonly lower: number | null;
    readonly n: number | null;
  };
  readonly requestedBy: string | null;
  readonly costCents: number | null;
}

const EXTENSION = 'defendablecloud_receipt';
const descriptor = z.object({ name: z.string(), uri: z.string(), digest: z.object({ sha256 }) });

/** The receipt of a cook: SLSA Provenance v1, with the receipt's own frame as a vendor extension field. */
export const cookKind = defineKind<CookReceiptFacts>({
  kind: 'cook',
  predicateType: 'https://slsa.dev/provenance/v1',
  schemaVersion: '1.0.0',
  notChecked: [
    'That the hardware did what the runner reports; the runner is trusted for it.',
    'That the metrics hold for other data than the declared evaluation.',
  ],
  schema: z.object({
    buildDefinition: z.object({
      buildType: z.literal(`${PREDICATE_BASE}/cook/v1`),
      externalParameters: z.record(z.string(), z.unknown()),
      resolvedDependencies: z.array(descriptor),
    }),
    runDetails: z.object({
      builder: z.object({ id: z.string() }),
      metadata: z.object({ startedOn: time, finishedOn: time }),
      byproducts: z.array(z.object({ name: z.string(), digest: z.object({ sha256 }) })),
    }),
    [EXTENSION]: z.object({
      ...frame,
      cook: z.object(committed),
      lift: z.object({
        claim: z.string(),
        metric: z.string().nullable(),
        lower: z.number().nullable(),
        n: z.int().nullable(),
      }),
    }),
  }),
  subjects: ({ artifacts }) => artifacts.map((item) => ({ name: item.name, digest: { sha256: item.sha256 } })),
  body: (facts, commitments) => {
    const { cookId: id, requestedBy, costCents, logSha256 } = facts;
    return {
      buildDefinition: {
        buildType: `${PREDICATE_BASE}/cook/v1`,
        externalParameters: facts.externalParameters,
        resolvedDependencies: facts.resolvedDependencies,
      },
      runDetails: {
        builder: { id: facts.builderId },
        metadata: { startedOn: facts.startedOn, finishedOn: facts.finishedOn },
        byproducts: logSha256 === null ? [] : [{ name: 'log', digest: { sha256: logSha256 } }],
      },
      lift: facts.lift,
      cook: commitments.commit(`/${EXTENSION}/cook`, { id, requestedBy, costCents }),
    };
  },
  arrange: (common, { buildDefinition, runDetails, ...own }) => ({
    buildDefinition,
    runDetails,
    [EXTENSION]: { ...common, ...own },
  }),
});
