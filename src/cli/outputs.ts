import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InputError } from '../core/errors.ts';
import type { Report } from '../evaluation/report.ts';
import { report as reportOf } from '../evaluation/report.ts';
import type { RunRecord } from '../evaluation/row.ts';
import { pageFolder } from '../host/page-folder.ts';
import { colours, columns, printJson } from './terminal.ts';

/** Where a report goes. */
export interface OutputOptions {
  readonly state: string; // folder; the HTML report lands in its reports/ unless `report` says where
  readonly report?: string;
  readonly output?: readonly string[]; // further files, their kind told by the extension
}

/** A report with the place of its HTML page; null in a checkout that has not built the page. */
export type WrittenReport = Report & { readonly html: string | null };

/** Makes the report of a record and writes it to its files. Throws InputError when one that was asked for cannot be written. */
export async function writeOutputs(record: RunRecord, options: OutputOptions): Promise<WrittenReport> {
  const report = reportOf(record);
  const html = options.report ?? join(options.state, 'reports', `${record.info.run}.html`);
  const written = options.report !== undefined || existsSync(templateFile());
  if (written) write(html, await page(report, record));
  for (const file of options.output ?? []) write(file, await rendered(file, report, record));
  return { ...report, html: written ? html : null };
}

function templateFile(): string {
  return join(pageFolder(), 'report.html');
}

async function page(report: Report, record: RunRecord): Promise<string> {
  const { renderHtml } = await import('../evaluation/report-html.ts');
  try {
    return renderHtml(report, record, readFileSync(templateFile(), 'utf8'));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new InputError('The HTML report needs the built page; run npm run build:web first', { cause });
  }
}

async function rendered(file: string, report: Report, record: RunRecord): Promise<string> {
  switch (extname(file).toLowerCase()) {
    case '.json':
      return `${JSON.stringify(report, null, 2)}\n`;
    case '.jsonl':
      return record.rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    case '.csv':
      return (await import('../evaluation/report-csv.ts')).renderCsv(record);
    case '.html':
      return page(report, record);
    case '.xml':
      return (await import('../evaluation/report-junit.ts')).renderJunit(report, record);
    default:
      throw new InputError(
        `Cannot tell what to write to ${file}; name it .json, .jsonl, .csv, .html or .xml`,
      );
  }
}

/** Prints the table and the decisions, or the JSON document. */
export async function printReport(report: WrittenReport, { json }: { json: boolean }): Promise<void> {
  if (json) return printJson(report);
  const { renderTerminal } = await import('../evaluation/report-terminal.ts');
  const { stdout } = process;
  console.log(renderTerminal(report, { columns: columns(stdout), colour: colours(stdout) }));
  const { html } = report;
  if (html === null) console.log('\nNo HTML report: the page is not built (npm run build:web)');
  else console.log(`\nReport: ${html.startsWith('/') ? pathToFileURL(html).href : html}`);
}

/** Writes whole files only: a full disk leaves the old one. */
function write(file: string, text: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    const unfinished = `${file}.${process.pid}.tmp`;
    writeFileSync(unfinished, text);
    renameSync(unfinished, file);
  } catch (cause) {
    throw new InputError(`Cannot write ${file}: ${(cause as Error).message}`, { cause });
  }
}
