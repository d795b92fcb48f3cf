/** A block format: so many weights in so many bytes, scales and zero points included. */
interface Block {
  readonly weights: number;
  readonly bytes: number;
}
/** Matrices that a k-quant mixture stores in a finer format than the rest, and in which share of the layers. */
interface Raised {
  readonly matrices: readonly ('down' | 'value' | 'output')[];
  readonly share: number;
  readonly as: Block;
}
/** How weights are stored. */
export interface Quantization {
  readonly name: string;
  readonly family: 'float' | 'bitsandbytes' | 'gptq' | 'awq' | 'gguf' | 'mxfp4';
  readonly body: Block;
  /** Embeddings, output head and norms. */
  readonly embedding: Block;
  readonly raised: readonly Raised[];
  /** Only expert matrices are quantized, the rest stays in 16 bits. */
  readonly expertsOnly: boolean;
  /** Precision of the arithmetic. */
  readonly compute: 'fp32' | 'fp16' | 'fp8';
}
const block = (weights: number, bytes: number): Block => ({ weights, bytes });
const half = block(1, 2);
const q2k = block(256, 84);
const q3k = block(256, 110);
const q4k = block(256, 144);
const q5k = block(256, 176);
const q6k = block(256, 210);
const q8 = block(32, 34);
const nf4 = block(64, 36);
/** Double quantization: an 8-bit constant per 64 weights, one float per 256 of those. */
const nf4dq = block(64 * 256, 64 * 128 + 256 + 4);
/** 4 bits, a 16-bit scale and a 4-bit zero point per 128 weights. */
const int4g128 = block(256, 133);
const int8g128 = block(128, 131);

type Row = Pick<Quantization, 'name' | 'family' | 'body'> & Partial<Quantization>;
const row = (given: Row): Quantization => ({
  embedding: half,
  raised: [],
  expertsOnly: false,
  compute: 'fp16',
  ...given,
});
const gguf = (name: string, body: Block, raised: readonly Raised[] = [], embedding: Block = q6k): Quantization =>
  row({ name, family: 'gguf', body, embedding, raised });

/** Quantizations by the arithmetic of their blocks. */
export const quantizations: readonly Quantization[] = [
  row({ name: 'fp32', family: 'float', body: block(1, 4), embedding: block(1, 4), compute: 'fp32' }),
  row({ name: 'bf16', family: 'float', body: half }),
  row({ name: 'fp16', family: 'float', body: half }),
  row({ name: 'fp8', family: 'float', body: block(1, 1), compute: 'fp8' }),
  row({ name: 'int8', family: 'bitsandbytes', body: block(1, 1) }),
  row({ name: 'nf4', family: 'bitsandbytes', body: nf4 }),
  row({ name: 'nf4-dq', family: 'bitsandbytes', body: nf4dq }),
  row({ name: 'gptq-int4', family: 'gptq', body: int4g128 }),
  row({ name: 'gptq-int8', family: 'gptq', body: int8g128 }),
  row({ name: 'awq-int4', family: 'awq', body: int4g128 }),
  row({ name: 'mxfp4', family: 'mxfp4', body: block(32, 17), expertsOnly: true }),
  gguf('q8_0', q8, [], q8),
  gguf('q6_k', q6k),
  gguf('q5_k_m', q5k, [{ matrices: ['down', 'value'], share: 0.5, as: q6k }], block(512, 176 + 210)),
  gguf('q4_k_m', q4k, [{ matrices: ['down', 'value'], share: 0.5, as: q6k }], block(512, 144 + 210)),
  gguf('q4_0', block(32, 18), [], block(64, 18 + 26.25)),
  gguf('q3_k_m', q3k, [{ matrices: ['down', 'value', 'output'], share: 1, as: q4k }], block(512, 110 + 210)),
  gguf(
    'q2_k',
    q2k,
    [
      { matrices: ['down', 'output'], share: 1, as: q3k },
      { matrices: ['value'], share: 1, as: q4k },
    ],
    block(512, 84 + 210),
  ),
];
export const findQuantization = (name: string): Quantization | undefined =>
  quantizations.find((quantization) => quantization.name === name);
