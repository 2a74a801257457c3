import { useEffect } from 'preact/hooks';
import { AskPage } from './ask/ask-page.tsx';
import { hrefTo, type Route, useRoute } from './router.ts';
import { ComparePage } from './runs/compare-page.tsx';
import { RunPage } from './runs/run-page.tsx';
import { RunsPage } from './runs/runs-page.tsx';
import { TracePage } from './runs/trace-page.tsx';
import { ThemeButton } from './theme.tsx';
import { TrainPage } from './train/train-page.tsx';

const PAGES = [
  { name: 'Ask', path: [] },
  { name: 'Runs', path: ['runs'] },
  { name: 'Train', path: ['train'] },
] as const;

/** The page: its header, and what the address asks for. */
export function App() {
  const route = useRoute();
  const [first = ''] = route.path;
  const current = PAGES.find(({ path }) => (path[0] ?? '') === first)?.name;
  useEffect(() => {
    document.title = current === undefined ? 'Reckon' : `${current} · Reckon`;
  }, [current]);
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById('main')?.focus()}>
        Skip to the content
      </button>
      <header class="bar">
        <a class="brand" href={hrefTo([])}>
          Reckon
        </a>
        <nav aria-label="Pages">
          {PAGES.map(({ name, path }) => (
            <a key={name} href={hrefTo(path)} aria-current={name === current ? 'page' : undefined}>
              {name}
            </a>
          ))}
        </nav>
        <ThemeButton />
      </header>
      <main id="main" tabIndex={-1}>
        <Page route={route} />
      </main>
    </>
  );
}

function Page({ route: { path, query } }: { readonly route: Route }) {
  const [first, run, verb, other] = path;
  if (first === undefined) return <AskPage query={query} />;
  if (first === 'runs') {
    if (run === undefined) return <RunsPage />;
    if (verb === undefined) return <RunPage run={run} />;
    if (verb === 'trace') return <TracePage run={run} query={query} />;
    if (verb === 'with' && other !== undefined) return <ComparePage a={run} b={other} />;
  }
  if (first === 'train') return <TrainPage query={query} />;
  return (
    <div class="page empty">
      <h2>There is no such page</h2>
      <p>
        <a href={hrefTo([])}>Ask a question</a>, or look at the <a href={hrefTo(['runs'])}>stored runs</a>.
      </p>
    </div>
  );
}
