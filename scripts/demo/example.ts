import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { root } from '../stack/paths.js';

const evidence = z.strictObject({
  kind: z.string(),
  label: z.string(),
  file: z.string(),
  media_type: z.string().optional(),
  sensitivity: z.string().optional(),
});
const exampleSchema = z.strictObject({
  title: z.string(),
  project: z.string(),
  flight_sheet: z.string(),
  assignment: z.string(),
  evidence: z.array(evidence),
  upload: z.strictObject({
    kind: z.string(),
    label: z.string(),
    filename: z.string(),
    media_type: z.string(),
    generator: z.enum(['transactions', 'test-log', 'scans']),
  }),
  submission: z.record(z.string(), z.unknown()),
  /** The agent's second attempt, where the audit grounds the first. */
  correction: z.record(z.string(), z.unknown()).optional(),
  grades: z.array(z.strictObject({ rule: z.string(), status: z.string(), response: z.unknown(), reason: z.string() })),
});
export type Example = z.output<typeof exampleSchema> & { readonly name: string; readonly folder: string };

const home = join(root, 'examples');
export const exampleNames = (): readonly string[] =>
  readdirSync(home)
    .filter((name) => existsSync(join(home, name, 'example.json')))
    .sort();

/** Reads one example; an unknown name is answered with the names there are. */
export function readExample(name: string): Example {
  if (!exampleNames().includes(name))
    throw new Error(`There is no example ${JSON.stringify(name)}. There are: ${exampleNames().join(', ')}.`);
  const folder = join(home, name);
  return { name, folder, ...exampleSchema.parse(JSON.parse(readFileSync(join(folder, 'example.json'), 'utf8'))) };
}
