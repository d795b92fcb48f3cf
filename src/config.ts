import { readFileSync } from 'node:fs';
import { z } from 'zod';

const secret = z.string().refine((text) => Buffer.from(text, 'base64').length >= 32, 'base64 of at least 32 bytes');
const file = z.string().transform((path, ctx) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    ctx.addIssue({ code: 'custom', message: `cannot read ${path}` });
    return z.NEVER;
  }
});
/** VERSION:BASE64, the present one first, earlier ones after it; as in 2:AbC…,1:XyZ… */
const peppers = z.string().transform((text, ctx) => {
  const parsed = text.split(',').map((part) => /^(\d{1,4}):(.+)$/.exec(part.trim()));
  const [first, ...rest] = parsed.map((match) => ({
    version: Number(match?.[1] ?? 0),
    key: Buffer.from(match?.[2] ?? '', 'base64'),
  }));
  if (first && [first, ...rest].every(({ version, key }) => version > 0 && key.length >= 32))
    return [first, ...rest] as const;
  ctx.addIssue({ code: 'custom', message: 'must be VERSION:BASE64 of at least 32 bytes, the present one first' });
  return z.NEVER;
});
const addresses = z.string().transform(
  (text) =>
    new Set(
      text
        .toLowerCase()
        .split(/[\s,]+/)
        .filter(Boolean),
    ),
);
/** Comma-separated. */
const words = z.string().transform((text) => text.split(/[\s,]+/).filter(Boolean));
const origin = z.url().transform((url) => new URL(url).origin);

/** kill or hold, after which activity, and a file that makes it happen once: for crash tests only. */
const faultPoint = z.string().transform((text, ctx) => {
  const [effect, activity, marker] = text.split(':');
  const known = effect === 'kill' || effect === 'hold';
  if (known && activity !== undefined && marker !== undefined) return { effect, activity, marker } as const;
  ctx.addIssue({ code: 'custom', message: 'must be kill:ACTIVITY:FILE or hold:ACTIVITY:FILE' });
  return z.NEVER;
});
export type FaultPoint = z.output<typeof faultPoint>;

/** Seconds, then KIND=SECONDS for kinds of runners with a time of their own. */
const cookPatience = z.string().transform((text, ctx) => {
  const [seconds = '', ...own] = text.split(',').map((part) => part.trim());
  const pairs = own.map((part) => /^([a-z0-9_+-]+)=(\d{1,7})$/.exec(part));
  if (/^\d{1,7}$/.test(seconds) && !pairs.includes(null)) {
    const byCapability = Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? '', Number(pair?.[2])]));
    return { seconds: Number(seconds), byCapability };
  }
  ctx.addIssue({ code: 'custom', message: 'must be SECONDS,KIND=SECONDS,… as in 900,a100=3600' });
  return z.NEVER;
});

const shared = {
  NODE_ENV: z.enum(['production', 'development', 'test']).default('production'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug']).default('info'),
  PUBLIC_URL: origin,
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  DATABASE_POOL: z.coerce.number().int().min(2).max(200).default(20),
  TEMPORAL_ADDRESS: z.string().min(1),
  TEMPORAL_NAMESPACE: z.string().default('default'),
  TASK_QUEUE_PREFIX: z
    .string()
    .regex(/^[a-z0-9-]+$/)
    .default('dc'),
  S3_ENDPOINT: z.url(),
  S3_REGION: z.string().default('us-east-1'),
  S3_ACCESS_KEY_ID: z.string().min(1),
  S3_SECRET_ACCESS_KEY: z.string().min(1),
  S3_PRIVATE_BUCKET: z.string().default('defendable-private'),
  S3_PUBLIC_BUCKET: z.string().default('defendable-ledger'),
  PEPPER: secret,
  WEBHOOK_ALLOWED_ADDRESSES: words.prefault(''),
  COOK_LEASE_SECONDS: z.coerce.number().int().min(2).max(3600).default(90),
  COOK_START_SECONDS: z.coerce.number().int().min(1).max(3600).default(60),
  COOK_QUEUE_HOURS: z.coerce.number().min(0.001).max(720).default(24),
  COOK_RETRY_SECONDS: z.coerce.number().int().min(1).max(600).default(30),
  COOK_PATIENCE: cookPatience.default({ seconds: 900, byCapability: {} }),
  LEDGER_ORIGIN: z.string().regex(/^[a-z0-9.-]+\/\d{4}$/, 'host/year, as in ledger.example.org/2026'),
};

/** Stripe's account; left out, nobody can pay. Another server that speaks its protocol only outside of production. */
const stripe = {
  STRIPE_SECRET_KEY: z
    .string()
    .regex(/^[sr]k_(test|live)_\w+$/, 'must be a secret or restricted key of Stripe')
    .optional(),
  STRIPE_API_BASE: z.url({ protocol: /^https?$/ }).optional(),
};
const api = z.object({
  ...shared,
  ...stripe,
  /** Two while one replaces the other. */
  STRIPE_WEBHOOK_SECRETS: words.prefault(''),
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
  SESSION_KEY_FILE: file,
  KEY_PEPPERS: peppers,
  PLATFORM_ADMINS: addresses.prefault(''),
  INTERNAL_HOST: z.string().default('127.0.0.1'),
  INTERNAL_PORT: z.coerce.number().int().min(0).max(65_535).optional(),
  SIGN_UP: z.enum(['open', 'invited']).default('invited'),
  MAIL: z.enum(['mailbox', 'smtp']),
  RATE_LIMIT_PER_MINUTE: z.coerce.number().int().min(1).default(600),
  TRUST_PROXY: z.stringbool().default(false),
  /** What one internal key staged for a catalog, another must publish. */
  CATALOG_FOUR_EYES: z.stringbool().default(true),
});

const core = z.object({
  ...shared,
  ...stripe,
  RECEIPT_KEY_FILE: file,
  LEDGER_KEY_FILE: file,
  LEDGER_MLDSA_KEY_FILE: file.optional(),
  LEDGER_PREVIOUS_KEY_FILE: file.optional(),
  LEDGER_POLICY_FILE: file.optional(),
  WITNESS_SECONDS: z.coerce.number().min(1).max(3600).default(10),
  MAIL: z.enum(['mailbox', 'smtp']),
  SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  MAIL_FROM: z.string().default('DefendableCloud <no-reply@localhost>'),
  WORKFLOW_BUNDLE: z.string().min(1),
  FAULT_POINT: faultPoint.optional(),
});

const ledgerTool = z.object({
  DATABASE_URL: shared.DATABASE_URL,
  S3_ENDPOINT: shared.S3_ENDPOINT,
  S3_REGION: shared.S3_REGION,
  S3_ACCESS_KEY_ID: shared.S3_ACCESS_KEY_ID,
  S3_SECRET_ACCESS_KEY: shared.S3_SECRET_ACCESS_KEY,
  S3_PRIVATE_BUCKET: shared.S3_PRIVATE_BUCKET,
  S3_PUBLIC_BUCKET: shared.S3_PUBLIC_BUCKET,
  LEDGER_ORIGIN: shared.LEDGER_ORIGIN,
  RECEIPT_KEY_FILE: file.optional(),
});
const pdf = z.object({ ...shared, PUPPETEER_EXECUTABLE_PATH: z.string().optional() });

const runner = z.object({
  NODE_ENV: shared.NODE_ENV,
  LOG_LEVEL: shared.LOG_LEVEL,
  TEMPORAL_ADDRESS: shared.TEMPORAL_ADDRESS,
  TEMPORAL_NAMESPACE: shared.TEMPORAL_NAMESPACE,
  TASK_QUEUE_PREFIX: shared.TASK_QUEUE_PREFIX,
  RUNNER_URL: origin,
  RUNNER_KEY: z.string().regex(/^dcr_/, 'a runner key, as npm run internal-keys makes it'),
  RUNNER_NAME: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/),
  RUNNER_QUEUE: z.string().default('cpu'),
  RUNNER_COMMAND: z.string().default('python3 examples/runner/train.py'),
  RUNNER_FOLDER: z.string().default('.state/cooks'),
  RUNNER_SLOTS: z.coerce.number().int().min(1).max(64).default(1),
});

export type ApiConfig = z.output<typeof api>;
export type CoreConfig = z.output<typeof core>;
export type PdfConfig = z.output<typeof pdf>;
export type SharedConfig = Pick<PdfConfig, keyof typeof shared>;

/** Every fault of a configuration at once, by variable name; never a value. */
export class ConfigFault extends Error {
  override readonly name = 'ConfigFault';
}

export const readApiConfig = (env: NodeJS.ProcessEnv): ApiConfig => guardStripe(guardMailbox(read(api, env)));
export const readCoreConfig = (env: NodeJS.ProcessEnv): CoreConfig =>
  guardFaults(guardStripe(guardMailbox(read(core, env))));
export const readLedgerToolConfig = (env: NodeJS.ProcessEnv): z.output<typeof ledgerTool> => read(ledgerTool, env);
export const readRunnerConfig = (env: NodeJS.ProcessEnv): z.output<typeof runner> => read(runner, env);
export const readPdfConfig = (env: NodeJS.ProcessEnv): PdfConfig => read(pdf, env);

function read<S extends z.ZodType>(schema: S, env: NodeJS.ProcessEnv): z.output<S> {
  const result = schema.safeParse(env);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
  throw new ConfigFault(`The configuration is incomplete or wrong (see .env.example):\n${faults.join('\n')}`);
}

interface StripeConfig {
  readonly NODE_ENV: string;
  readonly STRIPE_SECRET_KEY?: string | undefined;
  readonly STRIPE_API_BASE?: string | undefined;
  readonly STRIPE_WEBHOOK_SECRETS?: readonly string[];
}

/** Money is real in production: no stand-in there, and no account whose webhooks could be forged. */
function guardStripe<C extends StripeConfig>(config: C): C {
  const { NODE_ENV, STRIPE_API_BASE, STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRETS } = config;
  if (NODE_ENV === 'production' && STRIPE_API_BASE !== undefined)
    throw new ConfigFault('STRIPE_API_BASE leads away from Stripe: it is for development and tests only.');
  if (STRIPE_SECRET_KEY !== undefined && STRIPE_WEBHOOK_SECRETS?.length === 0)
    throw new ConfigFault('STRIPE_SECRET_KEY needs STRIPE_WEBHOOK_SECRETS, as in whsec_….');
  return config;
}

function guardFaults(config: CoreConfig): CoreConfig {
  if (config.FAULT_POINT === undefined || config.NODE_ENV === 'test') return config;
  throw new ConfigFault('FAULT_POINT kills this process on purpose: it is for NODE_ENV=test only.');
}

/** The mailbox shows everyone's sign-in links, so it refuses to exist in production. */
function guardMailbox<C extends { readonly NODE_ENV: string; readonly MAIL: string; readonly SMTP_URL?: unknown }>(
  config: C,
): C {
  if (config.NODE_ENV === 'production' && config.MAIL === 'mailbox') {
    throw new ConfigFault('MAIL=mailbox shows sign-in links to anyone: in production set MAIL=smtp and SMTP_URL.');
  }
  if (config.MAIL === 'smtp' && 'SMTP_URL' in config && config.SMTP_URL === undefined) {
    throw new ConfigFault('MAIL=smtp needs SMTP_URL, as in smtp://user:password@mail.example.org:587.');
  }
  return config;
}
