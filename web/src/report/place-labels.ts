import type { Step } from './frontier.ts';

/** Labels are placed for a plot of this size in pixels; narrower pages show a legend instead. */
const PLOT = { width: 900, height: 340 };
const LABEL = { character: 7.6, height: 36, gap: 12 };

/** A point of the frontier chart; places in [0, 1], from the left and from the top. */
export interface Point {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly top: number; // of its interval
  readonly bottom: number;
}

export interface Label {
  readonly anchor: 'start' | 'end';
  readonly dx: number; // pixels
  readonly dy: number;
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** A place for the name of each point: right or left of it, or a little above or below, the first where it covers least. */
export function placeLabels(points: readonly Point[], steps: readonly Step[]): readonly Label[] {
  const lines = steps.flatMap(({ from, to, y, next }) => [
    line(from, to, y, y),
    line(to, to, Math.min(y, next), Math.max(y, next)),
  ]);
  const marks = points.flatMap(({ x, y, top, bottom }) => {
    const [centre, middle] = [x * PLOT.width, y * PLOT.height];
    return [
      { left: centre - 8, right: centre + 8, top: middle - 8, bottom: middle + 8 },
      line(x, x, top, bottom),
    ];
  });
  const taken: Box[] = [...lines, ...marks];
  return points.map((point): Label => {
    const [centre, middle] = [point.x * PLOT.width, point.y * PLOT.height];
    const width = point.name.length * LABEL.character;
    const places = [0, 24, -24, 44, -44].flatMap((shift) =>
      (['start', 'end'] as const).map((anchor) => {
        const left = anchor === 'start' ? centre + LABEL.gap : centre - LABEL.gap - width;
        const top = middle - LABEL.height / 2 + shift;
        const box = { left, right: left + width, top, bottom: top + LABEL.height };
        const outside = Math.max(0, -left) + Math.max(0, box.right - PLOT.width);
        const covered = taken.reduce((sum, other) => sum + overlap(box, other), 0);
        return { anchor, shift, box, cost: covered + outside * LABEL.height + Math.abs(shift) };
      }),
    );
    const best = places.reduce((least, place) => (place.cost < least.cost ? place : least));
    taken.push(best.box);
    const dx = best.anchor === 'start' ? LABEL.gap : -LABEL.gap;
    return { anchor: best.anchor, dx, dy: best.shift - 3 };
  });
}

function line(left: number, right: number, top: number, bottom: number): Box {
  return {
    left: left * PLOT.width - 2,
    right: right * PLOT.width + 2,
    top: top * PLOT.height - 2,
    bottom: bottom * PLOT.height + 2,
  };
}

function overlap(a: Box, b: Box): number {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  return width > 0 && height > 0 ? width * height : 0;
}
