import { chainNext, chainSeed } from './entry.js';
import { edgeRoot, leafHash, nodeHash, TILE_HEIGHT, type RightEdge } from './tree.js';

/** What went wrong with the log, and at which index first. */
export interface LedgerFault {
  readonly code:
    | 'leaf_hash'
    | 'chain'
    | 'gap'
    | 'head'
    | 'checkpoint'
    | 'signature'
    | 'cosignature'
    | 'subtree'
    | 'tile'
    | 'published'
    | 'lifecycle'
    | 'coverage';
  readonly index: number | null;
  readonly detail: string;
}
export interface LeafRecord {
  readonly idx: number;
  readonly entry: Buffer;
  readonly leafHash: Buffer;
  readonly chain: Buffer;
}

/** Where a replay stands: all that is needed to go on from there. */
export interface ReplayState {
  readonly edge: RightEdge;
  readonly chain: Buffer;
}

const MAX_FAULTS = 20;

/** The state before the first leaf. */
export const beginning = (origin: string): ReplayState => ({
  edge: { size: 0, hashes: [] },
  chain: chainSeed(origin),
});

/** Recomputes chain and tree from the leaf bytes alone, leaf by leaf; what the rows say is only compared. */
export class LogReplay {
  readonly faults: LedgerFault[] = [];
  /** Roots of full tiles that were completed on the way, by tile level and index. */
  readonly completed: { readonly level: number; readonly index: number; readonly hash: Buffer }[] = [];
  #size: number;
  readonly #hashes: Buffer[];
  #chain: Buffer;

  constructor({ edge, chain }: ReplayState) {
    this.#size = edge.size;
    this.#hashes = [...edge.hashes];
    this.#chain = chain;
  }

  add(leaf: LeafRecord): void {
    const index = this.#size;
    if (leaf.idx !== index) this.#fault('gap', index, `index ${String(leaf.idx)} where ${String(index)} belongs`);
    const hash = leafHash(leaf.entry);
    if (!hash.equals(leaf.leafHash)) this.#fault('leaf_hash', index, 'the stored leaf hash is not that of the entry');
    this.#chain = chainNext(this.#chain, hash);
    if (!this.#chain.equals(leaf.chain))
      this.#fault('chain', index, 'the stored chain value does not follow from the one before');
    this.#append(hash);
  }

  /** Compares with what was signed for the size reached now. */
  meet(root: Buffer): void {
    if (this.root.equals(root)) return;
    this.#fault('checkpoint', this.#size - 1, `the tree of size ${String(this.#size)} is not the one signed`);
  }

  get size(): number {
    return this.#size;
  }
  get chain(): Buffer {
    return this.#chain;
  }
  get edge(): RightEdge {
    return { size: this.#size, hashes: [...this.#hashes] };
  }
  /** The recomputed root. */
  get root(): Buffer {
    return edgeRoot({ size: this.#size, hashes: this.#hashes });
  }

  /** appendLeaf of tree.ts without its copies: a replay of a million leaves needs none of the trees between. */
  #append(leaf: Buffer): void {
    let hash = leaf;
    let index = this.#size;
    for (let level = 1; index % 2 === 1; level += 1) {
      const left = this.#hashes.pop();
      if (!left) throw new Error('LogReplay: the right edge is shorter than its size says');
      hash = nodeHash(left, hash);
      index = (index - 1) / 2;
      if (level % TILE_HEIGHT === 0) this.completed.push({ level: level / TILE_HEIGHT, index, hash });
    }
    this.#hashes.push(hash);
    this.#size += 1;
  }

  #fault(code: LedgerFault['code'], index: number, detail: string): void {
    if (this.faults.length < MAX_FAULTS) this.faults.push({ code, index, detail });
  }
}
