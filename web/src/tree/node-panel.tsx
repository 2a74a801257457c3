import { useEffect, useRef } from 'preact/hooks';
import type { Message } from '../../../src/core/model.ts';
import type { Trace, TraceNode } from '../../../src/core/trace.ts';
import { compact, count, money } from '../../../src/evaluation/format.ts';
import { Icon } from '../icon.tsx';
import { ModelText } from '../text/model-text.tsx';
import { score } from '../words.ts';
import type { PlacedNode } from './layout.ts';
import { statusWord } from './node-words.ts';

interface NodePanelProps {
  readonly trace: Trace;
  readonly placed: PlacedNode;
  readonly version: number;
  readonly onClose: () => void;
}

/** Calls of one node that are listed; the tree of every call shows the rest. */
const MOST_CALLS = 100;

/** A node in full: its words, scores and tools, and every call it made with the whole prompt and completion. */
export function NodePanel({ trace, placed: { node, depth }, onClose }: NodePanelProps) {
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    panel.current?.focus();
    panel.current?.scrollTo({ top: 0 });
  }, [node.id]);
  const own = trace.nodes.get(node.id);
  const members = node.members.flatMap((id) => trace.nodes.get(id) ?? []);
  const scores = members.flatMap(({ scores }) => scores);
  const tools = members.flatMap(({ tools }) => tools);
  const errors = [...new Set(members.flatMap(({ error }) => error ?? []))];
  const calls = node.calls.flatMap((id) => trace.nodes.get(id) ?? []);
  return (
    <section
      class="node-panel floating"
      aria-label={`Node: ${node.title}`}
      ref={panel}
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onClose();
        event.stopPropagation();
      }}
    >
      <header>
        <h2>{own?.state === undefined ? node.title : `State at depth ${depth}`}</h2>
        <p class={`status-word ${node.status}`}>{statusWord(node)}</p>
        <button type="button" class="icon-button" aria-label="Close" title="Close (Esc)" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <p class="facts">
        {[
          node.score !== undefined && `score ${score(node.score)}`,
          calls.length > 0 && `${count(calls.length)} call${calls.length === 1 ? '' : 's'}`,
          node.tokens > 0 && `${compact(node.tokens)} tokens`,
        ]
          .filter(Boolean)
          .join(' · ')}
      </p>
      {own?.state !== undefined && <ModelText class="state" text={own.state} />}
      {errors.map((error) => (
        <p key={error} class="problem-note" role="alert">
          {error}
        </p>
      ))}
      {scores.length > 0 && (
        <ul class="scores">
          {scores.map(({ verifier, score: value, note }, index) => (
            <li key={index}>
              <span class="who">{verifier}</span> <b>{score(value)}</b>{' '}
              {note && <span class="quiet">{note}</span>}
            </li>
          ))}
        </ul>
      )}
      {tools.map((tool, index) => (
        <div key={index} class="said tool">
          <h3>
            {tool.tool} {tool.failed && <span class="status-word failed">failed</span>}
          </h3>
          <pre>{tool.input}</pre>
          <pre>{tool.output}</pre>
        </div>
      ))}
      {calls.slice(0, MOST_CALLS).map((call) => (
        <Call key={call.id} trace={trace} call={call} alone={calls.length === 1} />
      ))}
      {calls.length > MOST_CALLS && <p class="quiet">and {count(calls.length - MOST_CALLS)} more calls</p>}
      {calls.length === 0 && own?.state === undefined && <p class="quiet">No call of its own.</p>}
    </section>
  );
}

interface CallProps {
  readonly trace: Trace;
  readonly call: TraceNode;
  readonly alone: boolean;
}

function Call({ trace, call, alone }: CallProps) {
  const { promptTokens, completionTokens, usd } = call.usage;
  const about = call.parent === null ? '' : (trace.nodes.get(call.parent)?.label ?? '');
  const facts = [
    call.status === 'open' ? 'at work' : `${compact(promptTokens)} + ${compact(completionTokens)} tokens`,
    usd ? money(usd) : '',
  ].filter(Boolean);
  return (
    <details class="call" open={alone}>
      <summary>
        <span class="about">{about === 'state' ? call.label : about || call.label}</span>
        <span class="said-short">{call.text.trim().slice(0, 80)}</span>
        <span class="facts">{facts.join(' · ')}</span>
      </summary>
      {(call.prompt ?? []).map((message, index) => (
        <Turn key={index} message={message} />
      ))}
      {call.reasoning !== '' && (
        <div class="said reasoning">
          <h3>thinking</h3>
          <ModelText text={call.reasoning} />
        </div>
      )}
      <div class="said completion">
        <h3>{call.label}</h3>
        {call.text === '' ? (
          <p class="quiet">{call.status === 'open' ? '…' : 'no text'}</p>
        ) : (
          <ModelText text={call.text} />
        )}
      </div>
      {call.error !== undefined && <p class="problem-note">{call.error}</p>}
    </details>
  );
}

function Turn({ message }: { readonly message: Message }) {
  const images = message.images?.length ?? 0;
  return (
    <div class={`said ${message.role}`}>
      <h3>{message.role}</h3>
      <ModelText text={message.text} />
      {message.toolCalls?.map((call) => (
        <pre key={call.id}>{`${call.name}(${call.input})`}</pre>
      ))}
      {images > 0 && <p class="quiet">{images === 1 ? 'one image' : `${images} images`}, not shown here</p>}
    </div>
  );
}
