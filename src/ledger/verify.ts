import { chainNext, chainSeed } from './entry.js';
import { appendLeaf, edgeRoot, leafHash, type RightEdge } from './tree.js';

/** What went wrong with the log, and at which index first. */
export interface LedgerFault {
  readonly code:
    'leaf_hash' | 'leaf_id' | 'chain' | 'gap' | 'root' | 'head' | 'checkpoint' | 'signature' | 'tile' | 'published';
  readonly index: number | null;
  readonly detail: string;
}
export interface LeafRecord {
  readonly idx: number;
  readonly entry: Buffer;
  readonly leafHash: Buffer;
  readonly chain: Buffer;
}

/** Recomputes chain and tree from the leaf bytes alone, leaf by leaf; what the rows say is only compared. */
export class LogReplay {
  edge: RightEdge = { size: 0, hashes: [] };
  chain: Buffer;
  readonly faults: LedgerFault[] = [];
  readonly #roots: Map<number, Buffer>;
  readonly #reached = new Map<number, Buffer>();

  /** `roots` are the checkpoints' roots by size, to be met on the way. */
  constructor(origin: string, roots: ReadonlyMap<number, Buffer>) {
    this.chain = chainSeed(origin);
    this.#roots = new Map(roots);
    this.#meet();
  }

  add(leaf: LeafRecord): void {
    const index = this.edge.size;
    if (leaf.idx !== index) this.#fault('gap', index, `index ${String(leaf.idx)} where ${String(index)} belongs`);
    const hash = leafHash(leaf.entry);
    if (!hash.equals(leaf.leafHash)) this.#fault('leaf_hash', index, 'the stored leaf hash is not that of the entry');
    this.chain = chainNext(this.chain, hash);
    if (!this.chain.equals(leaf.chain))
      this.#fault('chain', index, 'the stored chain value does not follow from the one before');
    this.edge = appendLeaf(this.edge, hash).edge;
    this.#meet();
  }

  /** The recomputed root. */
  get root(): Buffer {
    return edgeRoot(this.edge);
  }

  /** Checkpoints whose size was never reached: something is missing at the end. */
  unmet(): readonly number[] {
    return [...this.#roots.keys()].filter((size) => !this.#reached.has(size));
  }

  #meet(): void {
    const expected = this.#roots.get(this.edge.size);
    if (!expected) return;
    this.#reached.set(this.edge.size, expected);
    if (!this.root.equals(expected))
      this.#fault('checkpoint', this.edge.size - 1, `the tree of size ${String(this.edge.size)} is not the one signed`);
  }

  #fault(code: LedgerFault['code'], index: number, detail: string): void {
    if (this.faults.length < 20) this.faults.push({ code, index, detail });
  }
}
