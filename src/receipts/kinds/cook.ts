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
    readonly before: number | null;
    readonly after: number | null;
    readonly difference: number | null;
    /** The bounds of the 95 % interval of the difference. */
    readonly lower: number | null;
    readonly upper: number | null;
    readonly n: number | null;
    readonly seeds: readonly number[];
    /** How many items of the evaluation were among those trained on. */
    readonly overlap: { readonly evalItems: number; readonly overlapping: number } | null;
  };
  /** The runner by its own word. Its name may tell of people, so that is withheld where the rest is shown. */
  readonly runner: {
    readonly name: string;
    readonly labels: readonly string[];
    readonly transport: string;
    readonly gpu: readonly string[];
    readonly gpuCount: number;
    readonly vramGb: number;
    readonly driver: string | null;
    readonly framework: string | null;
  };
  /** The pin of the base model, which has a receipt of its own. */
  readonly pinId: string | null;
  readonly requestedBy: string | null;
  readonly costCents: number | null;
}

const EXTENSION = 'defendablecloud_receipt';
const descriptor = z.object({ name: z.string(), uri: z.string(), digest: z.object({ sha256 }) });

/** The receipt of a cook: SLSA Provenance v1, with the receipt's own frame as a vendor extension field. */
export const cookKind = defineKind<CookReceiptFacts>({
  kind: 'cook',
  predicateType: 'https://slsa.dev/provenance/v1',
  schemaVersion: '1.1.0',
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
      builder: z.object({ id: z.string(), version: z.record(z.string(), z.string()).optional() }),
      metadata: z.object({ startedOn: time, finishedOn: time }),
      byproducts: z.array(z.object({ name: z.string(), digest: z.object({ sha256 }) })),
    }),
    [EXTENSION]: z.object({
      ...frame,
      cook: z.object(committed),
      runner: z
        .object({
          labels: z.array(z.string()),
          transport: z.string(),
          gpu: z.array(z.string()),
          gpuCount: z.number(),
          vramGb: z.number(),
          ...committed,
        })
        .optional(),
      lift: z.object({
        claim: z.string(),
        metric: z.string().nullable(),
        before: z.number().nullable().optional(),
        after: z.number().nullable().optional(),
        difference: z.number().nullable().optional(),
        lower: z.number().nullable(),
        upper: z.number().nullable().optional(),
        n: z.int().nullable(),
        seeds: z.array(z.int()).optional(),
        overlap: z.object({ evalItems: z.int(), overlapping: z.int() }).nullable().optional(),
      }),
    }),
  }),
  subjects: ({ artifacts }) => artifacts.map((item) => ({ name: item.name, digest: { sha256: item.sha256 } })),
  body: (facts, commitments) => {
    const { cookId: id, requestedBy, costCents, pinId, logSha256 } = facts;
    const { name, driver, framework, ...runner } = facts.runner;
    const version = { ...(driver === null ? {} : { driver }), ...(framework === null ? {} : { framework }) };
    return {
      buildDefinition: {
        buildType: `${PREDICATE_BASE}/cook/v1`,
        externalParameters: facts.externalParameters,
        resolvedDependencies: facts.resolvedDependencies,
      },
      runDetails: {
        builder: { id: facts.builderId, version },
        metadata: { startedOn: facts.startedOn, finishedOn: facts.finishedOn },
        byproducts: logSha256 === null ? [] : [{ name: 'log', digest: { sha256: logSha256 } }],
      },
      lift: facts.lift,
      runner: { ...runner, ...commitments.commit(`/${EXTENSION}/runner`, { name }) },
      cook: commitments.commit(`/${EXTENSION}/cook`, { id, requestedBy, costCents, pinId }),
    };
  },
  arrange: (common, { buildDefinition, runDetails, ...own }) => ({
    buildDefinition,
    runDetails,
    [EXTENSION]: { ...common, ...own },
  }),
});
