export const personalKinds = ['email', 'phone', 'iban', 'card', 'ssn', 'nino'] as const;
export type PersonalKind = (typeof personalKinds)[number];
interface Pattern {
  readonly pattern: RegExp;
  readonly valid: (match: string) => boolean;
}

/** Shapes of personal data, each with the check its issuer defined, so that a number of the same length is none. */
const patterns: Readonly<Record<PersonalKind, Pattern>> = {
  email: {
    pattern: /\b[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}\b/g,
    valid: (match) => !/(?:^|[@.])(?:example\.(?:com|org|net)|example|test|invalid|localhost)$/i.test(match),
  },
  phone: { pattern: /(?<![\w+])\+[1-9]\d{0,2}[ -]?(?:\(?\d{1,4}\)?[ -]?){2,5}\d\b/g, valid: isPhone },
  iban: { pattern: /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b/g, valid: isIban },
  card: { pattern: /(?<![\w.])[2-6]\d{3}(?:[ -]?\d){9,15}(?![ -]?\d)/g, valid: isCard },
  ssn: { pattern: /(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])/g, valid: isSsn },
  nino: { pattern: /\b[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b/g, valid: isNino },
};

/** How much personal data of which kind a text holds, each with its first occurrence masked. */
export function findPersonalData(
  text: string,
): readonly { readonly kind: PersonalKind; readonly count: number; readonly masked: string }[] {
  return personalKinds.flatMap((kind) => {
    const { pattern, valid } = patterns[kind];
    const found = [...text.matchAll(pattern)].map(([match]) => match).filter(valid);
    const [first] = found;
    return first === undefined ? [] : [{ kind, count: found.length, masked: mask(first) }];
  });
}

/** The first character and the length. */
const mask = (text: string): string => `${text.slice(0, 1)}${'*'.repeat(Math.min(text.length - 1, 12))}`;

const digitsOf = (text: string): string => text.replaceAll(/\D/g, '');

function isPhone(match: string): boolean {
  const { length } = digitsOf(match);
  return length >= 8 && length <= 15;
}

/** ISO 13616: the digits of the rearranged number leave 1 when divided by 97. */
function isIban(match: string): boolean {
  const plain = match.replaceAll(' ', '');
  if (plain.length < 15 || plain.length > 34) return false;
  let rest = 0;
  for (const character of plain.slice(4) + plain.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}

/** Number ranges that are issued, with their lengths. */
const issued = /^(?:4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3[068]\d{12}|35\d{14}|6\d{15})$/;

/** ISO 7812: a number of an issued range with Luhn's check digit. */
function isCard(match: string): boolean {
  const digits = digitsOf(match);
  if (!issued.test(digits)) return false;
  let sum = 0;
  Array.from(digits)
    .reverse()
    .forEach((digit, i) => {
      const value = Number(digit) * (i % 2 === 1 ? 2 : 1);
      sum += value > 9 ? value - 9 : value;
    });
  return sum % 10 === 0;
}

/** Areas, groups and serials that are never issued are no numbers of anyone. */
function isSsn(match: string): boolean {
  const [area = '', group = '', serial = ''] = match.split('-');
  return area !== '000' && area !== '666' && area < '900' && group !== '00' && serial !== '0000';
}

function isNino(match: string): boolean {
  const prefix = match.slice(0, 2);
  return (
    !/[DFIQUV]/.test(prefix) && !prefix.endsWith('O') && !['BG', 'GB', 'KN', 'NK', 'NT', 'TN', 'ZZ'].includes(prefix)
  );
}
