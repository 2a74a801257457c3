import * as format from '../../../src/evaluation/format.ts';
import type { Report } from '../../../src/evaluation/report.ts';

/** The decision in large letters, its evidence below, then what to know before trusting it. */
export function Hero({ report }: { readonly report: Pick<Report, 'headline' | 'decision' | 'notes'> }) {
  const { headline, decision, notes } = report;
  const evidence = decision
    .slice(headline.length)
    .replace(/^[\s,;:.]+/, '')
    .replace(/^\((.*)\)$/, '$1');
  return (
    <section class="hero">
      <h1>{format.sentence(headline).replace(/\.$/, '')}</h1>
      {evidence !== '' && <p class="evidence">{format.unbroken(format.sentence(evidence))}</p>}
      {notes.length > 0 && (
        <ul class="notes">
          {notes.map((note) => (
            <li key={note}>{format.unbroken(note)}</li>
          ))}
        </ul>
      )}
    </section>
  );
}
