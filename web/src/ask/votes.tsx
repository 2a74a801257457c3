import type { Vote } from '../../../src/core/solution.ts';

/** Answers that are shown; the rest are counted. */
const MOST_SHOWN = 6;

interface VotesProps {
  readonly votes: readonly Vote[];
  readonly label?: string;
}

/** A tally as bars, the leader first. */
export function Votes({ votes, label = 'Votes' }: VotesProps) {
  const rest = votes.slice(MOST_SHOWN).reduce((sum, { count }) => sum + count, 0);
  return (
    <ol class="votes" aria-label={label}>
      {votes.slice(0, MOST_SHOWN).map(({ answer, count, weight }, index) => (
        <li key={answer} class={index === 0 ? 'leads' : ''}>
          <span class="who" title={answer}>
            {answer}
          </span>
          <span class="track" aria-hidden="true">
            <span class="bar" style={{ width: `${Math.min(1, Math.max(0, weight)) * 100}%` }} />
          </span>
          <span class="share">
            {count} <span class="quiet">{Math.round(weight * 100)} %</span>
          </span>
        </li>
      ))}
      {rest > 0 && <li class="more">and {rest} votes for other answers</li>}
    </ol>
  );
}
