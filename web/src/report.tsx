import { render } from 'preact';
import type { ReportData } from '../../src/evaluation/report-html.ts';
import { RunReport, runFacts } from './report/run-report.tsx';
import { restoreTheme, ThemeButton } from './theme.tsx';
import './style/base.css';
import './style/report.css';
import './style/votes.css';

/** The report of one run as a file: the page's own code over a block of data. */
function ReportFile({ data }: { readonly data: ReportData }) {
  const { report, cutTo } = data;
  return (
    <div class="file">
      <header class="file-head page">
        <p class="brand">Reckon</p>
        <p class="run-facts">
          {runFacts(report).map((fact) => (
            <span key={fact}>{fact}</span>
          ))}
        </p>
        <ThemeButton />
      </header>
      <main class="page">
        <RunReport run={data} cutTo={cutTo ?? undefined} />
      </main>
    </div>
  );
}

restoreTheme();
const place = document.getElementById('app');
const text = document.getElementById('data')?.textContent;
if (place && text) render(<ReportFile data={JSON.parse(text) as ReportData} />, place);
