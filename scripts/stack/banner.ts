import { once } from 'node:events';
import type { Parts } from './stack.js';

/** Prints every address and credential of a development stack. */
export function banner({ env, publicUrl, temporalUi, stripe }: Parts): void {
  const lines: readonly (readonly [string, string | undefined])[] = [
    ['API', publicUrl],
    ['OpenAPI', `${publicUrl}/openapi.json`],
    ['Mailbox (sign-in links)', `${publicUrl}/dev/mailbox`],
    [
      'Stripe stand-in',
      stripe && `${stripe.base}  move its clock: curl -d seconds=31536000 ${stripe.base}/control/advance`,
    ],
    ['Temporal UI', temporalUi],
    ['Temporal', env['TEMPORAL_ADDRESS']],
    ['Postgres', env['DATABASE_URL']],
    [
      'S3',
      `${env['S3_ENDPOINT'] ?? ''}  key ${env['S3_ACCESS_KEY_ID'] ?? ''}  secret ${env['S3_SECRET_ACCESS_KEY'] ?? ''}`,
    ],
    ['Signing keys', [env['SESSION_KEY_FILE'], env['RECEIPT_KEY_FILE'], env['LEDGER_KEY_FILE']].join('  ')],
    [
      'Sign in',
      `curl -X POST ${publicUrl}/auth/request -H 'content-type: application/json' -d '{"email":"you@example.test"}'`,
    ],
    ['Then', `open ${publicUrl}/dev/mailbox and POST the token to ${publicUrl}/auth/verify`],
  ];
  process.stdout.write(
    `\n${lines.map(([name, value]) => `  ${name.padEnd(26)}${value ?? 'external'}`).join('\n')}\n\n  Ctrl-C stops everything.\n`,
  );
}

/** Resolves when the person stops the stack. */
export async function untilStopped(): Promise<void> {
  const held = setInterval(() => undefined, 60_000);
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  clearInterval(held);
}
