import { type Content, html } from '../html.ts';
import type { PastRun } from '../past-runs.ts';
import type { CurrentRun } from '../view.ts';
import { fromNow, moment } from '../words.ts';

export function runsPage(current: readonly CurrentRun[], past: readonly PastRun[]): Content {
  const waiting = current.filter(({ waitsFor }) => waitsFor !== null);
  const over = past.filter(({ run }) => !current.some((each) => String(each.run) === run));
  const working = current.filter(({ waitsFor }) => waitsFor === null);
  return html`
    <h2>At work</h2>
    ${working.length === 0 ? html`<p class="empty">Nothing runs at the moment.</p>` : table(working)}
    <h2>Waiting</h2>
    ${waiting.length === 0 ? html`<p class="empty">No run waits for the site.</p>` : table(waiting)}
    <h2>Before</h2>
    ${over.length === 0 ? html`<p class="empty">No run is over yet.</p>` : pastTable(over)}`;
}

function table(runs: readonly CurrentRun[]): Content {
  return html`<div class="table"><table>
    <thead><tr><th>Run</th><th>Competition</th><th>Submitter</th><th>Dataset</th><th>State</th><th>Since</th></tr></thead>
    <tbody>${runs.map(
      (run) => html`<tr>
        <td data-label="Run">${run.run}${run.attempt > 1 && html` <span class="muted">try ${run.attempt}</span>`}</td>
        <td data-label="Competition">${run.competition.title} <span class="muted">${run.competition.id}</span></td>
        <td data-label="Submitter">${run.submitter}</td>
        <td data-label="Dataset">${run.dataset ?? html`<span class="muted">none of the site</span>`}${run.isRehearsal && ' (rehearsal)'}</td>
        <td data-label="State">${run.waitsFor ?? run.state}${run.waitsUntil && html`, until ${moment(run.waitsUntil)}`}</td>
        <td data-label="Since">${fromNow(run.since)}</td>
      </tr>`,
    )}</tbody></table></div>`;
}

function pastTable(runs: readonly PastRun[]): Content {
  return html`<div class="table"><table>
    <thead><tr><th>Run</th><th>Competition</th><th>Submitter</th><th>Dataset</th><th>Outcome</th><th>Rule that decided</th><th>When</th></tr></thead>
    <tbody>${runs.map(
      (run) => html`<tr>
        <td data-label="Run"><a href="/ledger?run=${encodeURIComponent(run.run)}">${run.run}</a></td>
        <td data-label="Competition">${run.competition}</td>
        <td data-label="Submitter">${run.submitter}</td>
        <td data-label="Dataset">${run.dataset ?? html`<span class="muted">none of the site</span>`}${run.isRehearsal && ' (rehearsal)'}</td>
        <td data-label="Outcome">${run.outcome}</td>
        <td data-label="Rule"><code>${run.rule ?? ''}</code></td>
        <td data-label="When">${moment(run.at)}</td>
      </tr>`,
    )}</tbody></table></div>
    <p class="muted">Out of the <a href="/ledger">ledger</a>. Choose a run to see all that is recorded of it.</p>`;
}
