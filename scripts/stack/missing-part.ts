/** A part of the stack can't be had; the message names every way to cure it. */
export class MissingPart extends Error {
  override readonly name = 'MissingPart';

  constructor(part: string, tried: readonly string[], cures: readonly string[]) {
    const list = (lines: readonly string[]): string => lines.map((line) => `  - ${line}`).join('\n');
    super(`${part} could not be had.\nTried:\n${list(tried)}\nAny one of these cures it:\n${list(cures)}`);
  }
}
