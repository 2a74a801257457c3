import { ProgramError } from './program-error.ts';

/** A longer program is refused before anything reads it. */
export const MOST_PROGRAM_CHARACTERS = 2 ** 20;
/** Lines of a program in sections; more are refused. */
export const MOST_LINES = 20_000;

/** One statement of a program with what it says in words, where the author wrote that behind `:::`. */
export interface ProgramLine {
  readonly line: number; // from 1
  readonly text: string;
  readonly note?: string;
}

/**
 * Splits a program into its sections. A line `Name:` opens the section of that name, whatever its case; text behind `:::` is a
 * remark. Throws ProgramError for a statement before the first section, a section that comes twice or a missing one.
 */
export function programSections<Name extends string>(
  program: string,
  names: readonly Name[],
  optional: readonly Name[] = [],
): Readonly<Record<Name, readonly ProgramLine[]>> {
  const sections = new Map<Name, ProgramLine[]>();
  let current: ProgramLine[] | undefined;
  for (const { line, text, note } of programLines(program)) {
    const colon = text.indexOf(':');
    const heading = colon < 0 ? undefined : text.slice(0, colon).trim().toLowerCase();
    const name = names.find((known) => known.toLowerCase() === heading);
    if (name !== undefined) {
      if (sections.has(name)) throw new ProgramError(`the section ${name}: comes a second time`, line);
      current = [];
      sections.set(name, current);
      const rest = text.slice(colon + 1).trim();
      if (rest !== '') current.push({ line, text: rest, ...(note !== undefined && { note }) });
    } else if (!current)
      throw new ProgramError(`"${cut(text)}" stands before the first section; begin with ${names[0]}:`, line);
    else current.push({ line, text, ...(note !== undefined && { note }) });
  }
  const result = {} as Record<Name, readonly ProgramLine[]>;
  for (const name of names) {
    const found = sections.get(name);
    if (!found && !optional.includes(name)) throw new ProgramError(`The section ${name}: is missing`);
    result[name] = found ?? [];
  }
  return result;
}

/** What is to be shown of an option: it follows, it can be, it cannot be. */
export type Ask = 'entailed' | 'possible' | 'impossible';

/** What the sections Ask and Query want of a solver; a query without options, `solve`, wants any solution. */
export function readQuery(sections: {
  readonly Ask: readonly ProgramLine[];
  readonly Query: readonly ProgramLine[];
}): { readonly ask: Ask; readonly solve: boolean } {
  const [asked] = sections.Ask;
  const ask = asked?.text.toLowerCase() ?? 'entailed';
  if (ask !== 'entailed' && ask !== 'possible' && ask !== 'impossible')
    throw new ProgramError(`it asks for "${cut(ask)}"; write entailed, possible or impossible`, asked?.line);
  const [first] = sections.Query;
  if (!first) throw new ProgramError('The section Query: is empty; list options A) … or write solve');
  return { ask, solve: sections.Query.length === 1 && first.text.toLowerCase() === 'solve' };
}

/** An option's label, and what stands behind it. */
export function readOption({ text, line }: ProgramLine): { readonly label: string; readonly rest: string } {
  const [prefix, label] = /^\(?([A-Za-z0-9]{1,3})\)\s*/.exec(text) ?? [];
  if (prefix === undefined || label === undefined)
    throw new ProgramError(`"${cut(text)}" has no label; write A) before it`, line);
  return { label, rest: text.slice(prefix.length) };
}

/** The statements of a program, without empty lines, code fences and remarks. */
function programLines(program: string): ProgramLine[] {
  if (program.length > MOST_PROGRAM_CHARACTERS)
    throw new ProgramError(
      `The program has ${program.length} characters; at most ${MOST_PROGRAM_CHARACTERS} are read`,
    );
  const lines: ProgramLine[] = [];
  for (const [index, raw] of program.split('\n').entries()) {
    const remark = raw.indexOf(':::');
    const text = (remark < 0 ? raw : raw.slice(0, remark)).trim();
    if (text === '' || text.startsWith('```')) continue;
    const note = remark < 0 ? '' : raw.slice(remark + 3).trim();
    lines.push({ line: index + 1, text, ...(note !== '' && { note }) });
    if (lines.length > MOST_LINES)
      throw new ProgramError(`The program has more than ${MOST_LINES} statements; write a shorter one`);
  }
  return lines;
}

/** A piece of a program, short enough for an error message. */
export function cut(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
