import type { FieldPath, FieldValues, UseFormReturn } from 'react-hook-form';
import { ApiProblem } from './api.ts';

/** Puts the API's reasons at the fields they are about, and the cursor at the first. */
export function showErrors<Values extends FieldValues>(
  form: UseFormReturn<Values>,
  error: unknown,
  fieldOf: (pointer: string) => string | null,
): void {
  if (!(error instanceof ApiProblem)) return;
  (error.problem.errors ?? []).forEach(({ pointer, reason }, index) => {
    const field = fieldOf(pointer);
    if (field !== null)
      form.setError(field as FieldPath<Values>, { message: reason }, { shouldFocus: index === 0 });
  });
}

/** What is wrong with one field, as the form knows it. */
export function errorAt<Values extends FieldValues>(
  form: UseFormReturn<Values>,
  path: string,
): string | undefined {
  return form.getFieldState(path as FieldPath<Values>, form.formState).error?.message;
}
