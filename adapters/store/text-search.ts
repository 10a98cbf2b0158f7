/** The pattern for `ilike` that finds what contains these words, taken literally. */
export function containing(words: string): string {
  return `%${words.replaceAll(/[\\%_]/g, (character) => `\\${character}`)}%`;
}
