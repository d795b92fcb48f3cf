import { makeKeys } from './stack/keys.js';

/** Makes the signing keys and the pepper of a deployment in a folder, once: npm run keys -- DIR. */
const [folder] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write('Usage: npm run keys -- DIR\n');
  process.exitCode = 2;
} else {
  const { PEPPER: _pepper, ...files } = makeKeys(folder);
  for (const [name, value] of Object.entries(files)) process.stdout.write(`${name}=${value ?? ''}\n`);
  process.stdout.write(`PEPPER is in ${folder}/pepper\n`);
}
