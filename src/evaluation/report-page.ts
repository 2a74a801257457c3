import type { Outcome } from './row.ts';

/** What the page shows of one attempt. */
export interface PageRow {
  readonly outcome: Outcome;
  readonly answer?: string;
  readonly text?: string;
  readonly note?: string; // error, limit or the verifier's words
  readonly votes?: readonly { readonly answer: string; readonly count: number; readonly weight: number }[];
  readonly facts: string; // tokens, seconds, confidence: in words
}

export interface PageProblem {
  readonly id: string;
  readonly text: string;
  readonly reference: string;
  readonly rows: readonly (readonly PageRow[])[]; // by method, by repeat
}

/** The data block of the page. */
export interface PageData {
  readonly methods: readonly { readonly name: string; readonly colour: string }[];
  readonly problems: readonly PageProblem[];
}

/**
 * The script of the report page: the list of problems with every method's answers. It is put into the page as its own
 * source text, so it may use nothing from outside itself. Text of models goes in through textContent only.
 */
export function reportPage(): void {
  const CHUNK = 60; // problems added each time the end of the list comes near
  const OUTCOMES: { readonly [outcome in Outcome]: string } = {
    correct: 'right',
    wrong: 'wrong',
    'no-answer': 'no answer',
    exhausted: 'limit',
    error: 'error',
  };
  const data = JSON.parse(document.getElementById('data')?.textContent ?? '') as PageData;
  const list = document.getElementById('list') as HTMLElement;
  const end = document.getElementById('end') as HTMLElement;
  const status = document.getElementById('status') as HTMLElement;
  const search = document.getElementById('search') as HTMLInputElement;
  const among = document.getElementById('among') as HTMLSelectElement;
  const filters = [...document.querySelectorAll<HTMLInputElement>('input[name=show]')];

  const element = (tag: string, className = '', text?: string, ...children: readonly Node[]): HTMLElement => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    made.append(...children);
    return made;
  };

  const rowsOf = (problem: PageProblem): readonly PageRow[] =>
    among.value === '' ? problem.rows.flat() : (problem.rows[Number(among.value)] ?? []);
  const rightShare = (rows: readonly PageRow[]): number =>
    rows.filter((row) => row.outcome === 'correct').length / Math.max(1, rows.length);
  const tests: { readonly [filter: string]: (problem: PageProblem) => boolean } = {
    all: () => true,
    differ: ({ rows }) => {
      const shares = rows.filter((group) => group.length > 0).map(rightShare);
      return shares.some((share) => share !== shares[0]);
    },
    wrong: (problem) => rowsOf(problem).some((row) => row.outcome === 'wrong'),
    failed: (problem) => rowsOf(problem).some((row) => row.outcome === 'error'),
    exhausted: (problem) => rowsOf(problem).some((row) => row.outcome === 'exhausted'),
    'no-answer': (problem) => rowsOf(problem).some((row) => row.outcome === 'no-answer'),
  };

  const haystacks = new Map<PageProblem, string>();
  const haystack = (problem: PageProblem): string => {
    const known = haystacks.get(problem);
    if (known !== undefined) return known;
    const answers = problem.rows.flat().map((row) => row.answer ?? '');
    const text = [problem.id, problem.text, problem.reference, ...answers].join('\n').toLowerCase();
    haystacks.set(problem, text);
    return text;
  };

  const columns = document.getElementById('problems')?.style;
  columns?.setProperty('--methods', String(data.methods.length));
  columns?.setProperty('--column', `${Math.max(92, Math.min(170, 600 / data.methods.length))}px`);

  let shown: PageProblem[] = [];
  let added = 0;

  const refresh = (): void => {
    const filter = filters.find((input) => input.checked)?.value ?? 'all';
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    shown = data.problems.filter(
      (problem) => tests[filter]?.(problem) && words.every((word) => haystack(problem).includes(word)),
    );
    for (const input of filters) {
      const amount = data.problems.filter((problem) => tests[input.value]?.(problem)).length;
      const counter = input.parentElement?.querySelector('.amount');
      if (counter) counter.textContent = String(amount);
    }
    status.textContent = `${shown.length.toLocaleString('en-US')} of ${data.problems.length.toLocaleString('en-US')} problems`;
    list.replaceChildren();
    added = 0;
    addMore();
  };

  const nearEnd = new IntersectionObserver(
    (entries) => {
      if (entries.some((entry) => entry.isIntersecting)) addMore();
    },
    { rootMargin: '800px' },
  );

  const addMore = (): void => {
    list.append(...shown.slice(added, added + CHUNK).map(summaryOf));
    added = Math.min(shown.length, added + CHUNK);
    end.hidden = added === shown.length;
    nearEnd.unobserve(end); // observing again reports once more where one chunk does not fill the window
    nearEnd.observe(end);
  };

  /** A closed problem: its text and each method's answer. What is inside is made when it is opened. */
  const summaryOf = (problem: PageProblem): HTMLElement => {
    const cells = problem.rows.map((rows, index) => {
      const cell = element('span', `cell ${data.methods[index]?.colour}`);
      cell.title = data.methods[index]?.name ?? '';
      if (rows.length === 0) cell.append(element('span', 'badge missing', 'not run'));
      else if (rows.length === 1 && rows[0]) cell.append(badge(rows[0]));
      else {
        const right = rows.filter((row) => row.outcome === 'correct').length;
        const state = right === rows.length ? 'correct' : right === 0 ? 'wrong' : 'mixed';
        const made = element('span', `badge ${state}`, `${right} of ${rows.length}`);
        made.title = `${right} of ${rows.length} attempts right`;
        cell.append(made);
      }
      return cell;
    });
    const question = element('span', 'question', undefined, element('b', '', problem.id));
    question.append(` ${problem.text.slice(0, 300)}`);
    const summary = element(
      'summary',
      '',
      undefined,
      question,
      element('span', 'key', problem.reference),
      ...cells,
    );
    const details = element('details', 'problem', undefined, summary) as HTMLDetailsElement;
    details.addEventListener('toggle', () => {
      if (details.open && details.childElementCount === 1) details.append(insideOf(problem));
    });
    return details;
  };

  /** The answer, or how the attempt ended without one; colour is never the only sign. */
  const badge = (row: PageRow): HTMLElement => {
    const mark = row.outcome === 'correct' ? '✓ ' : row.outcome === 'wrong' ? '✗ ' : '';
    const answer = row.answer === undefined ? '' : row.answer.slice(0, 80);
    const made = element('span', `badge ${row.outcome}`, mark ? mark + answer : OUTCOMES[row.outcome]);
    made.title = [OUTCOMES[row.outcome], answer].filter(Boolean).join(': ');
    return made;
  };

  const insideOf = (problem: PageProblem): HTMLElement => {
    const panels = problem.rows.map((rows, index) => {
      const method = data.methods[index];
      const panel = element(
        'section',
        `panel ${method?.colour}`,
        undefined,
        element('h4', 'method', method?.name),
      );
      for (const [repeat, row] of rows.entries())
        panel.append(attemptOf(row, rows.length > 1 ? `attempt ${repeat + 1}` : ''));
      if (rows.length === 0) panel.append(element('p', 'facts', 'not run'));
      return panel;
    });
    return element(
      'div',
      'inside',
      undefined,
      expandable(problem.text, 'full'),
      element(
        'p',
        'reference',
        undefined,
        element('span', 'name', 'Key '),
        element('b', '', problem.reference),
      ),
      element('div', 'panels', undefined, ...panels),
    );
  };

  const attemptOf = (row: PageRow, name: string): HTMLElement => {
    const ending = element('span', `ending ${row.outcome}`, OUTCOMES[row.outcome]);
    const head = element('p', 'answer', undefined, ending);
    if (row.answer !== undefined) head.append(element('b', '', row.answer));
    const made = element(
      'div',
      'attempt',
      undefined,
      head,
      element('p', 'facts', [name, row.facts].filter(Boolean).join(' · ')),
    );
    if (row.votes && row.votes.length > 0) made.append(votesOf(row.votes));
    if (row.note) made.append(element('p', 'note', row.note));
    if (row.text) made.append(expandable(row.text, 'text'));
    return made;
  };

  const votesOf = (votes: NonNullable<PageRow['votes']>): HTMLElement => {
    const lines = votes.slice(0, 6).map((vote) => {
      const bar = element('span', 'bar');
      bar.style.width = `${Math.max(0, Math.min(1, vote.weight)) * 100}%`;
      return element(
        'li',
        '',
        undefined,
        element('span', 'who', vote.answer),
        element('span', 'track', undefined, bar),
        element('span', 'share', `${vote.count} · ${Math.round(vote.weight * 100)} %`),
      );
    });
    if (votes.length > 6) lines.push(element('li', 'more', `and ${votes.length - 6} more answers`));
    return element('ul', 'votes', undefined, ...lines);
  };

  /** Long text begins folded, with a button to unfold it. */
  const expandable = (text: string, className: string): HTMLElement => {
    const body = element('div', `prose ${className}`, text);
    const long = text.length > 600 || text.split('\n').length > 12;
    if (!long) return element('div', '', undefined, body);
    const button = element('button', 'unfold', 'Show all') as HTMLButtonElement;
    button.type = 'button';
    button.ariaExpanded = 'false';
    body.classList.add('folded');
    button.addEventListener('click', () => {
      const folded = body.classList.toggle('folded');
      button.textContent = folded ? 'Show all' : 'Show less';
      button.ariaExpanded = String(!folded);
    });
    return element('div', '', undefined, body, button);
  };

  let pause: ReturnType<typeof setTimeout> | undefined;
  search.addEventListener('input', () => {
    clearTimeout(pause);
    pause = setTimeout(refresh, 120);
  });
  among.addEventListener('change', refresh);
  for (const input of filters) input.addEventListener('change', refresh);
  document.getElementById('more')?.addEventListener('click', addMore);
  refresh();
}
