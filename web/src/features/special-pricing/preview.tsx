import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { PriceRequest, SpecialPricePreview } from '../../../../api/contract/special-prices.ts';
import { askedCountWords, stepSentence } from '../../../../domain/words/special-pricing.ts';
import { formatDay } from '../../../../domain/words/reader.ts';
import { LoadingRows, Notice, ProblemNotice } from '../../components/notices.tsx';
import { Section } from '../../components/page.tsx';
import { PriceLines, PriceSentence, PriceWaterfall } from '../../components/price-waterfall.tsx';
import { call } from '../../lib/api.ts';
import { useReader } from '../../lib/session.ts';
import { canBePriced } from './price-form-values.ts';

/** A pause in typing this long asks. */
const PAUSE_MS = 350;

export interface Previewed {
  readonly preview: SpecialPricePreview | null;
  readonly isPending: boolean;
  readonly error: unknown;
  readonly retry: () => void;
  /** True while what stands there is of an earlier text than what is typed. */
  readonly isBehind: boolean;
}

/** What the request would come to, asked after a pause in typing; the last answer stays until the next is here. */
export function usePreview(request: PriceRequest): Previewed {
  const typed = JSON.stringify(request);
  const [asked] = useDebouncedValue(typed, PAUSE_MS);
  const body = JSON.parse(asked) as PriceRequest;
  const enabled = canBePriced(body);
  const read = useQuery({
    queryKey: ['price-preview', asked],
    queryFn: ({ signal }) => call('POST /api/special-prices/preview', { body }, { signal }),
    enabled,
    staleTime: 30_000,
    placeholderData: keepPreviousData,
  });
  return {
    preview: enabled ? (read.data ?? null) : null,
    isPending: enabled && read.isPending,
    error: enabled ? read.error : null,
    retry: () => void read.refetch(),
    isBehind: typed !== asked || read.isFetching,
  };
}

/** The price and who will be asked, beside the form; it never holds the form up. */
export function Preview({
  previewed,
  leftOut,
}: {
  previewed: Previewed;
  leftOut: readonly string[];
}): ReactNode {
  const { preview, isPending, error, retry, isBehind } = previewed;
  const reader = useReader();
  return (
    <Section
      title="What it comes to"
      aside={
        <span className="quiet" role="status">
          {isBehind && preview !== null ? 'Working it out…' : ''}
        </span>
      }
    >
      <ProblemNotice error={error} onRetry={retry} />
      {isPending && <LoadingRows rows={5} />}
      {!isPending && preview === null && (error === null || error === undefined) && (
        <p className="quiet" style={{ margin: 0 }}>
          Choose a product with its quantity and the days of validity: the price, and who will be asked and by
          when, stand here while you type.
        </p>
      )}
      {preview !== null && (
        <div className="stack">
          {preview.waterfall !== null && (
            <>
              <PriceSentence view={preview.waterfall} />
              <PriceWaterfall view={preview.waterfall} />
            </>
          )}
          {preview.route !== null && <Route route={preview.route} />}
          {leftOut.length > 0 && (
            <Notice tone="waiting">
              Before it can be sent:
              <ul className="sentences">
                {leftOut.map((reason) => (
                  <li key={reason}>{reason}</li>
                ))}
              </ul>
            </Notice>
          )}
          {preview.latestValidUntil !== null && (
            <p className="quiet" style={{ margin: 0 }}>
              Valid until {formatDay(preview.latestValidUntil, reader)} at the latest.
            </p>
          )}
          {preview.waterfall !== null && (
            <details open={preview.waterfall.lines.length <= 4}>
              <summary className="quiet" style={{ cursor: 'pointer' }}>
                By line
              </summary>
              <PriceLines view={preview.waterfall} dense />
            </details>
          )}
        </div>
      )}
    </Section>
  );
}

function Route({ route }: { route: NonNullable<SpecialPricePreview['route']> }): ReactNode {
  const reader = useReader();
  return (
    <div>
      <strong>{askedCountWords(route.steps)}</strong>
      {route.steps.length > 0 && (
        <ol className="sentences" style={{ marginTop: 4 }}>
          {route.steps.map((step) => (
            <li key={step.stepNo}>{stepSentence(step, reader)}</li>
          ))}
        </ol>
      )}
      {!route.complete && (
        <p className="quiet" style={{ margin: '4px 0 0' }}>
          When it is sent the margin is looked at as well, and what was asked for this customer before: more
          people may be asked then.
        </p>
      )}
    </div>
  );
}
