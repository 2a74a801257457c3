import type uPlot from 'uplot';
import type { Series } from './series.ts';

/** One curve of a plot: a line, the unsmoothed values behind it, or an end of its interval. */
export interface Curve {
  readonly kind: 'line' | 'raw' | 'low' | 'high';
  readonly colour: number; // of m0 to m7
  readonly series: Series;
  readonly points: boolean;
}

interface PlotLook {
  readonly width: number;
  readonly height: number;
  readonly curves: readonly Curve[];
  readonly logarithmic: boolean;
  readonly share: boolean; // values in [0, 1]
  readonly colours: Readonly<Record<string, string>>;
  readonly onCursor: (step: number | null) => void;
}

/** Charts whose pointers move together. */
const SYNC = 'training';

/** What uPlot needs to draw some curves as the page does everything else. */
export function optionsOf({
  width,
  height,
  curves,
  logarithmic,
  share,
  colours,
  onCursor,
}: PlotLook): uPlot.Options {
  const own = (colour: number) => colours[`m${colour}`] ?? '';
  const axis = {
    stroke: colours.quiet ?? '',
    font: '11px ui-sans-serif, system-ui, sans-serif',
    grid: { stroke: colours.rule ?? '', width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height,
    pxAlign: false,
    padding: [8, 14, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      drag: { x: true, y: false },
      sync: { key: SYNC },
      points: { size: 6, width: 0 },
    },
    scales: {
      x: { time: false },
      y: { distr: logarithmic ? 3 : 1, ...(share && !logarithmic && { range: shareRange }) },
    },
    axes: [
      { ...axis, size: 28, space: 60 },
      { ...axis, size: 46, space: 34, values: (_plot, splits) => splits.map(tick) },
    ],
    series: [
      {},
      ...curves.map(({ kind, colour, points }): uPlot.Series => {
        const visible = kind === 'line' || kind === 'raw';
        return {
          spanGaps: true,
          stroke: visible ? own(colour) : 'transparent',
          width: kind === 'line' ? 1.75 : 1,
          alpha: kind === 'raw' ? 0.28 : 1,
          points: { show: points && visible, size: 5, fill: own(colour), width: 0 },
        };
      }),
    ],
    bands: curves.flatMap(({ kind, colour }, index): uPlot.Band[] =>
      kind === 'low' ? [{ series: [index + 2, index + 1], fill: faded(own(colour)) }] : [],
    ),
    hooks: {
      setCursor: [({ cursor: { idx }, data }) => onCursor(idx == null ? null : (data[0][idx] ?? null))],
    },
  };
}

/** The whole of what there is, with some room, and never beyond what a share can be. */
function shareRange(_plot: uPlot, low: number | null, high: number | null): [number, number] {
  const [from, to] = [low ?? 0, high ?? 1];
  const room = Math.max(0.02, (to - from) * 0.1);
  return [Math.max(0, from - room), Math.min(1, to + room)];
}

function tick(value: number | null): string {
  if (value === null) return '';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return value.toExponential(0);
  return String(Number(value.toPrecision(4)));
}

/** A colour such as `rgb(1, 2, 3)` at a sixth of its strength. */
function faded(colour: string): string {
  return colour.replace(/^rgb\((.*)\)$/, 'rgba($1, .16)');
}
