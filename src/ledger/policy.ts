import { parseCosigner, type Cosigner } from './cosignature.js';
import { NoteFault } from './note.js';

/** C2SP tlog-policy: a witness of the log, and where it takes checkpoints. */
export interface Witness {
  readonly name: string;
  readonly cosigner: Cosigner;
  readonly vkey: string;
  readonly url: string | undefined;
}
interface Group {
  readonly name: string;
  readonly threshold: number;
  readonly members: readonly string[];
}
/** C2SP tlog-policy: whom to believe that a checkpoint was seen by others too. */
export interface WitnessPolicy {
  readonly witnesses: readonly Witness[];
  readonly groups: readonly Group[];
  /** A witness, a group, or none. */
  readonly quorum: string;
}

/** The policy of a log that nobody witnesses. */
export const NO_WITNESSES = 'quorum none\n';
const MAX_BYTES = 65_536;
const MAX_LINES = 256;

/** Reads a policy file. `log` lines are left to others: the log itself knows its keys. Throws NoteFault with the line. */
export function parsePolicy(text: string): WitnessPolicy {
  const lines = text.split('\n');
  if (Buffer.byteLength(text) > MAX_BYTES || lines.length > MAX_LINES) throw new NoteFault('the policy is too large');
  const witnesses: Witness[] = [];
  const groups: Group[] = [];
  const free = new Set<string>();
  const known = new Set<string>(['none']);
  const keys = new Set<string>();
  let quorum: string | undefined;
  lines.forEach((line, i) => {
    const fail = (why: string): never => {
      throw new NoteFault(`line ${String(i + 1)} of the policy: ${why}`);
    };
    const define = (name: string): void => {
      if (known.has(name)) fail(`${name} is defined twice`);
      known.add(name);
      free.add(name);
    };
    const [word = '', ...words] = line.split(/[ \t]+/).filter((one) => one !== '');
    if (word === '' || word.startsWith('#') || word === 'log') return;
    const [name = fail('a name is missing'), second = '', ...more] = words;
    switch (word) {
      case 'witness': {
        const cosigner = parseCosigner(second);
        if (keys.has(cosigner.publicKey.toString('hex'))) fail('two witnesses have one key');
        if (more.length > 1) fail('a witness has a name, a key and a URL');
        keys.add(cosigner.publicKey.toString('hex'));
        define(name);
        witnesses.push({ name, cosigner, vkey: second, url: more[0] });
        return;
      }
      case 'group': {
        const threshold = second === 'all' ? more.length : second === 'any' ? 1 : Number(second);
        if (!Number.isInteger(threshold) || threshold < 1 || threshold > more.length)
          fail('the threshold is not between 1 and the number of members');
        for (const member of more) if (!free.delete(member)) fail(`${member} is unknown, or in a group already`);
        define(name);
        groups.push({ name, threshold, members: more });
        return;
      }
      case 'quorum':
        if (quorum !== undefined) fail('there are two quorums');
        if (!known.has(name) || words.length > 1) fail(`the quorum ${name} is not defined`);
        quorum = name;
        return;
      default:
        fail(`${word} is no keyword`);
    }
  });
  if (quorum === undefined) throw new NoteFault('the policy has no quorum line');
  return { witnesses, groups, quorum };
}

/** Writes the policy that a verifier of this log needs, in the order that the format wants. */
export function policyText(logVkeys: readonly string[], { witnesses, groups, quorum }: WitnessPolicy): string {
  return [
    ...logVkeys.map((vkey) => `log ${vkey}\n`),
    ...witnesses.map(({ name, vkey, url }) => `witness ${name} ${vkey}${url === undefined ? '' : ` ${url}`}\n`),
    ...groups.map(({ name, threshold, members }) => `group ${name} ${String(threshold)} ${members.join(' ')}\n`),
    `quorum ${quorum}\n`,
  ].join('');
}

/** Whether the witnesses that cosigned are enough. Without witnesses every checkpoint is. */
export function reachesQuorum({ groups, quorum }: WitnessPolicy, cosigned: ReadonlySet<string>): boolean {
  if (quorum === 'none') return true;
  const met = new Set(cosigned);
  for (const { name, threshold, members } of groups)
    if (members.filter((member) => met.has(member)).length >= threshold) met.add(name);
  return met.has(quorum);
}
