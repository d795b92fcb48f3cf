interface Corner {
  readonly point: readonly number[];
  readonly value: number;
}

/**
 * Downhill simplex (Nelder and Mead 1965) from the origin and from two points off it: the smallest of three descents.
 * Its own few lines, because the fitted functions have kinks, at which the gradient methods of the libraries stop.
 */
export function minimize(loss: (point: readonly number[]) => number, dimensions: number): readonly number[] {
  const ends = [0, 0.4, -0.4].map((offset) => descend(loss, Array<number>(dimensions).fill(offset)));
  return ends.reduce((best, end) => (end.value < best.value ? end : best)).point;
}

const MOST_STEPS = 3000;
const FLAT = 1e-9;

function descend(loss: (point: readonly number[]) => number, from: readonly number[]): Corner {
  const corner = (point: readonly number[]): Corner => ({ point, value: loss(point) });
  const simplex = [corner(from), ...from.map((_, i) => corner(from.map((x, j) => (i === j ? x + 0.3 : x))))];
  for (let step = 0; step < MOST_STEPS; step += 1) {
    simplex.sort((a, b) => a.value - b.value);
    const best = simplex[0];
    const worst = simplex.at(-1);
    const second = simplex.at(-2);
    if (!best || !worst || !second || worst.value - best.value < FLAT) break;
    const kept = simplex.slice(0, -1);
    const centre = from.map((_, i) => kept.reduce((sum, { point }) => sum + (point[i] ?? 0), 0) / kept.length);
    const along = (by: number): Corner => corner(centre.map((x, i) => x + by * (x - (worst.point[i] ?? 0))));
    const reflected = along(1);
    let next = reflected;
    if (reflected.value < best.value) {
      const expanded = along(2);
      if (expanded.value < reflected.value) next = expanded;
    } else if (reflected.value >= second.value) next = along(reflected.value < worst.value ? 0.5 : -0.5);
    if (next.value < worst.value) simplex[simplex.length - 1] = next;
    else {
      for (let i = 1; i < simplex.length; i += 1)
        simplex[i] = corner(best.point.map((x, j) => x + 0.5 * ((simplex[i]?.point[j] ?? 0) - x)));
    }
  }
  simplex.sort((a, b) => a.value - b.value);
  return simplex[0] ?? corner(from);
}
