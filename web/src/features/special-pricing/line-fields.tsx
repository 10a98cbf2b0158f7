import { Button, NativeSelect, TextInput } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import { useState, type ReactNode } from 'react';
import { Controller, useFieldArray, useWatch, type UseFormReturn } from 'react-hook-form';
import type { WaterfallView } from '../../../../api/contract/special-prices.ts';
import { formatMoney, formatPpm } from '../../../../domain/words/reader.ts';
import { SearchPicker } from '../../components/search-picker.tsx';
import { minorOf } from '../../lib/amounts.ts';
import { rateOf } from '../../lib/counter-terms.ts';
import { useFoundProducts } from '../../lib/products.ts';
import { useReader } from '../../lib/session.ts';
import { emptyLine, type PriceFormValues, type TypedLine } from './price-form-values.ts';

export type PriceForm = UseFormReturn<PriceFormValues>;

const asks: readonly { value: TypedLine['ask']; label: string }[] = [
  { value: 'discount', label: 'Extra discount (%)' },
  { value: 'net', label: 'Price of one unit' },
  { value: 'standard', label: 'Standard price' },
];

/** Products with quantity, what is asked for, and how many units may be sold at it. */
export function LineFields(props: {
  form: PriceForm;
  currency: string;
  /** What the lines come to, by the place among those with a product; null: not known yet. */
  waterfall: WaterfallView | null;
  /** What is wrong with a field. */
  errorOf: (path: string) => string | undefined;
}): ReactNode {
  const { form, currency, waterfall, errorOf } = props;
  const lines = useFieldArray({ control: form.control, name: 'lines' });
  const typed = useWatch({ control: form.control, name: 'lines' });
  const places = typed.flatMap(({ sku }, place) => (sku === '' ? [] : [place]));
  return (
    <fieldset style={{ border: 0, padding: 0, margin: 0, minWidth: 0 }}>
      <legend className="visually-hidden">Products and prices</legend>
      <div className="stack" style={{ gap: 8 }}>
        {lines.fields.length > 1 && <SameForAll form={form} />}
        {lines.fields.map((line, index) => (
          <div key={line.id}>
            <OneLine
              {...{ form, index, currency, errorOf }}
              onRemove={() => lines.remove(index)}
              alone={lines.fields.length === 1}
            />
            <LineNote view={waterfall} place={places.indexOf(index)} />
          </div>
        ))}
        <div>
          <Button
            variant="default"
            leftSection={<IconPlus size={14} />}
            onClick={() =>
              lines.append({
                ...emptyLine,
                amount: typed.at(-1)?.ask === 'discount' ? (typed.at(-1)?.amount ?? '') : '',
              })
            }
          >
            Add a product
          </Button>
        </div>
      </div>
    </fieldset>
  );
}

function SameForAll({ form }: { form: PriceForm }): ReactNode {
  const [percent, setPercent] = useState('');
  const apply = (): void => {
    form.getValues('lines').forEach((_line, index) => {
      form.setValue(`lines.${index}.ask`, 'discount', { shouldDirty: true });
      form.setValue(`lines.${index}.amount`, percent, { shouldDirty: true, shouldTouch: true });
    });
  };
  return (
    <div className="row" style={{ alignItems: 'flex-end' }}>
      <TextInput
        label="The same extra discount on every line (%)"
        inputMode="decimal"
        value={percent}
        onChange={({ currentTarget: { value } }) => setPercent(value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return;
          event.preventDefault();
          apply();
        }}
        w={300}
        maw="100%"
      />
      <Button variant="default" disabled={rateOf(percent) === null} onClick={apply} h={32}>
        Fill in
      </Button>
    </div>
  );
}

function OneLine(props: {
  form: PriceForm;
  index: number;
  currency: string;
  alone: boolean;
  errorOf: (path: string) => string | undefined;
  onRemove: () => void;
}): ReactNode {
  const { form, index, currency, alone, errorOf, onRemove } = props;
  const { register, control } = form;
  const at = <Name extends keyof TypedLine>(name: Name) => `lines.${index}.${name}` as const;
  const ask = useWatch({ control, name: at('ask') });
  const n = index + 1;
  return (
    <div className="price-line">
      <Controller
        control={control}
        name={at('sku')}
        rules={{ validate: (sku) => index > 0 || sku !== '' || 'Choose at least one product.' }}
        render={({ field }) => (
          <SearchPicker
            label="Product"
            aria-label={`Product, line ${n}`}
            placeholder="Type to find a product"
            value={field.value}
            onChange={field.onChange}
            onBlur={field.onBlur}
            error={errorOf(at('sku'))}
            useFound={useFoundProducts}
          />
        )}
      />
      <TextInput
        label="Units"
        aria-label={`Units, line ${n}`}
        inputMode="numeric"
        {...register(at('quantity'), {
          validate: (text) => /^[1-9]\d{0,7}$/.test(text.trim()) || 'A whole number, at least 1.',
        })}
        error={errorOf(at('quantity'))}
      />
      <NativeSelect
        className="line-asked"
        label="Asked for"
        aria-label={`Asked for, line ${n}`}
        {...register(at('ask'))}
        data={asks.map(({ value, label }) => ({
          value,
          label: value === 'net' ? `${label} (${currency})` : label,
        }))}
      />
      <TextInput
        label={ask === 'net' ? currency : '%'}
        aria-label={ask === 'net' ? `Price of one unit, line ${n}` : `Extra discount, line ${n}`}
        inputMode="decimal"
        disabled={ask === 'standard'}
        {...register(at('amount'), {
          validate: (text) => {
            if (ask === 'standard' || text.trim() === '') return true;
            return ask === 'net'
              ? minorOf(text, currency) !== null || 'Write an amount such as 120 or 120.50.'
              : rateOf(text) !== null || 'A number from 0 to 100.';
          },
        })}
        error={errorOf(at('amount'))}
      />
      <TextInput
        label="Cap"
        aria-label={`Units at this price at most, line ${n}`}
        placeholder="all"
        inputMode="numeric"
        {...register(at('cap'), {
          validate: (text) =>
            text.trim() === '' || /^[1-9]\d{0,7}$/.test(text.trim()) || 'A whole number, at least 1.',
        })}
        error={errorOf(at('cap'))}
      />
      <Button
        variant="subtle"
        color="gray"
        px={6}
        h={32}
        className="line-remove"
        disabled={alone}
        aria-label={`Remove line ${n}`}
        onClick={onRemove}
      >
        <IconX size={14} aria-hidden />
      </Button>
    </div>
  );
}

/** What the line costs without asking, and what is asked for; nothing while it is not known. */
function LineNote({ view, place }: { view: WaterfallView | null; place: number }): ReactNode {
  const reader = useReader();
  const line = place < 0 ? undefined : view?.lines[place];
  if (view === null || line === undefined) return null;
  const money = (amountMinor: number): string =>
    formatMoney({ amountMinor, currency: view.currency }, reader);
  return (
    <div className="quiet numbers" style={{ marginTop: 2, whiteSpace: 'normal' }}>
      Standard {money(line.standardUnitMinor)} a unit, asked {money(line.specialUnitMinor)}:{' '}
      {formatPpm(line.discountPpm, reader)} below.
    </div>
  );
}
