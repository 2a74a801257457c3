import { Component } from 'preact';
import { compact } from '../../../src/evaluation/format.ts';
import { score } from '../words.ts';
import { fitText } from './fit-text.ts';
import { type Layout, linkPath, type PlacedNode } from './layout.ts';
import { nodeLabel } from './node-words.ts';

interface TreeSvgProps {
  readonly layout: Layout;
  readonly selected: number | undefined; // node id
  readonly focused: number | undefined;
  readonly far: boolean; // text is too small to be read: leave it out
  readonly onSelect: (placed: PlacedNode) => void;
}

/** The nodes and links of a tree as SVG. */
export function TreeSvg({ layout, selected, focused, far, onSelect }: TreeSvgProps) {
  const { nodes } = layout;
  return (
    <>
      <g class="links">
        {nodes.slice(1).map((placed) => (
          <path
            key={placed.node.id}
            class={`link ${stateClasses(placed)}`}
            d={linkPath(placed)}
            style={{ d: `path("${linkPath(placed)}")` }}
          />
        ))}
      </g>
      <g class={far ? 'nodes far' : 'nodes'}>
        {nodes.map((placed) => (
          <Card
            key={placed.node.id}
            placed={placed}
            selected={placed.node.id === selected}
            focused={placed.node.id === focused}
            siblings={placed.parent?.node.children.length ?? 1}
            far={far}
            onSelect={onSelect}
          />
        ))}
      </g>
    </>
  );
}

function stateClasses({ node }: PlacedNode): string {
  return node.chosen ? `${node.status} chosen` : node.status;
}

interface CardProps {
  readonly placed: PlacedNode;
  readonly selected: boolean;
  readonly focused: boolean;
  readonly siblings: number;
  readonly far: boolean;
  readonly onSelect: (placed: PlacedNode) => void;
}

/** Characters that fit beside a figure and alone: 12 px of a monospaced font, 12.5 px of a proportional one. */
const WORDS = { beside: 20, alone: 27 };
const TITLE = { beside: 23, alone: 29 };

/** One node: what it says, its score as a gauge on the left and a number on the right, and what it cost. */
class Card extends Component<CardProps> {
  override shouldComponentUpdate(next: CardProps): boolean {
    const { placed, selected, focused, far, siblings } = this.props;
    const [a, b] = [placed.node, next.placed.node];
    return (
      selected !== next.selected ||
      focused !== next.focused ||
      far !== next.far ||
      siblings !== next.siblings ||
      placed.x !== next.placed.x ||
      placed.y !== next.placed.y ||
      placed.slim !== next.placed.slim ||
      a.text !== b.text ||
      a.title !== b.title ||
      a.status !== b.status ||
      a.score !== b.score ||
      a.tokens !== b.tokens ||
      a.chosen !== b.chosen ||
      a.children.length !== b.children.length
    );
  }

  override render() {
    const { placed, selected, focused, siblings, far, onSelect } = this.props;
    const { node, x, y, width, height, slim, depth } = placed;
    const top = -height / 2;
    const classes = ['node', stateClasses(placed), slim && 'slim', selected && 'selected'];
    return (
      <g
        class={classes.filter(Boolean).join(' ')}
        data-node={node.id}
        role="treeitem"
        aria-level={depth + 1}
        aria-setsize={siblings}
        aria-selected={selected}
        aria-label={nodeLabel(node)}
        {...(node.children.length > 0 && { 'aria-expanded': true })}
        tabindex={focused ? 0 : -1}
        style={{ transform: `translate(${x}px, ${y}px)` }}
        onClick={() => onSelect(placed)}
      >
        <rect class="card" y={top} width={width} height={height} rx={slim ? 6 : 9} />
        {node.score !== undefined && (
          <g class="gauge">
            <rect class="track" x={slim ? 5 : 7} y={top + 6} width={3} height={height - 12} rx={1.5} />
            <rect
              class="level"
              x={slim ? 5 : 7}
              y={top + 6 + (height - 12) * (1 - node.score)}
              width={3}
              height={(height - 12) * node.score}
              rx={1.5}
            />
          </g>
        )}
        {!far && <Words placed={placed} />}
        {node.status === 'open' && (
          <circle class="pulse" cx={width - 14} cy={slim ? 0 : height / 2 - 13} r={3.5} />
        )}
      </g>
    );
  }
}

function Words({ placed: { node, width, slim } }: { readonly placed: PlacedNode }) {
  const left = node.score === undefined ? 13 : slim ? 15 : 19;
  const right = width - 12;
  if (slim)
    return (
      <>
        <text class="words" x={left} y={4}>
          {fitText(node.text || node.title, node.score === undefined ? WORDS.alone : WORDS.beside + 2, 1)[0]}
        </text>
        <Score node={node} x={right} y={4} />
      </>
    );
  const cost = node.tokens > 0 && node.status !== 'open' && (
    <text class="cost" x={right} y={14} text-anchor="end">
      {compact(node.tokens)} tok
    </text>
  );
  if (node.title === 'state') {
    const lines = fitText(node.text, WORDS.beside, 2);
    return (
      <>
        {lines.map((line, index) => (
          <text key={index} class="words" x={left} y={lines.length === 1 ? 4 : index * 17 - 4}>
            {line}
          </text>
        ))}
        <Score node={node} x={right} y={-4} />
        {cost}
      </>
    );
  }
  const beside = node.score === undefined ? TITLE.alone : TITLE.beside;
  const [words] = fitText(node.text, cost ? WORDS.beside : WORDS.alone, 1);
  return (
    <>
      <text class="title" x={left} y={words === undefined && !cost ? 4 : -4}>
        {fitText(node.title, beside, 1)[0]}
      </text>
      <text class="words" x={left} y={14}>
        {words}
      </text>
      <Score node={node} x={right} y={-4} />
      {cost}
    </>
  );
}

function Score({
  node,
  x,
  y,
}: {
  readonly node: PlacedNode['node'];
  readonly x: number;
  readonly y: number;
}) {
  if (node.score === undefined) return null;
  return (
    <text class="score" x={x} y={y} text-anchor="end">
      {score(node.score)}
    </text>
  );
}
