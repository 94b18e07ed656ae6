import type { BudgetLine } from '../budget-lines.ts';
import { type Content, html } from '../html.ts';
import type { PolicyView } from '../view.ts';
import { bits } from '../words.ts';

export function budgetsPage(
  lines: readonly BudgetLine[],
  { advice, nodesOfSite }: Pick<PolicyView, 'advice' | 'nodesOfSite'>,
): Content {
  const onNodes = advice.filter(({ place }) => place.endsWith('.nodes'));
  return html`
    ${onNodes.map(({ place, problem }) => html`<p class="notice"><code>${place}</code>: ${problem}.</p>`)}
    <p>Each release tells something about the data. It is charged with the most that it could tell, in bits, to whoever submitted and to the dataset. The policy says how much that may become. For a run that is under way the most that it could tell is put aside, so that runs side by side cannot overdraw.${nodesOfSite > 1 && html` This site has ${nodesOfSite} nodes. Here is what this one may tell: its part of the budgets.`}</p>
    ${lines.length === 0 ? html`<p class="empty">Nothing has been released from data of this site yet.</p>` : lines.map(section)}`;
}

function section({ dataset, isNamed, submitters, ...sums }: BudgetLine): Content {
  return html`<section class="card"><h2>${dataset}</h2>
    ${!isNamed && html`<p class="notice">The policy in force does not name this dataset: nothing more is told about it.</p>`}
    <p>Everybody together: ${spent(sums)}</p>
    <div class="table"><table><thead><tr><th>Submitter</th><th>Told at most</th><th>Runs</th></tr></thead><tbody>${submitters.map(
      (
        line,
      ) => html`<tr><td data-label="Submitter">${line.name && html`${line.name} `}<span class="muted">${line.submitter}</span></td><td data-label="Told at most">${spent(line)}</td>
        <td data-label="Runs">${line.runs.map(({ run, bits: each }, index) => html`${index > 0 && ', '}<a href="/ledger?run=${encodeURIComponent(run)}">${run}</a> (${bits(each)})`)}</td></tr>`,
    )}</tbody></table></div></section>`;
}

type Sums = Pick<BudgetLine, 'drawnBits' | 'reservedBits' | 'allowedBits'>;

function spent({ drawnBits: drawn, reservedBits: reserved, allowedBits: allowed }: Sums): Content {
  const aside = reserved > 0 && html`, <span class="muted">and ${bits(reserved)} put aside</span>`;
  if (allowed === null) return html`${bits(drawn)} <span class="muted">(no limit)</span>${aside}`;
  return html`<span class="meter"><meter min="0" max="${Math.max(allowed, 1)}" high="${allowed * 0.8}" optimum="0" value="${Math.min(drawn, allowed)}"></meter> ${bits(drawn)} of ${bits(allowed)}</span>${aside}`;
}
