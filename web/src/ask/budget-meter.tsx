import type { Limits } from '../../../src/core/budget.ts';
import type { Usage } from '../../../src/core/model.ts';
import { compact, count, money } from '../../../src/evaluation/format.ts';

interface BudgetMeterProps {
  readonly spent: Usage;
  readonly seconds: number;
  readonly limits: Limits;
  readonly inFlight: number; // calls
}

/** What has been spent, each amount against its limit where there is one. */
export function BudgetMeter({ spent, seconds, limits, inFlight }: BudgetMeterProps) {
  const tokens = spent.promptTokens + spent.completionTokens;
  return (
    <dl class="budget">
      <Amount
        name="calls"
        value={spent.calls}
        limit={limits.calls}
        write={count}
        aside={inFlight > 0 ? `${inFlight} at work` : ''}
      />
      <Amount
        name="tokens"
        value={tokens}
        limit={limits.tokens}
        write={compact}
        aside={spent.estimated ? 'estimated' : ''}
      />
      <Amount name="seconds" value={seconds} limit={limits.seconds} write={(value) => value.toFixed(1)} />
      {(spent.usd || limits.usd !== undefined) && (
        <Amount name="dollars" value={spent.usd} limit={limits.usd} write={money} />
      )}
    </dl>
  );
}

interface AmountProps {
  readonly name: string;
  readonly value: number | undefined; // undefined: unknown
  readonly limit: number | undefined;
  readonly write: (value: number) => string;
  readonly aside?: string;
}

function Amount({ name, value, limit, write, aside = '' }: AmountProps) {
  const share = limit === undefined || value === undefined ? undefined : Math.min(1, value / limit);
  return (
    <div class={share === undefined ? 'amount' : share > 0.9 ? 'amount limited full' : 'amount limited'}>
      <dt>{name}</dt>
      <dd>
        <b>{value === undefined ? '–' : write(value)}</b>
        {limit !== undefined && <span class="quiet"> of {write(limit)}</span>}
        {aside !== '' && <span class="quiet aside"> {aside}</span>}
      </dd>
      {share !== undefined && (
        <meter min={0} max={1} value={share} aria-label={`${name} spent of their limit`}>
          {Math.round(share * 100)} %
        </meter>
      )}
    </div>
  );
}
