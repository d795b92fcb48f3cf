import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkExports } from './interop/exports.js';
import { cacheDir, root } from './stack/paths.js';

/** Other people's verifiers over a fresh demo receipt: each accepts ours and refuses three tamperings. */
const tools = join(cacheDir, 'interop-v1');
const home = join(root, 'scripts', 'interop');

interface Check {
  readonly name: string;
  readonly command: readonly string[];
  /** Files of the demo folder in which one byte is changed, each of which must make the check fail. */
  readonly tamper: readonly (readonly [file: string, change: (text: Buffer) => Buffer])[];
}

function run(command: readonly string[], cwd = root): { readonly ok: boolean; readonly said: string } {
  const [program = '', ...args] = command;
  const { status, error, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  return { ok: status === 0, said: error ? error.message : `${stdout}${stderr}`.trim() };
}

/** Runs a step of an installation; what fails says how to cure it. */
function need(cure: string, command: readonly string[], cwd = root): void {
  const { ok, said } = run(command, cwd);
  if (!ok) throw new Error(`${command.join(' ')} failed: ${said.slice(-600)}\nCure: ${cure}`);
}

function install(): void {
  if (existsSync(join(tools, '.installed'))) return;
  mkdirSync(join(tools, 'go'), { recursive: true });
  mkdirSync(join(tools, 'npm'), { recursive: true });
  const venv = 'install python3 with its venv module, and make PyPI reachable';
  need(venv, ['python3', '-m', 'venv', join(tools, 'py')]);
  need(venv, [join(tools, 'py', 'bin', 'pip'), 'install', '-q', '-r', join(home, 'requirements.txt')]);
  writeFileSync(join(tools, 'npm', 'package.json'), '{"private":true}');
  const packages = ['@sigstore/verify@4.1.3', '@sigstore/bundle', '@sigstore/protobuf-specs'];
  need(
    'make the npm registry reachable',
    ['npm', 'install', '--no-audit', '--no-fund', '--engine-strict=false', ...packages],
    join(tools, 'npm'),
  );
  const go = 'install Go 1.24 or newer, and make its module proxy reachable';
  cpSync(join(home, 'main.go'), join(tools, 'go', 'main.go'));
  const modules = [
    'golang.org/x/mod@v0.42.0',
    'github.com/transparency-dev/formats@v0.1.1',
    'github.com/transparency-dev/merkle@v0.0.2',
    'github.com/transparency-dev/tessera@v1.0.4',
  ];
  if (!existsSync(join(tools, 'go', 'go.mod'))) need(go, ['go', 'mod', 'init', 'interop'], join(tools, 'go'));
  need(go, ['go', 'get', ...modules, 'github.com/transparency-dev/tessera/cmd/fsck@v1.0.4'], join(tools, 'go'));
  need(go, ['go', 'build', '-o', join(tools, 'gocheck'), '.'], join(tools, 'go'));
  need(
    go,
    ['go', 'build', '-o', join(tools, 'fsck'), 'github.com/transparency-dev/tessera/cmd/fsck'],
    join(tools, 'go'),
  );
  writeFileSync(join(tools, '.installed'), '');
}

/** Changes one bit of one byte, counted from the end when negative. */
const flip =
  (at: number) =>
  (bytes: Buffer): Buffer => {
    const changed = Buffer.from(bytes);
    const index = at < 0 ? bytes.length + at : at;
    changed[index] = (changed[index] ?? 0) ^ 1;
    return changed;
  };
/** Replaces a character some way after a marker with another of its alphabet. */
const after =
  (marker: string, skip = 20) =>
  (bytes: Buffer): Buffer => {
    const text = bytes.toString('utf8');
    const at = text.indexOf(marker) + marker.length + skip;
    return Buffer.from(text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1));
  };

const python = (check: string): readonly string[] => [
  join(tools, 'py', 'bin', 'python'),
  join(home, 'check.py'),
  check,
];
const BUNDLE = 'receipt.sigstore.json';
const checks: readonly Check[] = [
  {
    name: 'x/mod note and tlog, formats, merkle',
    command: [join(tools, 'gocheck')],
    tamper: [
      ['checkpoint', after('\n', 3)],
      ['entry.bin', flip(200)],
      ['receipt.tlog-proof', flip(-10)],
    ],
  },
  {
    name: 'Tessera fsck over the published tiles',
    command: [join(tools, 'fsck')],
    tamper: [
      ['log/checkpoint', after('\n', 3)],
      ['log/tile/entries/000.p/1', flip(100)],
      ['log/tile/0/000.p/1', flip(3)],
    ],
  },
  {
    name: '@sigstore/verify',
    command: [process.execPath, join(home, 'check.mjs'), join(tools, 'npm')],
    tamper: [
      [BUNDLE, after('"payload": "')],
      [BUNDLE, after('"sig": "')],
      [BUNDLE, after('"canonicalizedBody": "', 100)],
    ],
  },
  {
    name: 'securesystemslib DSSE',
    command: python('dsse'),
    tamper: [
      [BUNDLE, after('"payload": "')],
      [BUNDLE, after('"sig": "')],
      [BUNDLE, after('"payloadType": "', 4)],
    ],
  },
  {
    name: 'in-toto-attestation',
    command: python('in-toto'),
    tamper: [
      [BUNDLE, restate('"_type":"https://in-toto.io/Statement/v1"', '"_type":"x"')],
      [BUNDLE, restate('"predicateType"', '"predicateKind"')],
      [BUNDLE, restate('"subject":[', '"subject":[],"x":[')],
    ],
  },
  {
    name: 'rfc8785',
    command: python('jcs'),
    tamper: [
      [BUNDLE, restate('{"_type"', '{ "_type"')],
      [BUNDLE, restate('"attempt":', '"attempt": ')],
      ['entry.bin', (bytes) => Buffer.from(bytes.toString().replace('{', '{ '))],
    ],
  },
  {
    name: 'sd-jwt',
    command: python('sd-jwt'),
    tamper: [
      ['receipt.sd-jwt', flip(200)],
      ['receipt.sd-jwt', after('.', 30)],
      [
        'receipt.sd-jwt',
        (bytes) =>
          Buffer.from(bytes.toString().replace(/\.([A-Za-z0-9_-]{20})[A-Za-z0-9_-]([A-Za-z0-9_-]+)~/, '.$1_$2~')),
      ],
    ],
  },
  {
    name: 'scitt-cose',
    command: python('cose'),
    tamper: [
      ['receipt.cose', flip(-5)],
      ['receipt.cose', flip(12)],
      ['entry.bin', flip(50)],
    ],
  },
];

/** Rewrites the signed payload itself, as a forger would. */
function restate(from: string, to: string): (bytes: Buffer) => Buffer {
  return (bytes) =>
    Buffer.from(
      bytes.toString().replace(/"payload": "([^"]+)"/, (_, payload: string) => {
        const text = Buffer.from(payload, 'base64').toString().replace(from, to);
        return `"payload": "${Buffer.from(text).toString('base64')}"`;
      }),
    );
}

function accepts({ command }: Check, folder: string): { readonly ok: boolean; readonly said: string } {
  const isFsck = command[0]?.endsWith('fsck') === true;
  const place = isFsck
    ? ['--storage_url', `file://${join(folder, 'log')}/`, '--public_key', join(folder, 'log.vkey'), '--ui=false']
    : [folder];
  const { ok, said } = run([...command, ...place]);
  // Tessera's fsck ends with 0 whatever it found: its last words count.
  return { ok: ok && (!isFsck || said.includes("Successfully fsck'd")), said };
}

const work = mkdtempSync(join(tmpdir(), 'dc-interop-'));
try {
  await checkExports(join(work, 'exports'));
  install();
  const sound = join(work, 'sound');
  need('see what the demo says', [process.execPath, join(root, 'dist', 'scripts', 'demo.js'), '--out', sound]);
  for (const check of checks) {
    const { ok, said } = accepts(check, sound);
    if (!ok) throw new Error(`${check.name} refuses our receipt: ${said.slice(-600)}`);
    for (const [i, [file, change]] of check.tamper.entries()) {
      const forged = join(work, 'forged');
      cpSync(sound, forged, { recursive: true });
      const before = readFileSync(join(forged, file));
      const changed = change(before);
      if (changed.equals(before)) throw new Error(`${check.name}: tampering ${String(i)} of ${file} changes nothing`);
      writeFileSync(join(forged, file), changed);
      if (accepts(check, forged).ok) throw new Error(`${check.name} accepts tampering ${String(i)} of ${file}`);
      rmSync(forged, { recursive: true });
    }
    process.stdout.write(`ok  ${check.name}: accepts ours, refuses ${String(check.tamper.length)} tamperings\n`);
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
