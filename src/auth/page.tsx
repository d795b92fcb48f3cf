import type { VNode } from 'preact';
import { page } from '../http/page.js';

interface HtmlReply {
  readonly media: string;
  readonly content: string;
  readonly headers: Record<string, string>;
}

const html = (title: string, content: VNode): HtmlReply => ({
  media: 'text/html; charset=utf-8',
  content: page(title, content),
  headers: { 'Cache-Control': 'no-store' },
});

/** What a sign-in or invitation link opens: a button. The token is spent by pressing it, so mail scanners can't. */
export function signInPage(path: string, token: string, title: string): HtmlReply {
  return html(
    title,
    <main>
      <h1>{title}</h1>
      <p>This link works once.</p>
      <form method="post" action={path}>
        <input type="hidden" name="token" value={token} />
        <button type="submit">{title}</button>
      </form>
    </main>,
  );
}

/** What the button answers in a browser: the access token, shown to the person who now holds it. */
export function signedInPage(name: string, organization: string, accessToken: string): HtmlReply {
  return html(
    'Signed in',
    <main>
      <h1>Signed in</h1>
      <p>
        {name}, you act for {organization}. This access token works for an hour:
      </p>
      <pre>{accessToken}</pre>
      <p class="soft">Send it as: Authorization: Bearer TOKEN</p>
    </main>,
  );
}
