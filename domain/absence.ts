/**
 * Absence and deputies. Somebody who is away names a deputy for a time, and up to an amount where he says so. While it
 * lasts the deputy may do what the absent person may, in his place; when it ends everything is as before, because nothing
 * is handed over: who stands in for whom is asked each time. A deputy's own deputy does not act: nobody stands in twice.
 */

/** Times in epoch ms: away from `fromMs` on, back at `untilMs`. */
export interface Absence {
  readonly personId: string;
  readonly deputyId: string;
  readonly fromMs: number;
  readonly untilMs: number;
  /** The highest amount the deputy decides about, in minor units; null: as much as the absent person. */
  readonly capMinor: number | null;
}

/** The absences in which a person stands in for somebody at an instant, in the order of the absent people's ids. */
export function standsInFor<Known extends Absence>(
  absences: readonly Known[],
  who: { deputyId: string; atMs: number },
): Known[] {
  return absences
    .filter(
      ({ deputyId, fromMs, untilMs }) =>
        deputyId === who.deputyId && fromMs <= who.atMs && who.atMs < untilMs,
    )
    .toSorted((left, right) => (left.personId < right.personId ? -1 : 1));
}

export const absenceRefusals = [
  'own_deputy',
  'ends_before_it_begins',
  'over_already',
  'absent_already',
  'deputy_is_away',
  'is_a_deputy_then',
] as const;
/** Why an absence cannot be entered, as a key of the word catalogue. */
export type AbsenceRefusal = (typeof absenceRefusals)[number];

/** Everything that stands against a planned absence; empty when it can be entered. */
export function whyNotAbsent(planned: Absence, known: readonly Absence[], nowMs: number): AbsenceRefusal[] {
  const meanwhile = known.filter(
    ({ fromMs, untilMs }) => fromMs < planned.untilMs && planned.fromMs < untilMs,
  );
  const refusals: AbsenceRefusal[] = [];
  if (planned.personId === planned.deputyId) refusals.push('own_deputy');
  if (planned.untilMs <= planned.fromMs) refusals.push('ends_before_it_begins');
  else if (planned.untilMs <= nowMs) refusals.push('over_already');
  // Two deputies at once would leave it open who acts.
  if (meanwhile.some(({ personId }) => personId === planned.personId)) refusals.push('absent_already');
  if (meanwhile.some(({ personId }) => personId === planned.deputyId)) refusals.push('deputy_is_away');
  // Nobody would act in the place of whoever counts on this person.
  if (meanwhile.some(({ deputyId }) => deputyId === planned.personId)) refusals.push('is_a_deputy_then');
  return refusals;
}
