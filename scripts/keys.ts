import { join } from 'node:path';
import { makeKeys } from './stack/keys.js';
import { rotateSessionKeys, rotationSteps } from './stack/session-keys.js';

const USAGE = `Usage: npm run keys -- DIR
  makes the signing keys and the peppers of a deployment in a folder, once
Usage: npm run keys -- DIR session ${rotationSteps.join('|')}
  rotates the keys that sign access tokens, with an overlap: one step an hour
`;

const [folder, what, word] = process.argv.slice(2);
const step = rotationSteps.find((one) => one === word);
if (folder === undefined || (what !== undefined && (what !== 'session' || step === undefined))) {
  process.stderr.write(USAGE);
  process.exitCode = 2;
} else if (step === undefined) {
  const { PEPPER: _pepper, KEY_PEPPERS: _keyPeppers, ...files } = makeKeys(folder);
  for (const [name, value] of Object.entries(files)) process.stdout.write(`${name}=${value ?? ''}\n`);
  process.stdout.write(`PEPPER is in ${folder}/pepper\nKEY_PEPPERS is 1: and what is in ${folder}/key-pepper\n`);
} else {
  try {
    process.stdout.write(`${rotateSessionKeys(join(folder, 'session.pem'), step)}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
