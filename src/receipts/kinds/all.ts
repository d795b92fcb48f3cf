import { z } from 'zod';
import { annotationKind } from './annotation.js';
import { cookKind } from './cook.js';
import { datasetGrantKind } from './dataset-grant.js';
import { incidentKind } from './incident.js';
import { keyEventKind } from './key-event.js';
import { PREDICATE_BASE, type ReceiptKind } from './kind.js';
import { membershipKind } from './membership.js';
import { modelPinKind } from './model-pin.js';
import { runKind } from './run.js';

const kinds: readonly Pick<ReceiptKind<never>, 'kind' | 'predicateType' | 'schema'>[] = [
  runKind,
  incidentKind,
  datasetGrantKind,
  modelPinKind,
  cookKind,
  membershipKind,
  keyEventKind,
  annotationKind,
];

/** The published JSON Schemas by path below /schemas/receipt: run/v1, incident/v1 … A cook's is that of its build type. */
export const publishedSchemas: ReadonlyMap<string, Readonly<Record<string, unknown>>> = new Map(
  kinds.map(({ kind, predicateType, schema }) => {
    const path = kind === 'cook' ? 'cook/v1' : predicateType.slice(PREDICATE_BASE.length + 1);
    const title = `Predicate ${predicateType} of a ${kind} receipt`;
    return [path, { ...z.toJSONSchema(schema, { io: 'input' }), $id: `${PREDICATE_BASE}/${path}`, title }];
  }),
);
