import { keyIdOf } from '@weir/proto/receipt';
import { LEDGER_EVENT_KINDS } from '../../ledger/events.ts';
import type { LedgerEntry, LedgerEvent } from '../../ledger/ledger.ts';
import { type Content, Html, html } from '../html.ts';
import { bits, digest, moment } from '../words.ts';

export interface LedgerParts {
  readonly entries: readonly LedgerEntry[];
  readonly head: { readonly sequence: number; readonly hash: string };
  readonly run: string;
  readonly kind: string;
  /** Where the next older page begins; null at the beginning of the ledger. */
  readonly before: number | null;
}

export function ledgerPage({ entries, head, run, kind, before }: LedgerParts): Content {
  const query = new URLSearchParams({ ...(run && { run }), ...(kind && { kind }) });
  return html`
    <p>All that was asked, decided, let out and refused, in the order in which it happened. Each entry is chained to the one before: what was changed afterwards is found.</p>
    <p class="muted">${head.sequence} entries; the last one has the hash ${digest(head.hash)}</p>
    <div class="actions">
      <form method="post" action="/ledger/verify"><button>Verify now</button></form>
      <form method="post" action="/ledger/export"><button class="quiet">Download a copy</button></form>
    </div>
    <form method="get" action="/ledger" class="filter">
      <label>Run <input name="run" value="${run}" inputmode="numeric" size="10"></label>
      <label>Kind <select name="kind"><option value="">all</option>${LEDGER_EVENT_KINDS.map(
        (each) => html`<option${each === kind && new Html(' selected')}>${each}</option>`,
      )}</select></label>
      <button class="quiet">Filter</button>
    </form>
    ${
      entries.length === 0
        ? html`<p class="empty">No entries.</p>`
        : html`<div class="table"><table>
      <thead><tr><th>No.</th><th>When</th><th>Kind</th><th>What</th></tr></thead>
      <tbody>${entries.map(
        (entry) => html`<tr>
          <td data-label="No.">${entry.sequence}</td>
          <td data-label="When">${moment(entry.at)}</td>
          <td data-label="Kind">${entry.event.kind}</td>
          <td data-label="What">${sentence(entry.event)} <details><summary>All of it</summary><pre>${JSON.stringify(entry, null, 2)}</pre></details></td>
        </tr>`,
      )}</tbody></table></div>`
    }
    ${before !== null && html`<p><a class="button" href="/ledger?${new URLSearchParams([...query, ['before', String(before)]]).toString()}">Older entries</a></p>`}`;
}

function sentence(event: LedgerEvent): Content {
  switch (event.kind) {
    case 'start':
      return html`The node was started (${event.softwareVersion}, ${event.engine})`;
    case 'assignment':
      return html`Run ${event.run}: ${event.hub} asked for competition ${event.competition}, by ${event.submitterName || event.submitter}${event.dataset && html`, on ${event.dataset}`}${event.rehearsal && ', a rehearsal'}`;
    case 'decision':
      return html`Run ${event.run}: ${event.permitted === true ? 'permitted' : event.permitted === false ? 'refused' : 'told to wait'} (${event.at}) by <code>${event.rule}</code>`;
    case 'release':
      return html`Run ${event.run}: ${event.what} left, for ${bits(event.bits)}, digest ${digest(event.digest)}`;
    case 'refusal':
      return html`Run ${event.run}: refused, ${event.reason || event.code}`;
    case 'end':
      return html`Run ${event.run}: ended without an answer, ${event.how}`;
    case 'approval':
    case 'review':
      return html`Run ${event.run}: ${event.person}: ${event.verdict}${event.reason && html` (${event.reason})`}`;
    case 'policy':
      return html`Another policy is in force: ${digest(event.digest)}`;
    case 'dataset':
      return html`${event.name}@${event.version}: ${event.change}`;
    case 'export':
      return html`${event.by} took a copy of entries ${event.from} to ${event.to}`;
    case 'key':
      return html`Receipts and the ledger are signed with another key from here on, ${digest(keyIdOf(Buffer.from(event.to, 'base64')))}`;
    case 'control':
      return html`${event.by}: ${event.what}`;
    default:
      return (event satisfies never) ?? '';
  }
}

export function verifyPage(problems: readonly string[], entries: number): Content {
  return html`<p><a href="/ledger">Back to the ledger</a></p>${
    problems.length === 0
      ? html`<p class="notice">All ${entries} entries are as this node wrote them.</p>`
      : html`<p class="alert">The ledger is not what this node has written. Let no run go on before somebody has looked into it.</p><ul>${problems.map((problem) => html`<li>${problem}</li>`)}</ul>`
  }`;
}
