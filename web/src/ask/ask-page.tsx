import { useEffect, useRef, useState } from 'preact/hooks';
import type { Catalog } from '../api/types.ts';
import { Failure } from '../failure.tsx';
import { TreeEmpty } from '../tree/tree-empty.tsx';
import { TreeView } from '../tree/tree-view.tsx';
import { useFrame } from '../use-frame.ts';
import { useLoaded } from '../use-loaded.ts';
import { AnswerPanel } from './answer-panel.tsx';
import { AskForm } from './ask-form.tsx';
import { type Asking, AskSession } from './ask-session.ts';
import { examplesFor } from './examples.ts';

/** How often the seconds of a session at work are shown anew, milliseconds. */
const CLOCK = 200;

/** The page to ask on: the question on the left, the tree of its thinking on the right. */
export function AskPage({ query }: { readonly query: URLSearchParams }) {
  const loaded = useLoaded<Catalog>('/api/catalog');
  if (loaded.state === 'failed') return <Failure failure={loaded.failure} />;
  if (loaded.state === 'loading') return <p class="working">Loading…</p>;
  return <Asker catalog={loaded.value} query={query} />;
}

interface AskerProps {
  readonly catalog: Catalog;
  readonly query: URLSearchParams;
}

function Asker({ catalog, query }: AskerProps) {
  const [asking, setAsking] = useState(() => firstAsking(catalog, query));
  const [session, setSession] = useState<AskSession>();
  const latest = useRef<AskSession>(undefined);
  const redraw = useFrame();
  const working = session?.status === 'working';

  useEffect(() => () => latest.current?.stop(), []);
  useEffect(() => {
    if (!working) return;
    const timer = setInterval(redraw, CLOCK);
    return () => clearInterval(timer);
  }, [working, redraw]);

  const ask = (asked: Asking) => {
    latest.current?.stop();
    const begun = new AskSession(asked, redraw);
    latest.current = begun;
    setSession(begun);
  };
  return (
    <div class="ask-page">
      <h1 class="unseen">Ask</h1>
      <div class="ask-side">
        <AskForm
          catalog={catalog}
          asking={asking}
          working={working}
          fresh={session === undefined}
          onChange={setAsking}
          onAsk={ask}
          onStop={() => session?.stop()}
        />
        {session && <AnswerPanel session={session} />}
      </div>
      <section class="ask-tree" aria-label="How it was thought">
        {session ? (
          <TreeView
            trace={session.trace}
            version={session.version}
            events={working ? undefined : session.events}
          />
        ) : (
          <TreeEmpty />
        )}
      </section>
    </div>
  );
}

/** What the address asks for, or an example. */
function firstAsking(catalog: Catalog, query: URLSearchParams): Asking {
  const asked = query.get('model');
  const model = asked && catalog.models.includes(asked) ? asked : (catalog.models[0] ?? '');
  const [example] = examplesFor(model);
  return {
    question: query.get('question') ?? example?.question ?? '',
    model,
    method: query.get('method') ?? example?.method ?? '',
    limits: {},
  };
}
