import { constants } from 'node:fs';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer, { type Browser } from 'puppeteer';

/** Prints HTML of ours as PDF. JavaScript is off and every request but data: is refused. */
export interface PdfPrinter {
  print(html: string, footer: string): Promise<Buffer>;
  close(): Promise<void>;
}

const SYSTEM = [
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];
const PRINT_TIMEOUT_MS = 15_000;
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
    const executablePath = await findChromium(configured, scratch);
    const sandbox = process.getuid?.() === 0 || executablePath.startsWith(scratch) ? ['--no-sandbox'] : [];
    const browser = await puppeteer.launch({
      executablePath,
      headless: 'shell',
      args: [...FLAGS, ...sandbox],
      userDataDir: join(scratch, 'profile'),
    });
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
    async print(html, footer) {
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
        const pdf = await page.pdf({
          format: 'A4',
          timeout: PRINT_TIMEOUT_MS,
          printBackground: true,
          tagged: true,
          displayHeaderFooter: true,
          headerTemplate: '<span></span>',
          footerTemplate: footer,
          margin: { top: '16mm', bottom: '18mm', left: '14mm', right: '14mm' },
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

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
