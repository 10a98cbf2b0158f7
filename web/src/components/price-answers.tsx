import type { ReactNode } from 'react';
import type { SpecialPriceDetail } from '../../../api/contract/special-prices.ts';
import type { TaskDetail } from '../../../api/contract/tasks.ts';
import { priceFields } from '../../../domain/special-pricing/status.ts';
import { describeWorse, priceFieldWords } from '../../../domain/words/special-pricing.ts';
import { counterAsAsked, readCounter, sameAsAsked, type TypedCounter } from '../lib/counter-terms.ts';
import { priceContextOf } from '../lib/price-context.ts';
import { useRead } from '../lib/queries.ts';
import { useReader } from '../lib/session.ts';
import { CounterForm } from './counter-form.tsx';
import type { CaseAnswers } from './decision-panel.tsx';
import { Notice } from './notices.tsx';

/** What a special price adds to its question: what got worse since the reader's role agreed, and the terms of a counter-offer. */
export function usePriceAnswers(task: TaskDetail, request: SpecialPriceDetail): CaseAnswers<TypedCounter> {
  const programs = useRead('GET /api/programs', {});
  const program = programs.data?.items.find(({ id }) => id === request.programId);
  return {
    reasons: program?.specialPricing?.denialReasons ?? [],
    fields: priceFields.map((key) => ({ key, label: priceFieldWords[key] })),
    notice: <AskedAgain task={task} request={request} />,
    whyNot: () => null,
    part: ({ outcome, more, change }) =>
      outcome === 'counter_offer' ? (
        <CounterForm request={request} typed={more ?? counterAsAsked(request)} change={change} />
      ) : null,
    missing: (outcome, more) => {
      if (outcome !== 'counter_offer') return null;
      const read = readCounter(request, more ?? counterAsAsked(request));
      if (read.problem !== null) return read.problem;
      return sameAsAsked(request, read)
        ? 'Change at least one of the terms: as they are, approve them.'
        : null;
    },
    body: (outcome, more) => ({
      winnerId: null,
      counter:
        outcome === 'counter_offer' ? readCounter(request, more ?? counterAsAsked(request)).terms : null,
    }),
  };
}

/** Why somebody who agreed before is asked again: only what got worse is the question. */
function AskedAgain({ task, request }: { task: TaskDetail; request: SpecialPriceDetail }): ReactNode {
  const reader = useReader();
  const role = request.vendor?.tasks.find(({ id }) => id === task.id)?.askedRole;
  const again = request.vendor?.askedAgain.find((one) => one.role === role);
  if (again === undefined) return null;
  const context = priceContextOf(request);
  return (
    <Notice tone="dueSoon">
      <strong>Agreed to before, and worse now:</strong>
      <ul className="sentences">
        {again.worse.map((worse) => (
          <li key={`${worse.kind} ${JSON.stringify(worse.facts)}`}>
            {describeWorse(worse, context, reader)}
          </li>
        ))}
      </ul>
    </Notice>
  );
}
