// Makes a fresh clone runnable: installs, builds, then runs one of our scripts. Plain Node, because nothing is there yet.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const fail = (message) => {
  console.error(`\n${message}`);
  process.exit(1);
};
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19))
  fail(`Node ${process.versions.node} is too old. Install Node 20.19 or newer.`);

const stampOf = (files) => {
  const hash = createHash('sha256').update(process.platform + process.arch + process.versions.modules);
  for (const file of files) hash.update(file).update(readFileSync(file));
  return hash.digest('hex');
};
const upToDate = (path, stamp) => existsSync(path) && readFileSync(path, 'utf8') === stamp;
const run = (title, command, args) => {
  console.error(`${title} …`);
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (error || status !== 0) fail(`${title} failed. Run it by hand to see why: ${command} ${args.join(' ')}`);
};

const installed = join(root, 'node_modules', '.installed');
const lock = stampOf([join(root, 'package-lock.json')]);
if (!upToDate(installed, lock)) {
  run('Installing packages', 'npm', ['ci', '--no-audit', '--no-fund']);
  writeFileSync(installed, lock);
}

const sources = ['src', 'workflows', 'activities', 'workers', 'scripts', 'test']
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true }).map((name) => join(root, folder, String(name))),
  )
  .filter((path) => /\.tsx?$/.test(path))
  .sort();
const built = join(root, 'dist', '.built');
const build = stampOf([join(root, 'package-lock.json'), join(root, 'tsconfig.json'), ...sources]);
if (!upToDate(built, build)) {
  rmSync(built, { force: true });
  run('Building', process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', root]);
  run('Bundling workflows', process.execPath, [join(root, 'dist', 'scripts', 'bundle-workflows.js')]);
  run('Bundling the verifier', process.execPath, [join(root, 'dist', 'scripts', 'bundle-verifier.js')]);
  mkdirSync(dirname(built), { recursive: true });
  writeFileSync(built, build);
}

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
const [script, ...args] = process.argv.slice(2);
const child = spawn(process.execPath, [join(root, 'dist', 'scripts', `${script}.js`), ...args], {
  cwd: root,
  stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 130 : 1)));
