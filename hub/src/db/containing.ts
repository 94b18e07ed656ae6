/** The pattern for `ilike` of what has these words in it as they stand. */
export function containing(words: string): string {
  return `%${words.replace(/[\\%_]/g, '\\$&')}%`;
}
