import { isWaiting } from '../../people/transitions.ts';
import type { QuestionView } from '../../people/view.ts';
import { type Content, html } from '../html.ts';
import { fromNow, moment } from '../words.ts';

const STATES: Readonly<Record<QuestionView['state'], string>> = {
  open: 'waits for an answer',
  partly_answered: 'waits for a second person',
  disagreed: 'two people disagree: one of them has to change their vote',
  approved: 'approved',
  refused: 'refused',
  expired: 'refused: nobody decided in time',
  withdrawn: 'withdrawn: the run is over',
};

export function stateOf(question: QuestionView): string {
  return STATES[question.state];
}

export function reviewsPage(questions: readonly QuestionView[]): Content {
  const waiting = questions.filter(({ state }) => isWaiting(state));
  const over = questions.filter(({ state }) => !isWaiting(state)).slice(0, 50);
  return html`
    <p>Nothing leaves this site before somebody has looked at it here, where the policy asks for that.</p>
    <h2>Waiting for a person</h2>
    ${waiting.length === 0 ? html`<p class="empty">Nothing waits.</p>` : html`<ul class="cards">${waiting.map(card)}</ul>`}
    <h2>Answered</h2>
    ${over.length === 0 ? html`<p class="empty">Nothing has been answered yet.</p>` : html`<ul class="cards">${over.map(card)}</ul>`}`;
}

function card(question: QuestionView): Content {
  const { id, kind, run, competition, submitter, dataset, refuseAt, isOverdue, state } = question;
  const what = kind === 'approval' ? 'May this run begin?' : `May ${materialNames(question)} leave?`;
  return html`<li class="card${isOverdue && ' overdue'}">
    <h3><a href="/reviews/${id}">${what}</a></h3>
    <p>Run ${run} by ${submitter.name} in ${competition.title}${dataset && html`, on ${dataset}`}</p>
    <p class="muted">${stateOf(question)}${
      isWaiting(state)
        ? html`; without an answer it is refused ${fromNow(refuseAt)}${isOverdue && html`. <b>Overdue</b>`}`
        : html`, ${moment(question.since)}`
    }</p></li>`;
}

const NAMES = { scores: 'scores', logs: 'a log', report: 'a report', run: 'this' } as const;
const PLURALS = { ...NAMES, logs: 'logs', report: 'reports' } as const;

export function materialNames({ material }: QuestionView): string {
  const names = [...Map.groupBy(material, ({ kind }) => kind)].map(
    ([kind, pieces]) => (pieces.length > 1 ? PLURALS : NAMES)[kind],
  );
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
