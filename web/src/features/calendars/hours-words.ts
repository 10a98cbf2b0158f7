/** "09:00–12:00, 13:00–17:00"; without hours it is closed. */
export function hoursWords(hours: readonly { readonly from: string; readonly to: string }[]): string {
  return hours.length === 0 ? 'closed' : hours.map(({ from, to }) => `${from}–${to}`).join(', ');
}
