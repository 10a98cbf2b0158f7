import { getRouteApi } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { specialPriceKinds } from '../../../../domain/special-pricing/status.ts';
import { LoadingRows, Notice, ProblemNotice } from '../../components/notices.tsx';
import { Page } from '../../components/page.tsx';
import { useNowMs } from '../../lib/now.ts';
import { useRead } from '../../lib/queries.ts';
import { SpecialPriceForm } from './price-form.tsx';
import {
  emptyPriceForm,
  fromAgreement,
  fromPriceDraft,
  fromRegistration,
  usualValidity,
  type PriceFormValues,
} from './price-form-values.ts';

const route = getRouteApi('/special-prices/new');

/** Ask for a special price: from a registration, for an agreement that is to be changed, from a draft, or from nothing. */
export function NewSpecialPricePage(): ReactNode {
  const search = route.useSearch();
  // The first save puts the draft's id into the address; the form that is being typed into must not begin anew for it.
  const [begun] = useState(search);
  const [today] = useState(useToday());
  const programs = useRead('GET /api/programs', {});
  const idOf = (id: string | undefined) => ({ params: { id: id ?? '' } });
  const isAsked = (id: string | undefined) => ({ enabled: id !== undefined });
  const draft = useRead('GET /api/special-price-drafts/:id', idOf(begun.draft), isAsked(begun.draft));
  const registration = useRead(
    'GET /api/deal-registrations/:id',
    idOf(begun.registration),
    isAsked(begun.registration),
  );
  const agreement = useRead(
    'GET /api/pricing-agreements/:id',
    idOf(begun.agreement),
    isAsked(begun.agreement),
  );
  const open = (programs.data?.items ?? []).filter(({ specialPricing }) => specialPricing !== null);
  const programOf = (id: string) => open.find((program) => program.id === id);
  const reads = [
    programs,
    ...(begun.draft ? [draft] : []),
    ...(begun.registration ? [registration] : []),
    ...(begun.agreement ? [agreement] : []),
  ];
  const isLoading = reads.some(({ data }) => data === undefined);
  const [first] = open;
  const initial = (): PriceFormValues => {
    if (draft.data !== undefined) return fromPriceDraft(draft.data.body, draft.data.programId);
    if (agreement.data !== undefined) {
      const kind = specialPriceKinds.find((one) => one === begun.kind) ?? 'new_version';
      return fromAgreement(agreement.data, kind, { program: programOf(agreement.data.programId), today });
    }
    if (registration.data !== undefined)
      return fromRegistration(registration.data, programOf(registration.data.programId), today);
    return { ...emptyPriceForm, ...usualValidity(today, first, null), programId: first?.id ?? '' };
  };
  return (
    <Page
      title={begun.agreement === undefined ? 'Ask for a special price' : 'Ask for a change of an agreement'}
    >
      <ProblemNotice
        error={reads.find(({ error }) => error !== null)?.error ?? null}
        onRetry={() => {
          for (const read of reads) void read.refetch();
        }}
      />
      {isLoading ? (
        reads.every(({ error }) => error === null) && <LoadingRows rows={10} height={32} />
      ) : first === undefined ? (
        <Notice tone="waiting">
          No program offers special prices to you at the moment. Your channel account manager can tell you
          more.
        </Notice>
      ) : (
        <SpecialPriceForm programs={open} draftId={begun.draft ?? null} initial={initial()} today={today} />
      )}
    </Page>
  );
}

/** Today in UTC, in which validity is counted. */
function useToday(): string {
  return new Date(useNowMs()).toISOString().slice(0, 10);
}
