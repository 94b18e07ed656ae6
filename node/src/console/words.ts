import { type Content, html } from './html.ts';

const MOMENT = new Intl.DateTimeFormat('en-GB', {
  dateStyle: 'medium',
  timeStyle: 'short',
});

/** A moment in the node's own time zone, and exactly for whoever points at it. */
export function moment(at: Date | string): Content {
  const date = typeof at === 'string' ? new Date(at) : at;
  if (Number.isNaN(date.getTime())) return String(at);
  return html`<time datetime="${date.toISOString()}" title="${date.toISOString()}">${MOMENT.format(date)}</time>`;
}

const STEPS: readonly [number, string][] = [
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
];

/** How long from now, such as "in 2 hours" or "3 days ago". */
export function fromNow(at: Date | string, now = Date.now()): string {
  const seconds = (new Date(at).getTime() - now) / 1000;
  const size = Math.abs(seconds);
  for (const [length, unit] of STEPS) {
    if (size < length) continue;
    const count = Math.round(size / length);
    const words = `${count} ${unit}${count === 1 ? '' : 's'}`;
    return seconds < 0 ? `${words} ago` : `in ${words}`;
  }
  return seconds < 0 ? 'just now' : 'in less than a minute';
}

export function bytes(count: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB'];
  let size = count;
  let unit = 0;
  for (; size >= 1000 && unit < units.length - 1; unit += 1) size /= 1000;
  if (unit === 0) return count === 1 ? '1 byte' : `${count} bytes`;
  return `${size.toFixed(size < 10 ? 1 : 0)} ${units[unit]}`;
}

export function bits(count: number): string {
  return `${Number.isInteger(count) ? count : count.toFixed(1)} ${count === 1 ? 'bit' : 'bits'}`;
}

/** The first digits of a digest, all of it for whoever points at it. */
export function digest(value: string | null): Content {
  if (value === null || value === '') return html`<span class="muted">none</span>`;
  const hex = value.replace('sha256:', '');
  return html`<code class="digest" title="${value}">${hex.slice(0, 12)}…</code>`;
}
