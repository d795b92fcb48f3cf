/** Deterministic 32-bit generator (mulberry32): the same file at every run. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const REGIONS = ['north', 'south', 'east', 'west'];

/** Card transactions of one year, 70,000 rows, about 3 MB of CSV: the source the numeric memo is drawn from. */
function transactions(): string {
  const random = generator(2026);
  const rows = ['id,day,region,amount_cents'];
  for (let i = 0; i < 70_000; i += 1) {
    const day = new Date(Date.UTC(2025, 0, 1 + Math.floor(random() * 365))).toISOString().slice(0, 10);
    rows.push(
      `tx-${String(i).padStart(7, '0')},${day},${REGIONS[Math.floor(random() * 4)] ?? ''},${String(Math.floor(random() * 48_000) + 200)}`,
    );
  }
  return `${rows.join('\n')}\n`;
}

/** The full output of a test run, about 3 MB. */
function testLog(): string {
  const random = generator(7);
  const lines = ['TAP version 13', '1..38000'];
  for (let i = 1; i <= 38_000; i += 1) {
    lines.push(
      `ok ${String(i)} - billing/rounding keeps cents exact for invoice ${String(i)} # time=${random().toFixed(3)}ms`,
    );
  }
  return `${lines.join('\n')}\n`;
}

/** Text layer of scanned invoices, about 2 MB. */
function scans(): string {
  const random = generator(11);
  const lines: string[] = [];
  for (let page = 1; page <= 900; page += 1) {
    lines.push(`--- page ${String(page)} ---`);
    for (let line = 0; line < 40; line += 1)
      lines.push(
        `${String(line).padStart(3)}  item ${String(Math.floor(random() * 9e6))}  qty ${String(1 + Math.floor(random() * 40))}  price ${(random() * 900).toFixed(2)}`,
      );
  }
  return `${lines.join('\n')}\n`;
}

export const largeFile = (kind: 'transactions' | 'test-log' | 'scans'): Uint8Array =>
  Buffer.from(kind === 'transactions' ? transactions() : kind === 'test-log' ? testLog() : scans());
