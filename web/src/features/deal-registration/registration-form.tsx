import { Button, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { IconCheck, IconPlus, IconX } from '@tabler/icons-react';
import { Link, getRouteApi } from '@tanstack/react-router';
import { useCallback, useEffect, useState, type ReactNode } from 'react';
import { useFieldArray, useForm, useWatch, type FieldPath, type UseFormReturn } from 'react-hook-form';
import type { RegistrationWritten } from '../../../../api/contract/deal-registrations.ts';
import type { Product, Program } from '../../../../api/contract/directory.ts';
import { opportunityStages, rfpStatuses } from '../../../../domain/deal-registration/status.ts';
import {
  inWords,
  rfpWords,
  sentence,
  sourceWords,
  stageWords,
  typeWords,
} from '../../../../domain/words/en.ts';
import { describeFinding } from '../../../../domain/words/findings.ts';
import { formatMoney } from '../../../../domain/words/reader.ts';
import { Notice, ProblemNotice } from '../../components/notices.tsx';
import { Section } from '../../components/page.tsx';
import { ExactInstant } from '../../components/values.tsx';
import { minorOf } from '../../lib/amounts.ts';
import { ApiProblem } from '../../lib/api.ts';
import { countries } from '../../lib/countries.ts';
import { useWrite } from '../../lib/queries.ts';
import { useReader } from '../../lib/session.ts';
import { ActivityChoice } from './case-verbs.tsx';
import { useDraftSaving, type Saving } from './draft-saving.ts';
import { EvidenceFiles } from './evidence-files.tsx';
import { fieldOf, toSubmission, type FormValues } from './form-values.ts';
import { OwnCheck } from './own-check.tsx';

const route = getRouteApi('/deal-registrations/new');

interface FormProps {
  readonly programs: readonly Program[];
  readonly products: readonly Product[];
  readonly draftId: string | null;
  readonly initial: FormValues;
}
type Form = UseFormReturn<FormValues>;

export function RegistrationForm(props: FormProps): ReactNode {
  const navigate = route.useNavigate();
  const begun = useCallback(
    (id: string) => void navigate({ search: { draft: id }, replace: true }),
    [navigate],
  );
  // The id in the address appears with the first save; the form that made it goes on as it is.
  const [initialId] = useState(props.draftId);
  const form = useForm<FormValues>({ defaultValues: props.initial, mode: 'onTouched' });
  const draft = useDraftSaving(initialId, begun);
  const submit = useWrite('POST /api/deal-registrations', [
    'GET /api/deal-registrations',
    'GET /api/registration-drafts',
  ]);
  const { keep, flush } = draft;
  useEffect(() => {
    const { unsubscribe } = form.watch((values) => keep(toSubmission(values as FormValues)));
    return unsubscribe;
  }, [form, keep]);
  const send = form.handleSubmit(async (values) => {
    const draftId = await flush();
    submit.mutate(
      { body: { ...toSubmission(values), draftId } },
      { onError: (error) => showErrors(form, error) },
    );
  });
  if (submit.data !== undefined) return <Received written={submit.data} />;
  return (
    <form onSubmit={(event) => void send(event)} noValidate>
      <ProgramSection form={form} programs={props.programs} />
      <CustomerSection form={form} />
      <OpportunitySection form={form} products={props.products} programs={props.programs} />
      <EvidenceSection form={form} />
      <OwnCheck draftId={draft.draftId} saving={draft.saving} />
      <div className="stack">
        {form.formState.isSubmitted && !form.formState.isValid && (
          <Notice tone="dueSoon">Some fields above need a look; each says what is wanted.</Notice>
        )}
        <ProblemNotice error={submit.error} />
        <div className="row">
          <Button type="submit" size="sm" loading={submit.isPending}>
            Register the deal
          </Button>
          <SavingWords saving={draft.saving} />
        </div>
      </div>
    </form>
  );
}

/** Puts the API's reasons at the fields they are about, and the cursor at the first. */
function showErrors(form: Form, error: unknown): void {
  if (!(error instanceof ApiProblem)) return;
  (error.problem.errors ?? []).forEach(({ pointer, reason }, index) => {
    const field = fieldOf(pointer);
    if (field !== null)
      form.setError(field as FieldPath<FormValues>, { message: reason }, { shouldFocus: index === 0 });
  });
}

function SavingWords({ saving }: { saving: Saving }): ReactNode {
  const words: Readonly<Record<Saving, string>> = {
    nothing: 'Saved by itself as you type.',
    saving: 'Saving…',
    saved: 'Saved as a draft.',
    failed: 'Not saved yet; it is tried again. What you typed is still here.',
  };
  return (
    <span className="quiet" role="status">
      {words[saving]}
    </span>
  );
}

function ProgramSection({ form, programs }: { form: Form; programs: readonly Program[] }): ReactNode {
  const programId = useWatch({ control: form.control, name: 'programId' });
  const rules = programs.find(({ id }) => id === programId)?.registration;
  return (
    <Section title="1. Program">
      <div className="form-grid">
        <NativeSelect
          label="Program"
          {...form.register('programId', {
            onChange: (event: { target: { value: string } }) => {
              const chosen = programs.find(({ id }) => id === event.target.value);
              if (chosen !== undefined) form.setValue('currency', chosen.currency);
            },
          })}
          data={programs.map(({ id, name }) => ({ value: id, label: name }))}
        />
        <NativeSelect
          label="Type"
          {...form.register('type')}
          data={(rules?.allowedTypes ?? []).map((type) => ({ value: type, label: typeWords[type] }))}
        />
        <NativeSelect
          label="Source"
          {...form.register('source')}
          data={(rules?.allowedSources ?? []).map((source) => ({
            value: source,
            label: sourceWords[source],
          }))}
        />
      </div>
    </Section>
  );
}

function errorAt(form: Form, path: string): string | undefined {
  return form.getFieldState(path as FieldPath<FormValues>, form.formState).error?.message;
}

function CustomerSection({ form }: { form: Form }): ReactNode {
  const reader = useReader();
  const { register } = form;
  return (
    <Section title="2. Customer">
      <div className="form-grid">
        <TextInput
          label="Legal name"
          required
          autoComplete="off"
          {...register('customer.legalName', {
            validate: (name) => name.trim().length >= 2 || 'Give the legal name of the customer.',
          })}
          error={errorAt(form, 'customer.legalName')}
        />
        <NativeSelect
          label="Country"
          required
          {...register('customer.country', { required: 'Choose the country.' })}
          error={errorAt(form, 'customer.country')}
          data={[{ value: '', label: 'Choose a country' }, ...countries(reader.locale)]}
        />
        <TextInput
          label="Web domain"
          placeholder="example.com"
          inputMode="url"
          {...register('customer.webDomain', {
            validate: (domain) =>
              domain.trim() === '' ||
              /^[^\s@]+\.[^\s@.]{2,}$/.test(domain.trim()) ||
              'Write it as in example.com.',
          })}
          error={errorAt(form, 'customer.webDomain')}
        />
        <TextInput label="City" {...register('customer.city')} error={errorAt(form, 'customer.city')} />
      </div>
      <details style={{ marginTop: 8 }}>
        <summary className="quiet" style={{ cursor: 'pointer' }}>
          More about the customer: it helps to tell namesakes apart
        </summary>
        <div className="form-grid" style={{ marginTop: 8 }}>
          <TextInput
            label="Street"
            {...register('customer.street')}
            error={errorAt(form, 'customer.street')}
          />
          <TextInput
            label="Postal code"
            {...register('customer.postalCode')}
            error={errorAt(form, 'customer.postalCode')}
          />
          <TextInput label="Phone" {...register('customer.phone')} error={errorAt(form, 'customer.phone')} />
          <TextInput label="Tax id" {...register('customer.taxId')} error={errorAt(form, 'customer.taxId')} />
          <TextInput
            label="Industry"
            {...register('customer.industry')}
            error={errorAt(form, 'customer.industry')}
          />
          <TextInput label="Contact" {...register('contact.name')} error={errorAt(form, 'contact.name')} />
          <TextInput
            label="Contact's e-mail"
            {...register('contact.email')}
            error={errorAt(form, 'contact.email')}
          />
          <TextInput
            label="Contact's role"
            {...register('contact.role')}
            error={errorAt(form, 'contact.role')}
          />
        </div>
      </details>
    </Section>
  );
}

function OpportunitySection(props: {
  form: Form;
  products: readonly Product[];
  programs: readonly Program[];
}): ReactNode {
  const { form, products, programs } = props;
  const { register, control } = form;
  const reader = useReader();
  const lines = useFieldArray({ control, name: 'lines' });
  const [programId, currency] = useWatch({ control, name: ['programId', 'currency'] });
  const minimumMinor = programs.find(({ id }) => id === programId)?.registration?.minimumValueMinor ?? null;
  return (
    <Section title="3. Opportunity">
      <div className="form-grid">
        <TextInput
          label="Name of the opportunity"
          required
          {...register('opportunityName', {
            validate: (name) => name.trim().length >= 3 || 'Give it a name of at least three letters.',
          })}
          error={errorAt(form, 'opportunityName')}
        />
        <TextInput
          label={`Estimated value (${currency})`}
          required
          inputMode="decimal"
          inputWrapperOrder={['label', 'input', 'error', 'description']}
          description={
            minimumMinor === null
              ? undefined
              : `At least ${formatMoney({ amountMinor: minimumMinor, currency }, reader)}`
          }
          {...register('value', {
            validate: (text) =>
              minorOf(text, currency) !== null || 'Write an amount such as 48000 or 48000.50.',
          })}
          error={errorAt(form, 'value')}
        />
        <TextInput
          type="date"
          label="Expected close"
          required
          {...register('expectedClose', { required: 'Say when you expect the deal to close.' })}
          error={errorAt(form, 'expectedClose')}
        />
        <NativeSelect
          label="Stage"
          {...register('stage')}
          data={opportunityStages.map((stage) => ({ value: stage, label: stageWords[stage] }))}
        />
      </div>
      <fieldset style={{ border: 0, padding: 0, margin: '12px 0 0' }}>
        <legend style={{ fontSize: 13, fontWeight: 500 }}>Products</legend>
        <div className="stack" style={{ marginTop: 4, gap: 6 }}>
          {lines.fields.map((line, index) => (
            <div className="line-grid" key={line.id}>
              <NativeSelect
                aria-label={`Product, line ${index + 1}`}
                {...register(`lines.${index}.sku`, {
                  validate: (sku) => index > 0 || sku !== '' || 'Choose at least one product.',
                })}
                error={errorAt(form, `lines.${index}.sku`)}
                data={[
                  { value: '', label: 'Choose a product' },
                  ...products.map(({ sku, name, familyName }) => ({
                    value: sku,
                    label: `${name} (${familyName})`,
                  })),
                ]}
              />
              <TextInput
                aria-label={`Quantity, line ${index + 1}`}
                inputMode="numeric"
                {...register(`lines.${index}.quantity`, {
                  validate: (text) => /^[1-9]\d{0,7}$/.test(text.trim()) || 'A whole number, at least 1.',
                })}
                error={errorAt(form, `lines.${index}.quantity`)}
              />
              <Button
                variant="subtle"
                color="gray"
                px={6}
                size="sm"
                disabled={lines.fields.length === 1}
                aria-label={`Remove line ${index + 1}`}
                onClick={() => lines.remove(index)}
              >
                <IconX size={14} aria-hidden />
              </Button>
            </div>
          ))}
          <div>
            <Button
              variant="default"
              leftSection={<IconPlus size={14} />}
              onClick={() => lines.append({ sku: '', quantity: '1' })}
            >
              Add a product
            </Button>
          </div>
        </div>
      </fieldset>
    </Section>
  );
}

function EvidenceSection({ form }: { form: Form }): ReactNode {
  const { register, control, setValue } = form;
  const [activities, evidence, rfpStatus] = useWatch({
    control,
    name: ['salesActivities', 'evidence', 'rfpStatus'],
  });
  return (
    <Section title="4. What you did so far">
      <div className="stack">
        <ActivityChoice
          value={activities}
          onChange={(chosen) => setValue('salesActivities', [...chosen], { shouldDirty: true })}
        />
        <Textarea
          label="In your words"
          maxLength={4000}
          {...register('activitySummary')}
          error={errorAt(form, 'activitySummary')}
        />
        <EvidenceFiles
          files={evidence}
          error={errorAt(form, 'evidence')}
          onChange={(files) => setValue('evidence', [...files], { shouldDirty: true })}
        />
        {evidence.length > 0 && (
          <NativeSelect
            label="The customer's written choice of you"
            description="If one of the files is the customer's own letter or mail, name it."
            {...register('customersChoice')}
            error={errorAt(form, 'customersChoice')}
            data={[
              { value: '', label: 'None' },
              ...evidence.map(({ id, name }) => ({ value: id, label: name })),
            ]}
          />
        )}
        <details>
          <summary className="quiet" style={{ cursor: 'pointer' }}>
            Competition, tender, discount
          </summary>
          <div className="form-grid" style={{ marginTop: 8 }}>
            <TextInput label="Competitors" description="Separated by commas" {...register('competitors')} />
            <TextInput label="Incumbent reseller" {...register('incumbentReseller')} />
            <NativeSelect
              label="Public tender"
              {...register('rfpStatus')}
              error={errorAt(form, 'rfpStatus')}
              data={rfpStatuses.map((status) => ({ value: status, label: rfpWords[status] }))}
            />
            {rfpStatus !== 'none' && (
              <TextInput
                type="date"
                label="Date of the tender"
                {...register('rfpDate')}
                error={errorAt(form, 'rfpDate')}
              />
            )}
            <TextInput label="Distributor" {...register('distributor')} />
            <TextInput label="Vendor representative" {...register('vendorRep')} />
            <TextInput
              label="Requested discount (%)"
              inputMode="decimal"
              {...register('discountPercent', {
                validate: (text) =>
                  text.trim() === '' ||
                  /^\d{1,2}(?:[.,]\d{1,4})?$|^100$/.test(text.trim()) ||
                  'A number from 0 to 100.',
              })}
              error={errorAt(form, 'discountPercent')}
            />
          </div>
        </details>
      </div>
    </Section>
  );
}

/** Told at once: the reference, who looks at it, and by when there is an answer. */
function Received({ written }: { written: RegistrationWritten }): ReactNode {
  const reader = useReader();
  return (
    <Section title="Received">
      <div className="stack">
        <div className="row" style={{ fontSize: 16 }}>
          <IconCheck size={18} color="var(--tone-good-fg)" aria-hidden />
          <strong className="numbers">{written.reference}</strong>
        </div>
        {written.ownCase !== null ? (
          <p style={{ margin: 0 }}>
            You registered this opportunity before:{' '}
            <Link to="/deal-registrations/$id" params={{ id: written.ownCase.id }}>
              {written.ownCase.reference}
            </Link>
            . That one counts.
          </p>
        ) : (
          <p style={{ margin: 0 }}>
            {written.queue === null
              ? 'Nobody has to look at it.'
              : `${sentence(inWords(written.queue))} looks at it.`}{' '}
            {written.answerBy !== null && (
              <>
                You have an answer by <ExactInstant at={written.answerBy} />.
              </>
            )}
          </p>
        )}
        {written.findings.length > 0 && (
          <ul className="sentences">
            {written.findings.map((finding) => (
              <li key={`${finding.code} ${JSON.stringify(finding.facts)}`}>
                {describeFinding(finding, reader)}
              </li>
            ))}
          </ul>
        )}
        <div className="row">
          <Button component={Link} to={`/deal-registrations/${written.id}`}>
            Open the registration
          </Button>
          <Button variant="default" component="a" href="/deal-registrations/new">
            Register another
          </Button>
        </div>
      </div>
    </Section>
  );
}
