import { z } from 'zod';
import { defineRoute, noBody, none, type Route } from '../http/define-route.js';
import { anyone } from '../http/gates.js';
import { page } from '../http/page.js';
import { isRefusalCode, Refusal, refusals, type RefusalCode } from '../kernel/refusals.js';

/** The OpenAPI document and a page for every refusal code, both from the tables that the code itself uses. */
export function docsRoutes(document: () => Readonly<Record<string, unknown>>): readonly Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/openapi.json',
      operationId: 'getOpenapi',
      summary: 'This document',
      auth: anyone,
      params: none,
      query: none,
      body: noBody,
      response: z.record(z.string(), z.unknown()),
      status: 200,
      refuses: [],
      handle: () => Promise.resolve({ body: { ...document() }, headers: { 'Cache-Control': 'public, max-age=300' } }),
    }),
    defineRoute({
      method: 'get',
      path: '/docs/errors/{code}',
      operationId: 'getErrorPage',
      summary: 'What an error code means and how to cure it',
      auth: anyone,
      params: z.strictObject({ code: z.string() }),
      query: none,
      body: noBody,
      response: z.string(),
      status: 200,
      media: ['text/html'],
      refuses: ['not_found'],
      handle: ({ params }) => {
        if (!isRefusalCode(params.code)) throw new Refusal('not_found', 'There is no such error code.');
        return Promise.resolve({
          media: 'text/html; charset=utf-8',
          content: page(params.code, <ErrorPage code={params.code} />),
        });
      },
    }),
  ];
}

function ErrorPage({ code }: { readonly code: RefusalCode }) {
  const { status, title, fix } = refusals[code];
  return (
    <main>
      <p class="soft">
        Error code <code>{code}</code>, HTTP status {status}
      </p>
      <h1>{title}</h1>
      <h2>How to fix it</h2>
      <p>{fix}</p>
    </main>
  );
}
