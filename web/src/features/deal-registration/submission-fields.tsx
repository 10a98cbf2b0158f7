import { Button, Checkbox, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { Controller, useFieldArray, useWatch, type UseFormReturn } from 'react-hook-form';
import type { CorrectableField } from '../../../../api/contract/deal-registrations.ts';
import {
  opportunityStages,
  rfpStatuses,
  salesActivities,
  type SalesActivity,
} from '../../../../domain/deal-registration/status.ts';
import { activityWords, rfpWords, stageWords } from '../../../../domain/words/en.ts';
import { formatMoney } from '../../../../domain/words/reader.ts';
import { EvidenceFiles } from '../../components/evidence-files.tsx';
import { SearchPicker } from '../../components/search-picker.tsx';
import { minorOf } from '../../lib/amounts.ts';
import { countries } from '../../lib/countries.ts';
import { errorAt } from '../../lib/form-errors.ts';
import { useFoundProducts } from '../../lib/products.ts';
import { useReader } from '../../lib/session.ts';
import type { FormValues } from './form-values.ts';

/*
 * The fields of a submission, each once: registering shows all of them, an answer those that were asked for, an amendment those
 * that may be amended.
 */

export type SubmissionForm = UseFormReturn<FormValues>;

interface FieldProps {
  readonly form: SubmissionForm;
  /** What the program asks for at least, in minor units. */
  readonly minimumMinor?: number | null;
  /** Of a tax id that is kept and never shown. */
  readonly taxIdLast2?: string | null;
}

/** Fields that need the whole width; the others stand side by side. */
const whole: readonly CorrectableField[] = [
  'customer',
  'lines',
  'salesActivities',
  'activitySummary',
  'evidenceIds',
  'customersChoice',
];

/** The named fields in the order of the names; neighbours stand side by side where they may. */
export function SubmissionFields(props: FieldProps & { names: readonly CorrectableField[] }): ReactNode {
  const { names, ...rest } = props;
  const runs: CorrectableField[][] = [];
  for (const name of names) {
    const last = runs.at(-1);
    const before = last?.at(-1);
    if (last === undefined || before === undefined || whole.includes(name) || whole.includes(before))
      runs.push([name]);
    else last.push(name);
  }
  return (
    <div className="stack">
      {runs.map((run) => (
        <div
          key={run.join(' ')}
          className={run.some((name) => whole.includes(name)) ? undefined : 'form-grid'}
        >
          {run.map((name) => (
            <SubmissionField key={name} name={name} {...rest} />
          ))}
        </div>
      ))}
    </div>
  );
}

function SubmissionField({ name, ...props }: FieldProps & { name: CorrectableField }): ReactNode {
  const { form, minimumMinor = null, taxIdLast2 = null } = props;
  const { register } = form;
  switch (name) {
    case 'customer':
      return <CustomerFields form={form} taxIdLast2={taxIdLast2} />;
    case 'opportunityName':
      return (
        <TextInput
          label="Name of the opportunity"
          required
          {...register('opportunityName', {
            validate: (text) => text.trim().length >= 3 || 'Give it a name of at least three letters.',
          })}
          error={errorAt(form, 'opportunityName')}
        />
      );
    case 'lines':
      return <LineFields form={form} />;
    case 'value':
      return <ValueField form={form} minimumMinor={minimumMinor} />;
    case 'expectedClose':
      return (
        <TextInput
          type="date"
          label="Expected close"
          required
          {...register('expectedClose', { required: 'Say when you expect the deal to close.' })}
          error={errorAt(form, 'expectedClose')}
        />
      );
    case 'stage':
      return (
        <NativeSelect
          label="Stage"
          {...register('stage')}
          error={errorAt(form, 'stage')}
          data={opportunityStages.map((stage) => ({ value: stage, label: stageWords[stage] }))}
        />
      );
    case 'competitors':
      return (
        <TextInput
          label="Competitors"
          description="Separated by commas"
          {...register('competitors')}
          error={errorAt(form, 'competitors')}
        />
      );
    case 'incumbentReseller':
      return (
        <TextInput
          label="Incumbent reseller"
          {...register('incumbentReseller')}
          error={errorAt(form, 'incumbentReseller')}
        />
      );
    case 'rfp':
      return <TenderFields form={form} />;
    case 'salesActivities':
      return <ActivityField form={form} />;
    case 'activitySummary':
      return (
        <Textarea
          label="In your words"
          maxLength={4000}
          {...register('activitySummary')}
          error={errorAt(form, 'activitySummary')}
        />
      );
    case 'evidenceIds':
      return <EvidenceField form={form} />;
    case 'customersChoice':
      return <CustomersChoiceField form={form} />;
    case 'distributor':
      return (
        <TextInput label="Distributor" {...register('distributor')} error={errorAt(form, 'distributor')} />
      );
    case 'requestedDiscountPpm':
      return (
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
      );
    default:
      return name satisfies never;
  }
}

function CustomerFields(props: { form: SubmissionForm; taxIdLast2: string | null }): ReactNode {
  const { form, taxIdLast2 } = props;
  const reader = useReader();
  const { register } = form;
  return (
    <div>
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
          <TextInput
            label="Tax id"
            placeholder={taxIdLast2 === null ? '' : `ends in ${taxIdLast2}`}
            {...register('customer.taxId')}
            error={errorAt(form, 'customer.taxId')}
          />
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
    </div>
  );
}

function ValueField(props: { form: SubmissionForm; minimumMinor: number | null }): ReactNode {
  const { form, minimumMinor } = props;
  const reader = useReader();
  const currency = useWatch({ control: form.control, name: 'currency' });
  return (
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
      {...form.register('value', {
        validate: (text) => minorOf(text, currency) !== null || 'Write an amount such as 48000 or 48000.50.',
      })}
      error={errorAt(form, 'value')}
    />
  );
}

function LineFields({ form }: { form: SubmissionForm }): ReactNode {
  const { register, control } = form;
  const lines = useFieldArray({ control, name: 'lines' });
  return (
    <fieldset style={{ border: 0, padding: 0, margin: 0 }}>
      <legend style={{ fontSize: 13, fontWeight: 500 }}>Products</legend>
      <div className="stack" style={{ marginTop: 4, gap: 6 }}>
        {lines.fields.map((line, index) => (
          <div className="line-grid" key={line.id}>
            <Controller
              control={control}
              name={`lines.${index}.sku`}
              rules={{ validate: (sku) => index > 0 || sku !== '' || 'Choose at least one product.' }}
              render={({ field }) => (
                <SearchPicker
                  aria-label={`Product, line ${index + 1}`}
                  placeholder="Type to find a product"
                  value={field.value}
                  onChange={field.onChange}
                  onBlur={field.onBlur}
                  error={errorAt(form, `lines.${index}.sku`)}
                  useFound={useFoundProducts}
                />
              )}
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
              h={32}
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
  );
}

function ActivityField({ form }: { form: SubmissionForm }): ReactNode {
  const value = useWatch({ control: form.control, name: 'salesActivities' });
  return (
    <ActivityChoice
      value={value}
      onChange={(chosen) => form.setValue('salesActivities', [...chosen], { shouldDirty: true })}
    />
  );
}

function EvidenceField({ form }: { form: SubmissionForm }): ReactNode {
  const files = useWatch({ control: form.control, name: 'evidence' });
  return (
    <EvidenceFiles
      files={files}
      error={errorAt(form, 'evidence')}
      onChange={(chosen) => form.setValue('evidence', [...chosen], { shouldDirty: true })}
    />
  );
}

/** Which of the files is the customer's own word; without files there is nothing to choose. */
function CustomersChoiceField({ form }: { form: SubmissionForm }): ReactNode {
  const files = useWatch({ control: form.control, name: 'evidence' });
  if (files.length === 0) return null;
  return (
    <NativeSelect
      label="The customer's written choice of you"
      description="If one of the files is the customer's own letter or mail, name it."
      {...form.register('customersChoice')}
      error={errorAt(form, 'customersChoice')}
      data={[{ value: '', label: 'None' }, ...files.map(({ id, name }) => ({ value: id, label: name }))]}
    />
  );
}

function TenderFields({ form }: { form: SubmissionForm }): ReactNode {
  const status = useWatch({ control: form.control, name: 'rfpStatus' });
  return (
    <>
      <NativeSelect
        label="Public tender"
        {...form.register('rfpStatus')}
        error={errorAt(form, 'rfpStatus')}
        data={rfpStatuses.map((one) => ({ value: one, label: rfpWords[one] }))}
      />
      {status !== 'none' && (
        <TextInput
          type="date"
          label="Date of the tender"
          {...form.register('rfpDate')}
          error={errorAt(form, 'rfpDate')}
        />
      )}
    </>
  );
}

export function ActivityChoice(props: {
  value: readonly SalesActivity[];
  onChange: (value: readonly SalesActivity[]) => void;
}): ReactNode {
  const { value, onChange } = props;
  return (
    <fieldset style={{ border: 0, padding: 0, margin: 0 }}>
      <legend style={{ fontSize: 13, fontWeight: 500, marginBottom: 4 }}>Sales activity</legend>
      <div className="facts" style={{ gap: 6 }}>
        {salesActivities.map((activity) => (
          <Checkbox
            key={activity}
            label={activityWords[activity]}
            checked={value.includes(activity)}
            onChange={({ currentTarget }) =>
              onChange(currentTarget.checked ? [...value, activity] : value.filter((one) => one !== activity))
            }
          />
        ))}
      </div>
    </fieldset>
  );
}
