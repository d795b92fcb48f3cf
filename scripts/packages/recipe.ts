import type { DatasetPackage } from '../../src/datasets/package.js';

type Field = DatasetPackage['fields'][number];
export type Row = Readonly<Record<string, string | number | boolean>>;

/** How a package is made: what it says of itself, and its rows, the same each time. */
export interface Recipe {
  readonly slug: string;
  readonly title: string;
  readonly summary: string;
  readonly tasks: readonly string[];
  readonly fields: readonly Field[];
  readonly rows: number;
  readonly method: string;
  readonly biases: readonly string[];
  readonly uses: readonly string[];
  readonly generate: (rows: number) => Iterable<Row>;
}

export const field = (name: string, type: Field['type'], description: string): Field => ({ name, type, description });
