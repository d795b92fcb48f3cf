import { assess } from '../../src/planner/assess.js';
import { assessmentBody } from '../../src/planner/schema.js';
import { gpus } from '../../src/planner/tables/gpus.js';
import { models } from '../../src/planner/tables/models.js';

/** Every model on every accelerator, to serve and to train: one assessment each, alternatives over the full table included. */
export function benchPlanner(): Promise<void> {
  const requests = models.flatMap(({ slug }) =>
    gpus.flatMap((gpu) =>
      (['serve', 'train'] as const).map((goal) =>
        assessmentBody.parse({
          goal,
          model: { slug },
          hardware: [{ gpu: gpu.slug }],
          training: { dataset_tokens: 1e8 },
        }),
      ),
    ),
  );
  for (const request of requests.slice(0, 200)) assess(request);
  const times = requests
    .map((request) => {
      const start = performance.now();
      assess(request);
      return performance.now() - start;
    })
    .sort((a, b) => a - b);
  const at = (share: number): string => (times[Math.floor(share * (times.length - 1))] ?? 0).toFixed(2);
  process.stdout.write(`${String(times.length)} assessments: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms\n`);
  return Promise.resolve();
}
