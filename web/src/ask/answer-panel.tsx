import { percent } from '../../../src/evaluation/format.ts';
import { Failure } from '../failure.tsx';
import { ModelText } from '../text/model-text.tsx';
import type { AskSession } from './ask-session.ts';
import { BudgetMeter } from './budget-meter.tsx';
import { liveVotes } from './live-votes.ts';
import { Votes } from './votes.tsx';

/** An answer longer than this reads as text, not as a result. */
const SHORT = 60;

/** The answer of a session as it comes: what was found, how sure, at what cost; or why there is none. */
export function AnswerPanel({ session }: { readonly session: AskSession }) {
  const { status, answer, failure, asked, spent, seconds, inFlight, trace } = session;
  const solution = answer?.solution;
  const votes = solution?.votes ?? (status === 'working' ? liveVotes(trace) : undefined);
  const short =
    solution?.answer !== undefined && solution.answer.length <= SHORT ? solution.answer : undefined;
  const text = answer ? answer.text : asked.method === '' ? (trace.nodes.get(0)?.text ?? '') : '';
  return (
    <section class="answer-panel" aria-label="Answer">
      <div class="result" aria-live="polite" aria-busy={status === 'working'}>
        {failure && <Failure failure={failure} />}
        {status === 'stopped' && (
          <p class="notice">Stopped. What was thought until then stays in the tree.</p>
        )}
        {status === 'working' && text === '' && <p class="working">Thinking…</p>}
        {short !== undefined && <ModelText class="short-answer" text={short} />}
        {answer && solution && solution.answer === undefined && (
          <p class="notice">No answer could be read out of the solution.</p>
        )}
        {answer?.exhausted !== undefined && (
          <p class="notice">The limit on {answer.exhausted} was reached: this is the best so far.</p>
        )}
        {solution?.confidence !== undefined && (
          <p class="confidence">
            <span class="quiet">confidence</span> <b>{percent(solution.confidence)}</b>
          </p>
        )}
      </div>
      {votes && votes.length > 0 && <Votes votes={votes} label={answer ? 'Votes' : 'Votes so far'} />}
      {text !== '' && text.trim() !== short && <ModelText class="answer-text" text={text} />}
      {answer?.toolCalls?.map((call) => (
        <pre key={call.id} class="tool-call">{`${call.name}(${call.input})`}</pre>
      ))}
      {answer?.cut && <p class="notice">The tree was too long to be sent whole; its first part is shown.</p>}
      <BudgetMeter spent={spent} seconds={seconds} limits={asked.limits} inFlight={inFlight} />
    </section>
  );
}
