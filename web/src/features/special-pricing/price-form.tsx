import { Button, Checkbox, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { IconCheck, IconX } from '@tabler/icons-react';
import { Link, getRouteApi } from '@tanstack/react-router';
import { useCallback, useEffect, useState, type ReactNode } from 'react';
import { useForm, useWatch } from 'react-hook-form';
import type { Program } from '../../../../api/contract/directory.ts';
import type { SpecialPriceWritten } from '../../../../api/contract/special-prices.ts';
import { specialPriceKinds } from '../../../../domain/special-pricing/status.ts';
import {
  priceClosureWords,
  priceKindMeaning,
  priceKindWords,
} from '../../../../domain/words/special-pricing.ts';
import { SavingWords } from '../../components/drafts.tsx';
import { EvidenceFiles } from '../../components/evidence-files.tsx';
import { Notice, ProblemNotice } from '../../components/notices.tsx';
import { Section } from '../../components/page.tsx';
import { SearchPicker, type Found } from '../../components/search-picker.tsx';
import { Day, ExactInstant } from '../../components/values.tsx';
import { minorOf } from '../../lib/amounts.ts';
import { countries } from '../../lib/countries.ts';
import { useDraftSaving } from '../../lib/draft-saving.ts';
import { errorAt, showErrors } from '../../lib/form-errors.ts';
import { useRead, useWrite } from '../../lib/queries.ts';
import { useReader } from '../../lib/session.ts';
import { LineFields, type PriceForm } from './line-fields.tsx';
import { Preview, usePreview } from './preview.tsx';
import {
  fromRegistration,
  priceFieldOf,
  toRequest,
  usualValidity,
  type PriceFormValues,
} from './price-form-values.ts';

const route = getRouteApi('/special-prices/new');

interface FormProps {
  readonly programs: readonly Program[];
  readonly draftId: string | null;
  readonly initial: PriceFormValues;
  /** Today, as a calendar date. */
  readonly today: string;
}

/** Asking for a special price: the form, and beside it what it comes to and who will be asked. */
export function SpecialPriceForm(props: FormProps): ReactNode {
  const { programs, today } = props;
  const navigate = route.useNavigate();
  const begun = useCallback(
    (id: string) => void navigate({ search: { draft: id }, replace: true }),
    [navigate],
  );
  // The id in the address appears with the first save; the form that made it goes on as it is.
  const [initialId] = useState(props.draftId);
  const form = useForm<PriceFormValues>({ defaultValues: props.initial, mode: 'onTouched' });
  const draft = useDraftSaving<PriceFormValues>('special-price-drafts', { initialId, onBegun: begun });
  const letGo = useWrite('DELETE /api/special-price-drafts/:id', ['GET /api/special-price-drafts']);
  const submit = useWrite('POST /api/special-prices', ['GET /api/special-prices']);
  const { keep, flush } = draft;
  useEffect(() => {
    const { unsubscribe } = form.watch((values) => keep(values as PriceFormValues));
    return unsubscribe;
  }, [form, keep]);
  const values = useWatch({ control: form.control }) as PriceFormValues;
  const program = programs.find(({ id }) => id === values.programId);
  const request = toRequest(values, program?.currency ?? 'EUR');
  const currency = request.currency ?? program?.currency ?? 'EUR';
  const previewed = usePreview(request);
  const faults = (previewed.preview?.errors ?? []).map(({ pointer, reason }) => ({
    field: priceFieldOf(pointer, values.lines),
    reason,
  }));
  // What the API would refuse stands at a field once it was touched: nobody is scolded for what he has not come to.
  const errorOf = (path: string): string | undefined => {
    const own = errorAt(form, path);
    if (own !== undefined) return own;
    const { isTouched } = form.getFieldState(path as 'words', form.formState);
    return isTouched || form.formState.isSubmitted
      ? faults.find(({ field }) => field === path)?.reason
      : undefined;
  };
  const send = form.handleSubmit(async (typed) => {
    const draftId = await flush();
    submit.mutate(
      { body: toRequest(typed, currency) },
      {
        onError: (error) => showErrors(form, error, (pointer) => priceFieldOf(pointer, typed.lines)),
        onSuccess: () => {
          if (draftId !== null) letGo.mutate({ params: { id: draftId } });
        },
      },
    );
  });
  if (submit.data !== undefined) return <Received written={submit.data} />;
  const shared = { form, program, currency, errorOf, today };
  return (
    <form onSubmit={(event) => void send(event)} noValidate className="form-beside">
      <div>
        <SubjectSection {...shared} programs={programs} />
        <Section title="2. Products and prices">
          <LineFields
            form={form}
            currency={currency}
            waterfall={previewed.preview?.waterfall ?? null}
            errorOf={errorOf}
          />
          <div className="form-grid" style={{ marginTop: 12 }}>
            <TextInput
              label={`Discount on the whole (${currency})`}
              description="Beside the prices above; may stay empty."
              inputMode="decimal"
              {...form.register('lump', { validate: amountOrNothing(currency) })}
              error={errorOf('lump')}
            />
          </div>
        </Section>
        <WhySection {...shared} />
        <TermsSection {...shared} latest={previewed.preview?.latestValidUntil ?? null} />
      </div>
      <div className="beside">
        <Preview previewed={previewed} leftOut={[...new Set(faults.map(({ reason }) => reason))]} />
        <div className="stack">
          {form.formState.isSubmitted && !form.formState.isValid && (
            <Notice tone="dueSoon">Some fields need a look; each says what is wanted.</Notice>
          )}
          <ProblemNotice error={submit.error} />
          <div className="row">
            <Button type="submit" size="sm" loading={submit.isPending}>
              Ask for this price
            </Button>
            <SavingWords saving={draft.saving} />
          </div>
        </div>
      </div>
    </form>
  );
}

const amountOrNothing =
  (currency: string) =>
  (text: string): true | string =>
    text.trim() === '' || minorOf(text, currency) !== null || 'Write an amount such as 5000 or 5000.50.';

interface SectionProps {
  readonly form: PriceForm;
  readonly program: Program | undefined;
  readonly currency: string;
  readonly errorOf: (path: string) => string | undefined;
  readonly today: string;
}

const SHOWN_REGISTRATIONS = 30;

/** The partner's approved registrations that have the words. */
function useFoundRegistrations(words: string, id: string): Found {
  const found = useRead(
    'GET /api/deal-registrations',
    { query: { status: 'approved', search: words, limit: SHOWN_REGISTRATIONS } },
    { keepLast: true },
  );
  const chosen = useRead('GET /api/deal-registrations/:id', { params: { id } }, { enabled: id !== '' });
  const optionOf = (one: {
    id: string;
    customerName: string;
    opportunityName: string;
    reference: string;
  }) => ({
    value: one.id,
    label: `${one.customerName}: ${one.opportunityName} (${one.reference})`,
  });
  return {
    options: (found.data?.items ?? []).map(optionOf),
    chosen: chosen.data === undefined ? null : optionOf(chosen.data),
    isPending: found.isPending,
    error: found.error ?? chosen.error,
  };
}

/** For which deal: the registration, the agreement that is changed, or the customer where neither is there. */
function SubjectSection({
  form,
  programs,
  program,
  errorOf,
  today,
}: SectionProps & { programs: readonly Program[] }): ReactNode {
  const registrationId = useWatch({ control: form.control, name: 'registrationId' });
  const agreementId = useWatch({ control: form.control, name: 'agreementId' });
  const kind = useWatch({ control: form.control, name: 'kind' });
  const isChange = agreementId !== '';
  const needed = program?.specialPricing?.registrationNeeded === true;
  return (
    <Section title="1. For which deal">
      <div className="stack">
        {isChange && (
          <NativeSelect
            label="What is changed"
            description={priceKindMeaning[kind]}
            {...form.register('kind')}
            error={errorOf('kind')}
            data={specialPriceKinds
              .filter((one) => one !== 'new')
              .map((one) => ({ value: one, label: priceKindWords[one] }))}
          />
        )}
        {!isChange && (
          <SearchPicker
            label="Your approved registration"
            required={needed}
            placeholder="Type to find the customer or reference"
            value={registrationId}
            onChange={(id) => form.setValue('registrationId', id, { shouldDirty: true, shouldTouch: true })}
            error={errorOf('registrationId')}
            useFound={useFoundRegistrations}
            {...(needed ? {} : { first: { value: '', label: 'None: the deal is not registered' } })}
          />
        )}
        <OfRegistration key={registrationId} {...{ form, registrationId, programs, today }} />
        {registrationId === '' && !isChange && (
          <>
            <NativeSelect
              label="Program"
              {...form.register('programId', {
                onChange: (event: { target: { value: string } }) => {
                  const chosen = programs.find(({ id }) => id === event.target.value);
                  const { validFrom, validUntil } = usualValidity(today, chosen, null);
                  form.setValue('validFrom', validFrom);
                  form.setValue('validUntil', validUntil);
                },
              })}
              error={errorOf('programId')}
              data={programs.map(({ id, name }) => ({ value: id, label: name }))}
            />
            {!needed && <CustomerFields form={form} errorOf={errorOf} />}
          </>
        )}
      </div>
    </Section>
  );
}

/** Brings over what a registration that was just chosen says, as long as nothing was typed in its place. */
function OfRegistration(props: {
  form: PriceForm;
  registrationId: string;
  programs: readonly Program[];
  today: string;
}): ReactNode {
  const { form, registrationId, programs, today } = props;
  // What the form begins with was brought over already.
  const [isNew] = useState(
    () => registrationId !== '' && form.formState.touchedFields.registrationId === true,
  );
  const read = useRead(
    'GET /api/deal-registrations/:id',
    { params: { id: registrationId } },
    { enabled: registrationId !== '' },
  );
  const registration = read.data;
  useEffect(() => {
    if (!isNew || registration === undefined) return;
    const program = programs.find(({ id }) => id === registration.programId);
    const brought = fromRegistration(registration, program, today);
    form.setValue('programId', brought.programId, { shouldDirty: true });
    form.setValue('currency', brought.currency);
    form.setValue('validFrom', brought.validFrom);
    form.setValue('validUntil', brought.validUntil);
    if (form.getValues('lines').every(({ sku }) => sku === ''))
      form.setValue('lines', brought.lines, { shouldDirty: true });
  }, [isNew, registration, programs, today, form]);
  if (registration === undefined) return null;
  return (
    <p className="quiet" style={{ margin: 0 }}>
      {registration.customerName}, {registration.programName}
      {registration.protectedUntil !== null && (
        <>
          , protected until <Day at={registration.protectedUntil} />
        </>
      )}
      .
    </p>
  );
}

function CustomerFields({ form, errorOf }: Pick<SectionProps, 'form' | 'errorOf'>): ReactNode {
  const reader = useReader();
  return (
    <div className="form-grid">
      <TextInput
        label="Legal name of the customer"
        required
        autoComplete="off"
        {...form.register('customer.legalName')}
        error={errorOf('customer.legalName')}
      />
      <NativeSelect
        label="Country"
        required
        {...form.register('customer.country')}
        error={errorOf('customer.country')}
        data={[{ value: '', label: 'Choose a country' }, ...countries(reader.locale)]}
      />
      <TextInput label="City" {...form.register('customer.city')} error={errorOf('customer.city')} />
      <TextInput
        label="Web domain"
        placeholder="example.com"
        inputMode="url"
        {...form.register('customer.webDomain')}
        error={errorOf('customer.webDomain')}
      />
    </div>
  );
}

/** Why it is asked for: what the program offers as reasons, words, the competitor, files. */
function WhySection({ form, program, currency, errorOf }: SectionProps): ReactNode {
  const evidence = useWatch({ control: form.control, name: 'evidence' });
  return (
    <Section title="3. Why">
      <div className="stack">
        <NativeSelect
          label="Reason"
          required
          {...form.register('justificationCode', { required: 'Choose a reason.' })}
          error={errorOf('justificationCode')}
          data={[
            { value: '', label: 'Choose a reason' },
            ...(program?.specialPricing?.justifications ?? []).map(({ key, label }) => ({
              value: key,
              label,
            })),
          ]}
        />
        <Textarea
          label="In your words"
          maxLength={4000}
          {...form.register('words')}
          error={errorOf('words')}
        />
        <div className="form-grid">
          <TextInput
            label="Competitor"
            {...form.register('competitorName')}
            error={errorOf('competitorName')}
          />
          <TextInput
            label={`Its price of the whole deal (${currency})`}
            inputMode="decimal"
            {...form.register('competitorPrice', { validate: amountOrNothing(currency) })}
            error={errorOf('competitorPrice')}
          />
        </div>
        <EvidenceFiles
          files={evidence}
          error={errorOf('evidence')}
          onChange={(files) => form.setValue('evidence', [...files], { shouldDirty: true })}
        />
      </div>
    </Section>
  );
}

/** From when until when, through whom, and what departs from the usual. */
function TermsSection(props: SectionProps & { latest: string | null }): ReactNode {
  const { form, program, errorOf, today, latest } = props;
  // A partner is answered his own distributors.
  const relations = useRead('GET /api/distributor-relations', { query: { limit: 100 } });
  const distributors = [
    ...new Map(
      (relations.data?.items ?? [])
        .filter(({ holds }) => holds)
        .map(({ distributor }) => [distributor.id, distributor.name]),
    ),
  ];
  const exceptions = program?.specialPricing?.termExceptions ?? [];
  const validity = program?.specialPricing?.validity;
  return (
    <Section title="4. Terms">
      <div className="stack">
        <div className="form-grid">
          <TextInput
            type="date"
            label="Valid from"
            required
            min={today}
            {...form.register('validFrom', { required: 'Say from which day.' })}
            error={errorOf('validFrom')}
          />
          <TextInput
            type="date"
            label="Valid until"
            required
            description={
              validity === undefined
                ? undefined
                : `${validity.leastDays} to ${validity.mostDays} days${latest === null ? '' : ', never past the protection'}`
            }
            inputWrapperOrder={['label', 'input', 'error', 'description']}
            {...(latest === null ? {} : { max: latest })}
            {...form.register('validUntil', { required: 'Say until which day.' })}
            error={errorOf('validUntil')}
          />
          <NativeSelect
            label="Through which distributor"
            {...form.register('distributorId')}
            error={errorOf('distributorId')}
            data={[
              { value: '', label: 'None: straight from the vendor' },
              ...distributors.map(([value, label]) => ({ value, label })),
            ]}
          />
        </div>
        {exceptions.length > 0 && <Exceptions form={form} offered={exceptions} />}
      </div>
    </Section>
  );
}

function Exceptions(props: {
  form: PriceForm;
  offered: readonly { key: string; label: string }[];
}): ReactNode {
  const { form, offered } = props;
  const chosen = useWatch({ control: form.control, name: 'exceptionKeys' });
  return (
    <fieldset style={{ border: 0, padding: 0, margin: 0 }}>
      <legend style={{ fontSize: 13, fontWeight: 500, marginBottom: 4 }}>
        Departures from the usual terms
      </legend>
      <div className="facts" style={{ gap: 6 }}>
        {offered.map(({ key, label }) => (
          <Checkbox
            key={key}
            label={label}
            checked={chosen.includes(key)}
            onChange={({ currentTarget }) =>
              form.setValue(
                'exceptionKeys',
                currentTarget.checked ? [...chosen, key] : chosen.filter((one) => one !== key),
                { shouldDirty: true },
              )
            }
          />
        ))}
      </div>
    </fieldset>
  );
}

/** Told at once: the reference, and what happens now. */
function Received({ written }: { written: SpecialPriceWritten }): ReactNode {
  const isOver = written.status === 'rejected' || written.status === 'withdrawn';
  return (
    <Section
      title={
        written.status === 'approved'
          ? 'Approved at once'
          : isOver
            ? 'Received, and not accepted'
            : 'Received'
      }
    >
      <div className="stack">
        <div className="row" style={{ fontSize: 16 }}>
          {isOver ? (
            <IconX size={18} color="var(--tone-breached-fg)" aria-hidden />
          ) : (
            <IconCheck size={18} color="var(--tone-good-fg)" aria-hidden />
          )}
          <strong className="numbers">{written.reference}</strong>
        </div>
        <p style={{ margin: 0 }}>
          {written.closureCode !== null && `${priceClosureWords[written.closureCode]}. `}
          {written.status === 'approved' &&
            'Nobody had to be asked. The agreement is on the page of the request.'}
          {written.status === 'submitted' && 'It is priced, and whom it must ask is worked out, in a moment.'}
          {written.answerBy !== null && (
            <>
              {' '}
              You have an answer by <ExactInstant at={written.answerBy} />.
            </>
          )}
        </p>
        <div className="row">
          <Button component={Link} to={`/special-prices/${written.id}`}>
            Open the request
          </Button>
          <Button variant="default" component={Link} to="/special-prices">
            All requests
          </Button>
        </div>
      </div>
    </Section>
  );
}
