import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Trace, TraceEvent } from '../../../src/core/trace.ts';
import { count } from '../../../src/evaluation/format.ts';
import { type Layout, layOut, neighbour, type PlacedNode } from './layout.ts';
import { NodePanel } from './node-panel.tsx';
import { nodeLabel } from './node-words.ts';
import { hasStates, type PictureNode, pictureOf } from './picture.ts';
import { layOutInRings } from './rings.ts';
import { nodeAt, TreeCanvas } from './tree-canvas.tsx';
import { TreeEmpty } from './tree-empty.tsx';
import { TreeLegend } from './tree-legend.tsx';
import { TreeSvg } from './tree-svg.tsx';
import { TreeTools } from './tree-tools.tsx';
import { useReplay } from './use-replay.ts';
import { useView } from './use-view.ts';

/** Trees with more nodes are drawn as rings of dots on a canvas. */
const MOST_ELEMENTS = 2_000;
/** A click this near to a dot means it, pixels. */
const NEAR = 12;
/** Below this scale words in nodes cannot be read. */
const READABLE = 0.42;
const ZOOM = 1.3;
/** Width of the panel beside the tree, pixels; on a narrow window it lies below. */
const PANEL = 440;

interface TreeViewProps {
  readonly trace: Trace;
  readonly version: number; // another one: the trace has changed
  /** What the trace is made of, once it is whole: it can then be replayed. */
  readonly events?: readonly TraceEvent[] | undefined;
}

/** A trace as a tree to look at: drag and scroll, click a node or walk with the arrow keys, Enter opens it. */
export function TreeView({ trace: whole, version: given, events }: TreeViewProps) {
  const place = useRef<HTMLDivElement>(null);
  const replay = useReplay(events);
  const replayed = replay?.at !== undefined;
  const trace = replayed ? replay.trace : whole;
  const version = replayed ? replay.at : given;
  const [everyCall, setEveryCall] = useState(false);
  const [selected, setSelected] = useState<number>();
  const [focused, setFocused] = useState<number>();
  const picture = useMemo(() => pictureOf(trace, everyCall), [trace, version, everyCall]);
  const layout = useMemo(() => picture && placed(picture), [picture]);
  const control = useView(place, layout);
  const { view, window: size } = control;
  const current = focused === undefined ? undefined : layout?.byId.get(focused);
  const opened = selected === undefined ? undefined : layout?.byId.get(selected);
  const first = layout?.nodes[0];

  useEffect(() => {
    setSelected(undefined);
    setFocused(undefined);
    control.fit();
  }, [whole]);

  const open = (placed: PlacedNode) => {
    setSelected(placed.node.id);
    setFocused(placed.node.id);
    if (size.width > 2 * PANEL) control.reveal(placed, PANEL);
  };
  const walkTo = (placed: PlacedNode) => {
    setFocused(placed.node.id);
    control.reveal(placed);
    place.current?.querySelector<SVGElement>(`[data-node="${placed.node.id}"]`)?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!layout || (event.target as Element).closest('.floating')) return;
    const from = current ?? first;
    const next = from && (current || event.key === 'Home' ? neighbour(layout, from, event.key) : from);
    if (event.key.startsWith('Arrow') || event.key === 'Home') {
      if (next) walkTo(next);
    } else if (event.key === 'Enter' || event.key === ' ') {
      if (from) open(from);
    } else if (event.key === '+' || event.key === '=') control.zoom(ZOOM);
    else if (event.key === '-') control.zoom(1 / ZOOM);
    else if (event.key === '0') control.fit();
    else return;
    event.preventDefault();
  };
  const onClick = (event: MouseEvent) => {
    if (!layout || !(event.target instanceof HTMLCanvasElement) || control.dragged()) return;
    const box = event.target.getBoundingClientRect();
    const hit = nodeAt(
      layout,
      (event.clientX - box.left - view.x) / view.scale,
      (event.clientY - box.top - view.y) / view.scale,
      NEAR / view.scale,
    );
    if (hit) open(hit);
  };
  const close = () => {
    setSelected(undefined);
    place.current?.querySelector<SVGElement>(`[data-node="${selected}"]`)?.focus();
  };

  const large = layout?.radial ?? false;
  const label = layout ? `Tree of ${count(layout.nodes.length)} nodes` : 'Tree';
  return (
    <div class="tree">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the tree inside has the role; keys bubble up to here */}
      <div class="tree-window" ref={place} onKeyDown={onKeyDown} onClick={onClick}>
        {layout && large && size.width > 0 && (
          <div
            class="tree-plane"
            // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys walk through the picture, and a status line says where one is
            tabIndex={0}
            role="application"
            aria-label={`${label}. Arrow keys walk through it, Enter opens a node.`}
          >
            <TreeCanvas
              layout={layout}
              view={view}
              window={size}
              selected={selected}
              focused={focused}
              label={label}
            />
            <p class="unseen" role="status">
              {current ? nodeLabel(current.node) : ''}
            </p>
          </div>
        )}
        {layout && !large && (
          <div class="tree-plane" role="tree" aria-label={label}>
            <svg class={control.follows ? 'follows' : ''} role="presentation">
              <g style={{ transform: `translate(${view.x}px, ${view.y}px) scale(${view.scale})` }}>
                <TreeSvg
                  layout={layout}
                  selected={opened?.node.id}
                  focused={current?.node.id ?? first?.node.id}
                  far={view.scale < READABLE}
                  onSelect={(placed) => !control.dragged() && open(placed)}
                />
              </g>
            </svg>
          </div>
        )}
        {!layout && <TreeEmpty />}
        {layout && (
          <div class="tree-foot">
            <TreeTools
              control={control}
              replay={replay}
              everyCall={hasStates(trace) ? everyCall : undefined}
              onEveryCall={setEveryCall}
            />
            <TreeLegend />
          </div>
        )}
      </div>
      {opened && <NodePanel trace={trace} placed={opened} version={version} onClose={close} />}
    </div>
  );
}

function placed(picture: PictureNode): Layout {
  return sizeOf(picture) > MOST_ELEMENTS ? layOutInRings(picture) : layOut(picture);
}

function sizeOf({ children }: PictureNode): number {
  return children.reduce((sum, child) => sum + sizeOf(child), 1);
}
