import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { expectAnswer } from '../../scripts/demo/client.js';
import { readPdfText } from '../rig/pdf-text.js';
import { assemble, type Cast } from '../rig/people.js';
import { openRig, type Rig } from '../rig/rig.js';
import { audit, goodSubmission, gradeAll, receiptAnswer } from '../rig/run.js';

let rig: Rig;
let cast: Cast;
beforeAll(async () => {
  rig = await openRig();
  cast = await assemble(rig);
});
afterAll(() => rig.close());

const fromRight = (word: string): string => Array.from(word).reverse().join('');
const HOSTILE = `</title><script>alert(1)</script>"><img src=http://169.254.169.254/x onerror=alert(2)>`;

/** A receipt whose run says something in each text that a page shows; answers its first share. */
async function shareSaying(said: {
  readonly title: string;
  readonly label: string;
  readonly agent: string;
  readonly note: string;
}): Promise<{ id: string; share_url: string }> {
  const body = { project_id: cast.projectId, title: said.title, flight_sheet: { slug: 'numeric-memo' } };
  const { id } = expectAnswer(await cast.owner.call('POST', '/runs', body), [201], z.object({ id: z.string() }));
  await cast.owner.call('POST', `/runs/${id}/evidence`, { kind: 'note', label: said.label, content: said.label });
  const agent = { name: said.agent, version: '<b>1</b>' };
  await cast.owner.call('POST', `/runs/${id}/submission`, goodSubmission({ agent }));
  await gradeAll(cast.grader, id, await audit(cast.owner, id));
  await cast.reviewer.call('POST', `/runs/${id}/approve`, { decision: 'approved', note: said.note });
  return expectAnswer(await cast.owner.call('POST', `/runs/${id}/receipt`), [201], receiptAnswer);
}

test('HTML in every text that reaches a page or a PDF stays text', async () => {
  const { share_url } = await shareSaying({ title: HOSTILE, label: HOSTILE, agent: HOSTILE, note: HOSTILE });
  const page = await fetch(share_url, { headers: { accept: 'text/html' } });
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  const html = await page.text();
  expect(html).toContain('&lt;script>alert(1)');
  expect(html).not.toContain('<script');
  expect(html).not.toContain('<img');
  const pdf = await fetch(`${share_url}/pdf`);
  expect(pdf.headers.get('content-type')).toBe('application/pdf');
  expect(
    Buffer.from(await pdf.arrayBuffer())
      .subarray(0, 5)
      .toString(),
  ).toBe('%PDF-');
});

test('names in any script are in the PDF, which stays small, and stand in their own direction on the page', async () => {
  const { id } = await shareSaying({
    title: 'स्वीकृति अनिता',
    label: '山田太郎 さくら',
    agent: 'محمد',
    note: 'สมชาย דוד 김철수',
  });
  const made = await cast.owner.call('POST', `/receipts/${id}/shares`, { profile: 'full' });
  const { url } = expectAnswer(made, [201], z.object({ url: z.string() }));
  const html = await (await fetch(url, { headers: { accept: 'text/html' } })).text();
  expect(html).toContain('<bdi>محمد</bdi>');
  expect(html).toContain('<td dir="auto">山田太郎 さくら</td>');
  const pdf = Buffer.from(await (await fetch(`${url}/pdf`)).arrayBuffer());
  expect(pdf.length).toBeLessThan(300_000);
  const text = await readPdfText(pdf);
  for (const name of ['स्वीकृति', 'अनिता', '山田太郎', 'さくら', 'สมชาย', '김철수', fromRight('محمد'), fromRight('דוד')])
    expect(text).toContain(name);
});

test('health names every part with its latency; each error code has a page', async () => {
  const part = z.object({ status: z.literal('ok'), latency_ms: z.number() });
  expectAnswer(
    await rig.call('GET', '/healthz'),
    [200],
    z.object({ status: z.literal('ok'), service: part, database: part, storage: part, temporal: part }),
  );
  expect(await (await fetch(`${rig.base}/docs/errors/grounded`)).text()).toContain('How to fix it');
  expect((await rig.call('GET', '/docs/errors/nonsense')).status).toBe(404);
});

test('every answer names its request and its budget, and lists link to their next page', async () => {
  for (const name of ['One', 'Two', 'Three']) await cast.owner.call('POST', '/projects', { name });
  const answer = await cast.owner.call('GET', '/projects?limit=2');
  expect(answer.headers.get('request-id')).toMatch(/^req_/);
  expect(answer.headers.get('ratelimit')).toContain('"default";r=');
  const next = /<([^>]+)>; rel="next"/.exec(answer.headers.get('link') ?? '')?.[1];
  expect(next).toBeDefined();
  const names = z.object({ data: z.array(z.object({ name: z.string() })), next_cursor: z.string().nullable() });
  const one = names.parse(answer.json);
  const two = expectAnswer(await cast.owner.call('GET', (next ?? '').replace(rig.base, '')), [200], names);
  expect([...one.data, ...two.data].map(({ name }) => name)).toEqual(['Three', 'Two', 'One', 'Tests']);
  expect(two.next_cursor).toBeNull();
});
