import type { VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';

const STYLE = `
:root{color-scheme:light dark;--ink:#16202b;--soft:#5b6876;--line:#d8dfe6;--paper:#fff;--good:#12703c;--bad:#a4262c}
@media (prefers-color-scheme:dark){:root{--ink:#e8edf2;--soft:#9fadba;--line:#33404d;--paper:#12181f;--good:#5fd08f;--bad:#ff8f8f}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:52rem;padding:2rem 1.25rem;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,"Noto Sans",sans-serif}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 .5rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;border-bottom:1px solid var(--line);padding:.35rem .6rem .35rem 0;overflow-wrap:anywhere}
th{color:var(--soft);font-weight:600}code,pre{font:13px/1.45 ui-monospace,monospace;overflow-wrap:anywhere;white-space:pre-wrap}
.qr svg{width:7rem;height:7rem;background:#fff}
.head{display:flex;justify-content:space-between;gap:1rem}
.soft{color:var(--soft)}.good{color:var(--good);font-weight:700}.bad{color:var(--bad);font-weight:700}
.banner{border:2px solid;padding:.4rem .6rem}`;

/** One HTML page; every text in it is escaped by the renderer. No script, no outside request. */
export function page(title: string, content: VNode, extraStyle = ''): string {
  return `<!doctype html>${renderToString(
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>{title}</title>
        <style dangerouslySetInnerHTML={{ __html: STYLE + extraStyle }} />
      </head>
      <body>{content}</body>
    </html>,
  )}`;
}
