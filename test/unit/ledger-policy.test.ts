import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cosignerVkey } from '../../src/ledger/cosignature.js';
import { NoteFault } from '../../src/ledger/note.js';
import { NO_WITNESSES, parsePolicy, policyText, reachesQuorum } from '../../src/ledger/policy.js';

const vkey = (n: number): string =>
  cosignerVkey({ name: `w${String(n)}.example`, type: 'ed25519', publicKey: Buffer.alloc(32, n) });
const nested = `# ours
log example.org/log+00000000+AQ==

witness X1 ${vkey(1)} https://x1.example
witness X2 ${vkey(2)}
  witness\tX3 ${vkey(3)}
group X 2 X1 X2 X3
witness Y1 ${vkey(4)}
witness Y2 ${vkey(5)}
group Y any Y1 Y2
group both all X Y
quorum both
`;

test.each([
  [['X1', 'X2', 'Y1'], true],
  [['X1', 'X2', 'X3'], false],
  [['X1', 'Y1', 'Y2'], false],
  [[], false],
])('of two nested groups, %p is enough: %p', (cosigned, enough) => {
  expect(reachesQuorum(parsePolicy(nested), new Set(cosigned))).toBe(enough);
});

test('without witnesses nobody is asked for', () => {
  expect(reachesQuorum(parsePolicy(NO_WITNESSES), new Set())).toBe(true);
});

test('a policy that is written reads back as the same', () => {
  const policy = parsePolicy(nested);
  expect(parsePolicy(policyText(['example.org/log+00000000+AQ=='], policy))).toEqual(policy);
});

test.each([
  ['no quorum', `witness X1 ${vkey(1)}\n`],
  ['two quorums', 'quorum none\nquorum none\n'],
  ['an unknown member', `witness X1 ${vkey(1)}\ngroup g any X1 X2\nquorum g\n`],
  ['a member of two groups', `witness X1 ${vkey(1)}\ngroup g any X1\ngroup h any X1\nquorum g\n`],
  ['a threshold that is too high', `witness X1 ${vkey(1)}\ngroup g 2 X1\nquorum g\n`],
  ['one key twice', `witness X1 ${vkey(1)}\nwitness X2 ${vkey(1)}\nquorum X1\n`],
  ['one name twice', `witness X1 ${vkey(1)}\nwitness X1 ${vkey(2)}\nquorum X1\n`],
  ['an unknown word', 'wetness X1\nquorum none\n'],
  ['a quorum defined later', `quorum X1\nwitness X1 ${vkey(1)}\n`],
])('a policy with %s is refused by name', (_, text) => {
  expect(() => parsePolicy(text)).toThrow(NoteFault);
});

test('no text crashes the reader: it reads or names its fault', () => {
  const words = fc.constantFrom(
    'witness',
    'group',
    'quorum',
    'log',
    'none',
    'any',
    'all',
    '1',
    'X',
    vkey(1),
    ' ',
    '\n',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(words, fc.string()), { maxLength: 40 }), (parts) => {
      try {
        parsePolicy(parts.join(' '));
      } catch (error) {
        expect(error).toBeInstanceOf(NoteFault);
      }
    }),
  );
});
