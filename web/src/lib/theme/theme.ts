/** `system` follows the device; the other two are the person's choice, kept in a cookie for a year. */
export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

export function toTheme(value: string | undefined | null): Theme {
  return themes.find((theme) => theme === value) ?? 'system';
}
