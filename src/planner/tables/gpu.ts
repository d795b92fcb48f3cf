import { cell, type Cell } from './sources.js';

/** One kind of accelerator. Names are matched whole, never by a part: "l4" is not "l40". */
export interface Gpu {
  readonly slug: string;
  readonly name: string;
  readonly vendor: 'nvidia' | 'amd' | 'apple';
  readonly form: 'server' | 'workstation' | 'desktop' | 'laptop' | 'unified';
  /** Vendor's figure; for unified memory the largest configuration. */
  readonly memoryGb: Cell;
  /** Share of it that a program can have: in-band ECC, firmware, or what the system keeps of unified memory. */
  readonly usableShare: number;
  readonly bandwidthGbps: Cell;
  /** Dense matrix throughput with FP32 accumulation: never a vector figure, never a sparse one. */
  readonly bf16Tflops: Cell | null;
  readonly fp16Tflops: Cell | null;
  /** False for what was made before BF16: it must run FP16. */
  readonly bf16: boolean;
  /** One-way bandwidth to a neighbour in the same machine: NVLink, Infinity Fabric; null over PCIe. */
  readonly linkGbps: number | null;
}

/** In-band ECC of GDDR6 takes a sixteenth. */
export const INBAND_ECC = 15 / 16;
/** What firmware and driver keep of a card without in-band ECC. */
const PLAIN = 0.995;

type Row = Omit<Gpu, 'usableShare' | 'bf16' | 'linkGbps' | 'fp16Tflops' | 'bf16Tflops'> & Partial<Gpu>;
/** A row with what most rows share filled in. */
export const gpu = (row: Row): Gpu => ({
  usableShare: PLAIN,
  bf16: true,
  linkGbps: null,
  bf16Tflops: null,
  fp16Tflops: row.bf16Tflops ?? null,
  ...row,
});

/** Cells that the vendor and the TechPowerUp database agree on. */
export const card = (value: number): Cell => cell(value, 'nvidia', 'techpowerup');
export const radeon = (value: number): Cell => cell(value, 'amd', 'techpowerup');
