import type { z } from 'zod';
import type { metricsView } from './schema.js';
import type { Measured } from './store.js';

type Steps = z.input<typeof metricsView>['by_severity'][number]['acknowledge'];

/** What was measured, as it is shown: medians beside the slowest tenth, and of how many. */
export function showMetrics(measured: readonly Measured[]): z.input<typeof metricsView> {
  const step = ({ counts, medians, p90s }: Measured, at: 0 | 1 | 2): Steps => ({
    median_seconds: medians[at],
    p90_seconds: p90s[at],
    count: counts[at],
  });
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
  return {
    opened: sum(measured.map(({ opened }) => opened)),
    open_now: sum(measured.map(({ open }) => open)),
    by_severity: measured.map((row) => ({
      severity: row.severity,
      acknowledge: step(row, 0),
      mitigate: step(row, 1),
      resolve: step(row, 2),
    })),
  };
}
