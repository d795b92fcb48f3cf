import { sources, type SourceId } from '../../src/planner/tables/sources.js';

const engines = ['vllm', 'tensorrt-llm', 'llama.cpp', 'transformers'] as const;
/** So many sequences of a prompt and an output together, and the seconds they took. */
interface GenerationRow {
  readonly prompt: number;
  readonly output: number;
  readonly sequences: number;
  readonly seconds: number;
}
/** Published generations of one model on one group of accelerators. */
export interface Generations {
  readonly engine: (typeof engines)[number];
  readonly gpu: string;
  readonly count: number;
  readonly model: string;
  readonly quantization: string;
  readonly source: SourceId;
  readonly rows: readonly GenerationRow[];
}

/**
 * engine, GPU, how many, model, weights, source, then prompt+output x sequences = seconds.
 *
 * Argonne: end to end, the prompt as long as the output. Left out: batches that had to be preempted for want of cache;
 * llama.cpp but with its prompt in batches of 64, because its batch is not a number of sequences; MI250, because the
 * file does not say whether it counts cards or dies. LitGPT and Qwen publish tokens a second of one sequence.
 */
const table = `
vllm a100-40gb-sxm 4 llama-2-7b fp16 argonne-bench 256+256x1=1.5947 256+256x16=2.1735 256+256x64=3.9853 1024+1024x1=6.5184 1024+1024x16=11.1319
vllm a100-40gb-sxm 2 qwen2-7b fp16 argonne-bench 256+256x1=2.3931 256+256x16=3.0814 256+256x64=4.6406 1024+1024x1=9.5753 1024+1024x16=13.662
vllm a100-40gb-sxm 1 llama-3-8b fp16 argonne-bench 256+256x1=3.6703 256+256x16=4.3817 256+256x64=6.9351 1024+1024x1=14.9357 1024+1024x16=19.9144
vllm a100-40gb-sxm 2 llama-3-8b fp16 argonne-bench 256+256x1=2.5123 256+256x16=3.1643 256+256x64=4.9914 1024+1024x1=10.0404 1024+1024x16=14.4907
vllm a100-40gb-sxm 1 mistral-7b-v0.1 fp16 argonne-bench 256+256x1=3.5131 256+256x16=4.4319 256+256x64=7.0004 1024+1024x1=14.2418 1024+1024x16=20.1046
vllm a100-40gb-sxm 2 mistral-7b-v0.1 fp16 argonne-bench 256+256x1=2.4481 256+256x16=3.0614 256+256x64=4.9923 1024+1024x1=9.9652 1024+1024x16=13.8417
vllm a100-40gb-sxm 4 mistral-7b-v0.1 fp16 argonne-bench 256+256x1=1.7196 256+256x16=2.2018 256+256x64=3.8336 1024+1024x1=6.9828 1024+1024x16=9.6942
vllm a100-40gb-sxm 4 mixtral-8x7b-v0.1 fp16 argonne-bench 256+256x1=2.6294 256+256x16=5.6617 256+256x64=7.8835 1024+1024x1=10.4452 1024+1024x16=24.4751
vllm a100-40gb-sxm 4 llama-2-70b fp16 argonne-bench 256+256x1=8.5736 256+256x16=10.4272 1024+1024x1=34.3525
tensorrt-llm a100-40gb-sxm 2 mistral-7b-v0.1 fp16 argonne-bench 256+256x1=2.1719 256+256x16=2.6143 256+256x64=3.7136 1024+1024x1=9.1908 1024+1024x16=12.2153
tensorrt-llm a100-40gb-sxm 4 mistral-7b-v0.1 fp16 argonne-bench 256+256x1=1.4853 256+256x16=2.0068 256+256x64=2.5162 1024+1024x1=6.445 1024+1024x16=9.1239
tensorrt-llm a100-40gb-sxm 1 llama-3-8b fp16 argonne-bench 256+256x1=3.5878 256+256x16=4.2348 256+256x64=5.888 1024+1024x1=14.8609 1024+1024x16=20.1994
tensorrt-llm a100-40gb-sxm 2 llama-3-8b fp16 argonne-bench 256+256x1=2.2918 256+256x16=2.7627 256+256x64=3.9769 1024+1024x1=9.6682 1024+1024x16=12.7913
tensorrt-llm a100-40gb-sxm 4 llama-3-8b fp16 argonne-bench 256+256x1=1.5771 256+256x16=2.1009 256+256x64=2.7124 1024+1024x1=6.7967 1024+1024x16=9.5052
tensorrt-llm a100-40gb-sxm 4 mixtral-8x7b-v0.1 fp16 argonne-bench 256+256x1=2.1971 256+256x16=2.8343 256+256x64=4.2103 1024+1024x1=9.223 1024+1024x16=12.6648
tensorrt-llm a100-40gb-sxm 4 llama-3-70b fp16 argonne-bench 256+256x1=8.6541 256+256x16=10.2083 1024+1024x1=36.0272
tensorrt-llm a100-40gb-sxm 4 llama-2-70b fp16 argonne-bench 256+256x1=8.5377 256+256x16=10.0166 1024+1024x1=35.3666
tensorrt-llm h100-sxm 1 llama-3-8b fp16 argonne-bench 256+256x1=1.8091 256+256x16=2.1502 256+256x64=2.9785 1024+1024x1=7.729 1024+1024x16=10.1572
tensorrt-llm h100-sxm 2 llama-3-8b fp16 argonne-bench 256+256x1=1.3422 256+256x16=1.5461 256+256x64=2.2303 1024+1024x1=5.7883 1024+1024x16=6.9805
tensorrt-llm h100-sxm 4 llama-3-8b fp16 argonne-bench 256+256x1=1.0188 256+256x16=1.2292 1024+1024x1=4.5223 1024+1024x16=5.3169
tensorrt-llm h100-sxm 4 llama-3-70b fp16 argonne-bench 256+256x1=4.6723 256+256x16=5.3966 256+256x64=7.4062 1024+1024x1=19.8611 1024+1024x16=23.5597
tensorrt-llm h100-sxm 1 mistral-7b-v0.1 fp16 argonne-bench 256+256x1=1.7154 256+256x16=2.0607 256+256x64=2.8212 1024+1024x1=7.3134 1024+1024x16=9.7011
tensorrt-llm h100-sxm 4 mixtral-8x7b-v0.1 fp16 argonne-bench 256+256x1=1.3597 256+256x16=1.704 256+256x64=2.4198 1024+1024x1=5.885 1024+1024x16=7.3818
tensorrt-llm h100-sxm 1 qwen2-7b fp16 argonne-bench 256+256x1=1.8256 256+256x16=2.0992 256+256x64=2.865 1024+1024x1=7.698 1024+1024x16=9.5498
tensorrt-llm h100-sxm 2 qwen2-7b fp16 argonne-bench 256+256x1=1.2737 256+256x16=1.4947 256+256x64=2.0967 1024+1024x1=5.4736 1024+1024x16=6.6292
vllm h100-sxm 2 llama-2-7b fp16 argonne-bench 256+256x16=1.9631 256+256x64=3.5219 1024+1024x1=6.2252 1024+1024x16=9.7956
vllm h100-sxm 4 llama-2-7b fp16 argonne-bench 256+256x1=1.5013 256+256x16=1.6056 256+256x64=2.8341 1024+1024x1=5.9561 1024+1024x16=7.8739
vllm h100-sxm 4 llama-2-70b fp16 argonne-bench 256+256x1=4.7437 256+256x16=5.7167 256+256x64=7.7775 1024+1024x1=18.9185 1024+1024x16=23.8504
vllm h100-sxm 1 llama-3-8b fp16 argonne-bench 256+256x1=2.003 256+256x16=2.3995 256+256x64=3.6324 1024+1024x1=8.0978 1024+1024x16=11.0247
vllm h100-sxm 2 llama-3-8b fp16 argonne-bench 256+256x1=1.6839 256+256x16=2.0471 256+256x64=3.1879 1024+1024x1=6.6866 1024+1024x16=9.6676
vllm h100-sxm 4 llama-3-8b fp16 argonne-bench 256+256x1=1.5021 256+256x16=1.6653 256+256x64=2.7411 1024+1024x1=6.0158 1024+1024x16=7.7918
vllm h100-sxm 4 llama-3-70b fp16 argonne-bench 256+256x1=4.876 256+256x16=5.6164 256+256x64=7.7545 1024+1024x1=19.6098 1024+1024x16=24.6951
vllm h100-sxm 1 mistral-7b-v0.1 fp16 argonne-bench 256+256x1=1.9345 256+256x16=2.348 256+256x64=4.332 1024+1024x1=7.924 1024+1024x16=11.2927
vllm h100-sxm 2 mistral-7b-v0.1 fp16 argonne-bench 256+256x1=1.6089 256+256x16=2.0175 256+256x64=3.7568 1024+1024x1=6.5973 1024+1024x16=9.0466
vllm mi300x 1 llama-2-70b fp16 argonne-bench 256+256x1=13.3111 256+256x16=22.4297 256+256x64=73.5169 1024+1024x1=56.0111 1024+1024x16=108.4107
vllm mi300x 1 llama-2-7b fp16 argonne-bench 256+256x1=2.2119 256+256x16=3.2648 256+256x64=7.3441 1024+1024x1=10.2274 1024+1024x16=14.6168
vllm mi300x 2 llama-2-7b fp16 argonne-bench 256+256x1=2.3228 256+256x16=3.0325 256+256x64=5.9015 1024+1024x1=10.7126 1024+1024x16=13.1498
vllm mi300x 4 llama-2-7b fp16 argonne-bench 256+256x1=2.2977 256+256x16=3.4326 256+256x64=5.0402 1024+1024x1=10.4665 1024+1024x16=12.9934
vllm mi300x 2 llama-3-70b fp16 argonne-bench 256+256x1=9.102 256+256x16=13.5218 256+256x64=39.8472 1024+1024x1=37.6443 1024+1024x16=58.414
vllm mi300x 1 qwen2-7b fp16 argonne-bench 256+256x1=1.9343 256+256x16=3.0355 256+256x64=8.0559 1024+1024x1=10.1291 1024+1024x16=13.4794
vllm mi300x 2 qwen2-7b fp16 argonne-bench 256+256x1=2.1675 256+256x16=2.9814 256+256x64=6.0631 1024+1024x1=10.9738 1024+1024x16=12.3391
vllm mi300x 4 qwen2-7b fp16 argonne-bench 256+256x1=2.0307 256+256x16=2.7747 256+256x64=4.8243 1024+1024x1=10.4932 1024+1024x16=11.9294
llama.cpp h100-sxm 1 llama-2-7b fp16 argonne-bench 256+256x1=2.3552 1024+1024x1=9.7475
llama.cpp h100-sxm 1 llama-3-8b fp16 argonne-bench 256+256x1=2.7166 1024+1024x1=11.1635
llama.cpp h100-sxm 1 mistral-7b-v0.1 fp16 argonne-bench 256+256x1=2.6292
llama.cpp mi300x 1 llama-2-7b fp16 argonne-bench 256+256x1=3.9042 1024+1024x1=16.7692
llama.cpp mi300x 1 llama-3-8b fp16 argonne-bench 256+256x1=4.5436 1024+1024x1=22.2145
llama.cpp rtx-3090-ti 1 llama-2-7b q4_0 llama-bench 0+128x1=0.9683 0+512x1=4.1347
llama.cpp rtx-3090-ti 1 llama-2-13b q4_0 llama-bench 0+128x1=1.5577 0+512x1=6.5574
transformers a100-40gb-sxm 1 phi-1_5 bf16 litgpt-tables 8+50x1=1.1748
transformers a100-40gb-sxm 1 phi-1_5 nf4 litgpt-tables 8+50x1=2.1844
transformers a100-40gb-sxm 1 phi-1_5 nf4-dq litgpt-tables 8+50x1=2.1978
transformers a100-40gb-sxm 1 stablelm-base-alpha-3b bf16 litgpt-tables 8+50x1=1.0202
transformers a100-40gb-sxm 1 stablelm-base-alpha-3b nf4 litgpt-tables 8+50x1=1.7218
transformers a100-40gb-sxm 1 stablelm-base-alpha-3b nf4-dq litgpt-tables 8+50x1=1.8416
transformers a100-40gb-sxm 1 llama-2-7b bf16 litgpt-tables 8+50x1=1.6145
transformers a100-40gb-sxm 1 llama-2-7b nf4 litgpt-tables 8+50x1=2.5025
transformers a100-40gb-sxm 1 llama-2-7b nf4-dq litgpt-tables 8+50x1=2.8902
transformers a100-40gb-sxm 1 llama-2-13b bf16 litgpt-tables 8+50x1=2.0145
transformers a100-40gb-sxm 1 llama-2-13b nf4 litgpt-tables 8+50x1=2.9886
transformers a100-40gb-sxm 1 llama-2-13b nf4-dq litgpt-tables 8+50x1=3.465
transformers a100-40gb-sxm 1 codellama-34b nf4 litgpt-tables 8+50x1=3.4916
transformers a100-40gb-sxm 1 codellama-34b nf4-dq litgpt-tables 8+50x1=4.042
transformers a100-40gb-sxm 1 falcon-40b nf4 litgpt-tables 8+50x1=3.7736
transformers a100-40gb-sxm 1 falcon-40b nf4-dq litgpt-tables 8+50x1=4.2955
transformers a100-40gb-sxm 1 llama-2-70b nf4-dq litgpt-tables 8+50x1=6.2735
transformers a100-80gb-sxm 1 qwen-1.8b bf16 qwen-readme 8+2048x1=37.8628
transformers a100-80gb-sxm 1 qwen-1.8b gptq-int8 qwen-readme 8+2048x1=36.8611
transformers a100-80gb-sxm 1 qwen-1.8b gptq-int4 qwen-readme 8+2048x1=28.8167
transformers a100-80gb-sxm 1 qwen-7b bf16 qwen-readme 8+2048x1=50.0366
transformers a100-80gb-sxm 1 qwen-7b gptq-int8 qwen-readme 8+2048x1=54.6571
transformers a100-80gb-sxm 1 qwen-7b gptq-int4 qwen-readme 8+2048x1=40.8864
transformers a100-80gb-sxm 1 qwen-14b bf16 qwen-readme 8+2048x1=63.563
transformers a100-80gb-sxm 1 qwen-14b gptq-int8 qwen-readme 8+2048x1=69.9454
transformers a100-80gb-sxm 1 qwen-14b gptq-int4 qwen-readme 8+2048x1=52.8926
transformers a100-80gb-sxm 1 qwen-72b gptq-int4 qwen-readme 8+2048x1=180.9187
`;

const isSource = (value: string): value is SourceId => Object.hasOwn(sources, value);

function readLine(line: string): Generations {
  const [engine, gpu = '', count = '', model = '', quantization = '', source = '', ...cells] = line.split(' ');
  const known = engines.find((name) => name === engine);
  if (known === undefined || !isSource(source)) throw new Error(`not a generation: ${line}`);
  const rows = cells.map((cell) => {
    const [prompt, output, sequences, seconds] = cell.split(/[+x=]/).map(Number);
    if (prompt === undefined || output === undefined || sequences === undefined || seconds === undefined)
      throw new Error(`not a row: ${cell}`);
    return { prompt, output, sequences, seconds };
  });
  return { engine: known, gpu, count: Number(count), model, quantization, source, rows };
}

export const generations: readonly Generations[] = table.trim().split('\n').map(readLine);
