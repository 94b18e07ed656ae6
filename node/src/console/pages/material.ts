import type { PieceView } from '../../people/view.ts';
import { type Content, Html, html } from '../html.ts';
import { visibleLines } from '../visible-text.ts';
import { bytes as inWords } from '../words.ts';

export interface ShownMaterial {
  readonly question: string;
  readonly index: number;
  readonly piece: PieceView;
  /** All of it: what is approved is shown to its last byte. */
  readonly content: Uint8Array;
}

const TITLES = { scores: 'Scores', logs: 'Log', report: 'Report (HTML)', run: 'The run' } as const;

export function materialSection(shown: ShownMaterial): Content {
  const { question, index, piece, content } = shown;
  const base = `/reviews/${question}/material/${index}`;
  return html`<section class="material" aria-labelledby="material-${index}">
    <h2 id="material-${index}">${piece.title ?? TITLES[piece.kind]}${piece.redacted && html` <b class="tag">redacted copy</b>`}</h2>
    ${piece.kind === 'scores' && scoresTable(content)}
    <p class="muted">${inWords(content.length)}, exactly as below. <a href="${base}/bytes">Download the bytes</a>, <a href="${base}/hex">show them as hexadecimal</a>${
      piece.mediaType.startsWith('text/html') &&
      html`, <a href="${base}/rendered-page">show it as a web page</a> (isolated: it can reach nothing)`
    }.</p>
    ${exactText(content)}
    <p class="muted digest-line">SHA-256 <code>${piece.current.replace('sha256:', '')}</code></p>
  </section>`;
}

/** Text of which nothing can hide. */
export function exactText(content: Uint8Array): Content {
  const { lines, endsWithLineFeed } = visibleLines(content);
  let unusual = false;
  const rows = lines.map((segments) => {
    unusual ||= segments.some(({ kind }) => kind !== 'plain');
    return html`<li>${segments.map(({ kind, text }) => (kind === 'plain' ? html`${text}` : html`<mark class="${kind}">${text}</mark>`))}</li>`;
  });
  return html`
    ${unusual && html`<p class="legend">Marked: <mark class="escape">⟨U+200B⟩</mark> a character that could not be seen, <mark class="byte">\\xff</mark> a byte that is no text, <mark class="foreign">а</mark> a letter that may look like another, <mark class="space">··</mark> spaces.</p>`}
    <ol class="exact" tabindex="0" aria-label="Exact text">${rows.length === 0 ? html`<li class="muted">(empty)</li>` : rows}</ol>
    ${!endsWithLineFeed && html`<p class="muted">The last line does not end with a line feed.</p>`}`;
}

export function hexDump(content: Uint8Array): Content {
  const rows: Content[] = [];
  for (let at = 0; at < content.length; at += 16) {
    const row = content.subarray(at, at + 16);
    const hex = [...row].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const text = [...row]
      .map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.'))
      .join('');
    rows.push(`${at.toString(16).padStart(8, '0')}  ${hex.padEnd(47)}  ${text}\n`);
  }
  return html`<pre class="hex" tabindex="0">${rows}</pre>`;
}

function scoresTable(content: Uint8Array): Content {
  const values = readScores(content);
  if (!values) return null;
  return html`<table class="scores"><thead><tr><th>Column</th><th>Value</th></tr></thead><tbody>${Object.entries(
    values,
  ).map(([key, value]) => html`<tr><td>${key}</td><td>${String(value)}</td></tr>`)}</tbody></table>`;
}

function readScores(content: Uint8Array): Record<string, number> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(content).toString('utf8'));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    const isFlat = Object.values(value).every((each) => typeof each === 'number');
    return isFlat ? (value as Record<string, number>) : null;
  } catch {
    return null;
  }
}

/** A page that shows a report in a frame: no scripts, no forms, no network, an origin of its own. */
export function renderedPage(question: string, index: number): Content {
  const attributes = new Html('sandbox="" referrerpolicy="no-referrer"');
  return html`<p><a href="/reviews/${question}">Back to the question</a></p>
    <p>This is how a browser draws it. Decide by the exact text, not by this: styles can hide things.</p>
    <iframe class="report" title="The report, isolated" ${attributes} src="/reviews/${question}/material/${index}/rendered"></iframe>`;
}
