import { scenarios } from './conformance/scenarios.js';
import { openStage } from './conformance/server.js';

const USAGE = `Usage: npm run runner:conformance -- URL KEY

Plays a server at URL, as in http://127.0.0.1:4100, that takes KEY. Start your runner with both; it is given one cook
after the other, and every rule of the protocol is judged. Its trainer must obey hyper.epochs: 6 is short, 10000 long.
`;
/** How long a runner may take over one scenario. */
const LIMIT_MS = 60_000;

const [url, key] = process.argv.slice(2);
if (url === undefined || key === undefined || !URL.canParse(url)) {
  process.stderr.write(USAGE);
  process.exitCode = 2;
} else {
  const stage = await openStage(url, key);
  process.stdout.write(`Listening at ${url}. Start the runner.\n`);
  let broken = 0;
  const rules = scenarios();
  for (const scenario of rules) {
    const faults = scenario.faults(await stage.play(scenario, LIMIT_MS));
    if (faults.length > 0) broken += 1;
    process.stdout.write(`${faults.length === 0 ? 'kept  ' : 'BROKEN'}  ${scenario.rule}\n`);
    for (const fault of faults) process.stdout.write(`          ${fault}\n`);
  }
  await stage.close();
  process.stdout.write(`${String(rules.length - broken)} of ${String(rules.length)} rules kept.\n`);
  process.exitCode = broken === 0 ? 0 : 1;
}
