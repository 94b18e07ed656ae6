import { type Content, html } from '../html.ts';
import type { DatasetView } from '../view.ts';
import { bits, digest, fromNow } from '../words.ts';

export function datasetsPage(datasets: readonly DatasetView[], drawn: ReadonlyMap<string, number>): Content {
  return html`
    <p>Data that this site has registered. The hub knows the name, the version, a digest and the counts that you chose to publish, and never the data.</p>
    ${
      datasets.length === 0
        ? html`<p class="empty">No data is registered yet. On the node’s machine: <code>weir-node dataset add NAME --version V --input DIR --reference DIR --home DIR</code></p>`
        : html`<ul class="cards">${datasets.map((dataset) => card(dataset, drawn.get(dataset.name) ?? 0))}</ul>`
    }`;
}

function card(dataset: DatasetView, drawnBits: number): Content {
  const { name, version, input, reference, synthetic, counts, lastCheck } = dataset;
  const published = Object.entries(counts)
    .map(([key, count]) => `${key}: ${count}`)
    .join(', ');
  return html`<li class="card${lastCheck?.problem && ' overdue'}">
    <h2>${name} <span class="muted">version ${version}</span></h2>
    <dl class="facts">
      <div><dt>Input data</dt><dd>${input ?? 'none'}</dd></div>
      <div><dt>Reference data</dt><dd>${reference ?? 'none'}</dd></div>
      <div><dt>Made-up data for rehearsals</dt><dd>${synthetic ? [synthetic.input, synthetic.reference].filter(Boolean).join(' and ') : 'none'}</dd></div>
      <div><dt>Published counts</dt><dd>${published || 'none'}</dd></div>
      <div><dt>Digest</dt><dd>${digest(dataset.digest)}</dd></div>
      <div><dt>Told about it so far</dt><dd><a href="/budgets">at most ${bits(drawnBits)}</a></dd></div>
      <div><dt>Last full check</dt><dd>${lastCheck ? html`${fromNow(lastCheck.at)}: ${lastCheck.problem ?? 'all files are as registered'}` : 'not since the node was started'}</dd></div>
    </dl>
    <form method="post" action="/datasets/check">
      <input type="hidden" name="name" value="${name}"><input type="hidden" name="version" value="${version}">
      <button class="quiet">Check every file now</button>
    </form></li>`;
}
