import { page } from '../http/page.js';

/** What a sign-in or invitation link opens: it shows how to spend the token and spends nothing, so scanners can't. */
export function signInPage(
  path: string,
  token: string,
): { media: string; content: string; headers: Record<string, string> } {
  const content = page(
    'Sign in',
    <main>
      <h1>Sign in</h1>
      <p>This link works once. Send its token to get an access token:</p>
      <pre>{`curl -X POST <this address>${path} -H 'content-type: application/json' -d '{"token":"${token}"}'`}</pre>
    </main>,
  );
  return { media: 'text/html; charset=utf-8', content, headers: { 'Cache-Control': 'no-store' } };
}
