import { planCommand } from './planner/cli.js';
import { run } from './verifier/cli.js';

const terminal = {
  out: (text: string) => process.stdout.write(text),
  error: (text: string) => process.stderr.write(text),
};
const [command, ...rest] = process.argv.slice(2);
process.exitCode = command === 'plan' ? await planCommand(rest, terminal) : await run(process.argv.slice(2), terminal);
