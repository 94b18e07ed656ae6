import { showInvisible } from './visible-text.ts';

/** Markup that is safe to send: made by `html` alone. */
export class Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }
}

export type Content = Html | string | number | bigint | null | undefined | false | readonly Content[];

/**
 * Markup with values in it. Every value is escaped, whatever it is and wherever it stands (between tags or within the quotes of an
 * attribute), unless it is markup made here already. Characters that nobody can see are made visible: names come from hubs and people.
 */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  const parts = strings.map((text, index) => (index < values.length ? text + render(values[index]) : text));
  return new Html(parts.join(''));
}

function render(value: Content): string {
  if (value === null || value === undefined || value === false) return '';
  if (value instanceof Html) return value.markup;
  if (isList(value)) return value.map(render).join('');
  return escapeText(showInvisible(String(value)));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

function isList(value: Content): value is readonly Content[] {
  return Array.isArray(value);
}
