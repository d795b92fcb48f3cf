import { createDraw } from './draw.js';
import { field, type Recipe, type Row } from './recipe.js';

const SIGNS = ['+', '-', '*'] as const;

const apply = (left: number, sign: (typeof SIGNS)[number], right: number): number => {
  switch (sign) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
  }
};

function* generate(rows: number): Iterable<Row> {
  const draw = createDraw(20_261_101);
  for (let id = 0; id < rows; id += 1) {
    let value = draw.int(2, 999);
    let expression = String(value);
    const steps: string[] = [];
    const length = draw.int(2, 4);
    for (let step = 0; step < length; step += 1) {
      const sign = draw.pick(SIGNS);
      const right = draw.int(2, sign === '*' ? 9 : 999);
      const result = apply(value, sign, right);
      steps.push(`${String(value)} ${sign} ${String(right)} = ${String(result)}`);
      expression = `(${expression} ${sign} ${String(right)})`;
      value = result;
    }
    yield { id, expression, steps: steps.join('; '), answer: value };
  }
}

export const arithmetic: Recipe = {
  slug: 'arithmetic-chains',
  title: 'Arithmetic chains with every step',
  summary: 'Chains of two to four operations on whole numbers, each with its intermediate results and its answer.',
  tasks: ['text-generation', 'question-answering'],
  fields: [
    field('id', 'integer', 'Number of the row.'),
    field('expression', 'text', 'The chain, fully bracketed.'),
    field('steps', 'text', 'Each operation with its result, in order, separated by semicolons.'),
    field('answer', 'integer', 'What the chain comes to.'),
  ],
  rows: 1_050_000,
  method: 'Drawn by a seeded generator and computed in exact integers; the script is published with the product.',
  biases: ['Uniformly drawn operands: small results and round numbers are rarer than in real documents.'],
  uses: ['Training and evaluating a model that derives numbers step by step.'],
  generate,
};
