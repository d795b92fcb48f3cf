interface Signature {
  readonly type: string;
  readonly bytes: readonly number[];
}
/** First bytes that only one kind of file has. */
const signatures: readonly Signature[] = [
  { type: 'application/pdf', bytes: [0x25, 0x50, 0x44, 0x46, 0x2d] },
  { type: 'image/png', bytes: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] },
  { type: 'image/jpeg', bytes: [0xff, 0xd8, 0xff] },
  { type: 'image/gif', bytes: [0x47, 0x49, 0x46, 0x38] },
  { type: 'application/zip', bytes: [0x50, 0x4b, 0x03, 0x04] },
  { type: 'application/gzip', bytes: [0x1f, 0x8b, 0x08] },
  { type: 'application/x-elf', bytes: [0x7f, 0x45, 0x4c, 0x46] },
  { type: 'application/vnd.microsoft.portable-executable', bytes: [0x4d, 0x5a, 0x90, 0x00] },
  { type: 'application/x-ole-storage', bytes: [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1] },
];

/** What a file's first bytes say it is; null where they say nothing, as with text. */
export function sniffType(head: Uint8Array): string | null {
  return signatures.find(({ bytes }) => bytes.every((byte, i) => head[i] === byte))?.type ?? null;
}

/** Longest UTF-8 sequence: where a head was cut, its last character may be broken. */
const CUT_BYTES = 4;

/** What the first bytes say, with text told apart from unknown binary. */
export function typeOf(head: Uint8Array, isCut: boolean): string | null {
  const ends = isCut ? Array.from({ length: CUT_BYTES }, (_, i) => head.length - i) : [head.length];
  return sniffType(head) ?? (ends.some((end) => asUtf8(head.subarray(0, end)) !== undefined) ? 'text/plain' : null);
}

/** The bytes as text; undefined when they are not UTF-8 or hold a NUL. */
export function asUtf8(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Bit 0 of the flags in a ZIP's first header: its entries are encrypted. */
const ZIP_FLAGS = 6;

/** Marks of content that runs or hides: macros, scripts, executables, encrypted archives. */
export function activeContent(head: Buffer, mediaType: string): readonly string[] {
  const type = sniffType(head);
  const has = (mark: string): boolean => head.includes(mark);
  const marks: string[] = [];
  if (type === 'application/zip') {
    if (has('vbaProject.bin')) marks.push('macro');
    if (((head[ZIP_FLAGS] ?? 0) & 1) === 1) marks.push('encrypted archive');
  }
  if (type === 'application/x-ole-storage' && (has('_VBA_PROJECT') || has('V\0B\0A\0'))) marks.push('macro');
  if (type === 'application/pdf' && (has('/JavaScript') || has('/Launch'))) marks.push('script');
  if (type === 'application/x-elf' || type === 'application/vnd.microsoft.portable-executable')
    marks.push('executable');
  const isMarkup = /^(?:text\/html|image\/svg\+xml|application\/xhtml\+xml)/.test(mediaType);
  if (isMarkup && /<script[\s>]|\son[a-z]{3,20}\s*=/i.test(head.toString('latin1'))) marks.push('script');
  return marks;
}
