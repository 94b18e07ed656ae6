import { RefusalCode } from '@weir/proto/node/v1';
import type { Decision } from '../../policy/decide.ts';
import { type Content, Html, html } from '../html.ts';
import type { PastRun } from '../past-runs.ts';
import type { PolicyTestResult, PolicyView } from '../view.ts';
import { digest, moment } from '../words.ts';

export interface BenchFields {
  readonly competition: string;
  readonly submitter: string;
  readonly image: string;
  readonly program: string;
  readonly dataset: string;
  readonly attributes: string;
  readonly hub: string;
}

export interface PolicyParts {
  readonly policy: PolicyView;
  readonly past: readonly PastRun[];
  readonly fields: BenchFields;
  readonly tried: { readonly what: string; readonly decision: Decision } | null;
  readonly tests: readonly PolicyTestResult[] | null | 'not_run';
}

export function policyPage({ policy, past, fields, tried, tests }: PolicyParts): Content {
  const badLines = new Set(policy.problems.map(({ line }) => line));
  return html`
    ${policy.problems.length > 0 && html`<div class="alert"><p>The file cannot be read as a policy. Until it can, every run is refused.</p><ul>${policy.problems.map(({ line, place, problem }) => html`<li>${line !== null && html`<a href="#line-${line}">line ${line}</a>: `}${place && html`<code>${place}</code>: `}${problem}</li>`)}</ul></div>`}
    ${policy.advice.length > 0 && html`<div class="notice"><p>Hardly meant:</p><ul>${policy.advice.map(({ place, problem }) => html`<li><code>${place}</code>: ${problem}</li>`)}</ul></div>`}
    <p>The policy is the file <code>${policy.path}</code> on the node’s machine. A change counts from the next decision on.${policy.policy && html` In force: ${digest(policy.digest)}`}</p>
    <h2>Try it</h2>
    ${tried && decisionBox(tried.what, tried.decision)}
    <div class="columns">
      <form method="get" action="/policy" class="card"><h3>A run of the past</h3>
        ${
          past.length === 0
            ? html`<p class="empty">No run has been here yet.</p>`
            : html`
        <label for="run">Run</label><select id="run" name="run">${past.map(({ run, competition, submitter }) => html`<option value="${run}">${run}: competition ${competition}, ${submitter}</option>`)}</select>
        <div class="actions"><button>What would be decided now?</button></div>`
        }
      </form>
      <form method="get" action="/policy" class="card"><h3>A run that you make up</h3>
        ${field('hub', 'Hub', fields.hub, 'the one this node is connected to')}
        ${field('competition', 'Competition (its number)', fields.competition, '7')}
        ${field('submitter', 'Submitter', fields.submitter, 'ada')}
        ${field('attributes', 'What the hub vouches for', fields.attributes, 'email_domain=hospital.example')}
        ${field('image', 'Container image', fields.image, 'python:3.12-slim')}
        ${field('program', 'Digest of the scoring program', fields.program, 'sha256:…')}
        ${field('dataset', 'Dataset', fields.dataset, 'NAME@VERSION, or empty')}
        <div class="actions"><button name="try" value="1">What would be decided?</button></div>
      </form>
    </div>
    <h2>The site’s own tests</h2>
    ${testResults(tests)}
    <h2>The text</h2>
    ${
      policy.text === null
        ? html`<p class="empty">There is no such file. <code>weir-node policy example</code> prints one to begin with.</p>`
        : html`<ol class="exact policy" tabindex="0" aria-label="The policy">${policy.text
            .replace(/\n$/, '')
            .split('\n')
            .map(
              (line, index) =>
                html`<li id="line-${index + 1}"${badLines.has(index + 1) && new Html(' class="bad"')}>${line}</li>`,
            )}</ol>`
    }`;
}

function field(name: string, label: string, value: string, example: string): Content {
  return html`<label for="field-${name}">${label}</label><input id="field-${name}" name="${name}" value="${value}" placeholder="${example}" autocomplete="off">`;
}

function decisionBox(what: string, decision: Decision): Content {
  switch (decision.permitted) {
    case true:
      return html`<div class="notice" role="status"><p><b>Permitted</b>: ${what}</p><p>Decided by <code>${decision.rule}</code>. ${approval(decision.approval)} Rules for ${decision.kind === 'site_data' ? 'runs that see data of the site' : decision.kind === 'rehearsal' ? 'rehearsals' : 'runs that see no data of the site'} apply: ${egress(decision)}.</p></div>`;
    case false:
      return html`<div class="alert" role="status"><p><b>Refused</b>: ${what}</p><p>Decided by <code>${decision.rule}</code>. The participant is told the code <code>${RefusalCode[decision.code]}</code> and nothing else.</p></div>`;
    case 'later':
      return html`<div class="notice" role="status"><p><b>Not now</b>: ${what}</p><p>Decided by <code>${decision.rule}</code>${decision.until && html`; asked again ${moment(decision.until)}`}.</p></div>`;
    default:
      return decision satisfies never;
  }
}

function approval(kind: 'automatic' | 'per_competition' | 'per_run'): string {
  if (kind === 'automatic') return 'It begins without asking anybody.';
  return kind === 'per_run'
    ? 'Somebody is asked before it begins.'
    : 'Somebody is asked once for the competition.';
}

function egress({ egress }: Extract<Decision, { permitted: true }>): string {
  const { scores, logs, reports, outputs, review } = egress;
  return [
    `at most ${scores.most} scores${scores.decimals === null ? '' : ` of ${scores.decimals} decimals`} from at least ${scores.minCases} cases`,
    `logs ${logs}`,
    `reports ${reports}`,
    `outputs ${outputs}`,
    `scores reviewed ${review.scores}`,
  ].join(', ');
}

function testResults(tests: PolicyParts['tests']): Content {
  if (tests === null) {
    return html`<p class="empty">This site has no tests for its policy yet. Write them next to the policy, as the README describes.</p>`;
  }
  if (tests === 'not_run') {
    return html`<form method="get" action="/policy"><button class="quiet" name="tests" value="1">Run the tests</button></form>`;
  }
  const failed = tests.filter(({ passed }) => !passed).length;
  return html`<p class="${failed > 0 ? 'alert' : 'notice'}" role="status">${tests.length - failed} of ${tests.length} pass.</p>
    <ul>${tests.map(({ name, passed, detail }) => html`<li>${passed ? '✓' : '✗'} ${name}${!passed && html`: ${detail}`}</li>`)}</ul>`;
}
