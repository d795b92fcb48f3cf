import { createDraw } from './draw.js';
import { field, type Recipe, type Row } from './recipe.js';

const GOODS = ['paper', 'toner', 'cable', 'desk lamp', 'keyboard', 'monitor arm', 'router', 'licence', 'support hour'];
const RATES = [0, 7, 19, 20, 21, 25] as const;
const DEFECTS = ['total', 'tax', 'quantity'] as const;

function* generate(rows: number): Iterable<Row> {
  const draw = createDraw(20_261_102);
  for (let id = 0; id < rows; id += 1) {
    const quantity = draw.int(1, 40);
    const priceCents = draw.int(99, 49_999);
    const rate = draw.pick(RATES);
    const net = quantity * priceCents;
    const tax = Math.round((net * rate) / 100);
    const defect = draw.onceIn(10) ? draw.pick(DEFECTS) : 'none';
    yield {
      id,
      invoice: `INV-${String(Math.floor(id / 4)).padStart(7, '0')}`,
      line: (id % 4) + 1,
      item: draw.pick(GOODS),
      quantity: defect === 'quantity' ? quantity + 1 : quantity,
      unit_price_cents: priceCents,
      tax_percent: rate,
      net_cents: net,
      tax_cents: defect === 'tax' ? tax + draw.int(1, 500) : tax,
      total_cents: defect === 'total' ? net + tax + draw.int(1, 900) : net + tax,
      defect,
    };
  }
}

export const invoices: Recipe = {
  slug: 'invoice-lines',
  title: 'Invoice lines, one in ten with a planted defect',
  summary: 'Lines of invented invoices with net, tax and total; a tenth have one wrong number, and say which.',
  tasks: ['tabular-classification', 'token-classification'],
  fields: [
    field('id', 'integer', 'Number of the row.'),
    field('invoice', 'text', 'Number of the invoice; four lines share one.'),
    field('line', 'integer', 'Place on the invoice.'),
    field('item', 'text', 'What was sold.'),
    field('quantity', 'integer', 'How many.'),
    field('unit_price_cents', 'integer', 'Price of one, in cents.'),
    field('tax_percent', 'integer', 'Rate of the tax.'),
    field('net_cents', 'integer', 'Quantity times price.'),
    field('tax_cents', 'integer', 'Tax on the net, rounded half up.'),
    field('total_cents', 'integer', 'Net and tax.'),
    field('defect', 'text', 'Which number is wrong: total, tax, quantity or none.'),
  ],
  rows: 240_000,
  method: 'Drawn by a seeded generator; each defect changes one number after the right one was computed.',
  biases: ['Nine kinds of goods and six tax rates: far fewer than real books have.', 'Defects are never combined.'],
  uses: ['Evaluating extraction and auditing of invoices against a known answer.'],
  generate,
};
