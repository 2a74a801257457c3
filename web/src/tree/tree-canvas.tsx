import { useEffect, useRef } from 'preact/hooks';
import { themeColours } from '../colours.ts';
import { fitText } from './fit-text.ts';
import type { Layout, PlacedNode } from './layout.ts';
import type { Size, View } from './view.ts';

interface TreeCanvasProps {
  readonly layout: Layout; // in rings
  readonly view: View;
  readonly window: Size;
  readonly selected: number | undefined; // node id
  readonly focused: number | undefined;
  readonly label: string;
}

const COLOURS = ['card', 'faint', 'quiet', 'ink', 'accent', 'bad', 'sunk'] as const;
type Colours = Readonly<Record<(typeof COLOURS)[number], string>>;

/** Dots are no smaller than this on the screen, pixels. */
const LEAST_DOT = 1.3;
/** From this scale on nodes have room for words. */
const READABLE = 0.8;
const CHARACTERS = 24;

/** A tree whose nodes are too many to be elements of the page: a dot a node, as large as its score, in words when near. */
export function TreeCanvas({ layout, view, window: size, selected, focused, label }: TreeCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (!element || !context) return;
    const ratio = devicePixelRatio || 1;
    element.width = Math.round(size.width * ratio);
    element.height = Math.round(size.height * ratio);
    context.setTransform(ratio * view.scale, 0, 0, ratio * view.scale, ratio * view.x, ratio * view.y);
    const colours = themeColours(element, COLOURS);
    const marked = new Set([selected, focused]);
    drawLinks(context, layout, colours, view.scale);
    for (const placed of layout.nodes)
      drawDot(context, placed, colours, view.scale, marked.has(placed.node.id));
    if (view.scale >= READABLE)
      for (const placed of visible(layout, view, size)) drawWords(context, placed, colours);
  });
  return <canvas ref={canvas} class="tree-canvas" role="img" aria-label={label} />;
}

function visible({ nodes }: Layout, view: View, { width, height }: Size): PlacedNode[] {
  const left = -view.x / view.scale;
  const top = -view.y / view.scale;
  return nodes.filter(
    ({ x, y }) => x > left && x < left + width / view.scale && y > top && y < top + height / view.scale,
  );
}

/** All plain links in one stroke, then the way to the answer over them. */
function drawLinks(
  context: CanvasRenderingContext2D,
  { nodes }: Layout,
  colours: Colours,
  scale: number,
): void {
  for (const chosen of [false, true]) {
    context.beginPath();
    for (const { node, parent, x, y, width } of nodes) {
      if (!parent || node.chosen !== chosen) continue;
      const [fromX, toX] = [parent.x + parent.width / 2, x + width / 2];
      context.moveTo(fromX, parent.y);
      context.quadraticCurveTo((fromX + toX) / 2, parent.y + (y - parent.y) * 0.35, toX, y);
    }
    context.strokeStyle = chosen ? colours.accent : colours.faint;
    context.lineWidth = chosen ? Math.max(2, 1.6 / scale) : Math.max(0.6, 0.5 / scale);
    context.stroke();
  }
}

function drawDot(
  context: CanvasRenderingContext2D,
  { node, x, y, width }: PlacedNode,
  colours: Colours,
  scale: number,
  marked: boolean,
): void {
  const full = Math.max(width / 2, LEAST_DOT / scale);
  const radius = node.score === undefined ? full * 0.8 : full * (0.45 + 0.55 * node.score);
  const pruned = node.status === 'pruned';
  context.beginPath();
  context.arc(x + width / 2, y, marked ? Math.max(radius, 5 / scale) : radius, 0, 2 * Math.PI);
  context.fillStyle = pruned ? colours.sunk : node.status === 'failed' ? colours.bad : colours.accent;
  context.globalAlpha = node.chosen || marked || node.score === undefined ? 1 : 0.35 + 0.65 * node.score;
  context.fill();
  context.globalAlpha = 1;
  if (!pruned && !marked) return;
  context.lineWidth = marked ? 2 / scale : 1;
  context.strokeStyle = marked ? colours.ink : colours.quiet;
  context.stroke();
}

function drawWords(
  context: CanvasRenderingContext2D,
  { node, x, y, width }: PlacedNode,
  colours: Colours,
): void {
  context.fillStyle = colours.ink;
  context.font = '10px ui-monospace, monospace';
  context.textBaseline = 'middle';
  context.fillText(fitText(node.text || node.title, CHARACTERS, 1)[0] ?? '', x + width + 3, y);
}

/** The node at a point of the plane, or near it by so much. */
export function nodeAt({ nodes }: Layout, x: number, y: number, slack: number): PlacedNode | undefined {
  let nearest: PlacedNode | undefined;
  let least = slack;
  for (const placed of nodes) {
    const distance = Math.hypot(x - placed.x - placed.width / 2, y - placed.y) - placed.width / 2;
    if (distance >= least) continue;
    least = distance;
    nearest = placed;
  }
  return nearest;
}
