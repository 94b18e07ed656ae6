import { isWaiting } from '../../people/transitions.ts';
import type { QuestionView } from '../../people/view.ts';
import { type Content, html } from '../html.ts';
import { fromNow, moment } from '../words.ts';
import { exactText, materialSection, type ShownMaterial } from './material.ts';
import { materialNames, stateOf } from './reviews.ts';

export function reviewTitle(question: QuestionView): string {
  return question.kind === 'approval' ? 'May this run begin?' : `May ${materialNames(question)} leave?`;
}

export interface ReviewParts {
  readonly question: QuestionView;
  readonly material: readonly ShownMaterial[];
  /** Why this person's vote would not count, beyond what the question itself says. */
  readonly obstacle: string | null;
  /** Name of who looks. */
  readonly viewer: string;
}

export function reviewPage({ question, material, obstacle, viewer }: ReviewParts): Content {
  const { competition, submitter, submitterOrganization, dataset, run, facts, createdAt, refuseAt } =
    question;
  const why = obstacle ?? question.obstacle;
  return html`
    <p class="state ${question.state}">${stateOf(question)}</p>
    <dl class="facts">
      ${fact('Competition', html`${competition.title} <span class="muted">${competition.id}</span>`)}
      ${fact('Submitter', html`${submitter.name} <span class="muted">${submitter.id}</span>`)}
      ${fact('Belongs to', submitterOrganization === null ? 'nobody has vouched for an organization: look whether it is one of yours' : submitterOrganization.replaceAll('\n', ', '))}
      ${fact('Run', run)}
      ${fact('Dataset', dataset ?? 'none of this site')}
      ${facts.map(({ label, value }) => fact(label, value))}
      ${fact('Asked', moment(createdAt))}
      ${isWaiting(question.state) && fact('Refused without an answer', html`${moment(refuseAt)} (${fromNow(refuseAt)})`)}
      ${fact('Who decides', `${question.reviewersNeeded === 2 ? 'two people' : 'one person'}${question.blind && question.reviewersNeeded === 2 ? ', who do not see each other’s vote before both have voted' : ''}`)}
    </dl>
    ${votes(question)}
    ${material.map((shown) => html`${materialSection(shown)}${shown.piece.isRedactable && question.mayVote && !why && html`<p><a class="button" href="/reviews/${question.id}/material/${shown.index}/redact">Redact a copy…</a></p>`}`)}
    ${!question.mayLook && html`<p class="alert">You cannot look at this: it comes from your own organization.</p>`}
    ${question.mayVote && !why ? form(question, viewer) : why && html`<p class="alert">${why}</p>`}`;
}

function votes({ votes, hiddenVotes }: QuestionView): Content {
  if (votes.length === 0 && hiddenVotes === 0) return null;
  return html`<h2>Votes</h2><ul class="votes">
    ${votes.map(({ person, kind, reason, at }) => html`<li><b>${person}</b> ${kind === 'approve' ? 'approves' : 'refuses'}${reason && html`: “${reason}”`} <span class="muted">${moment(at)}</span></li>`)}
    ${hiddenVotes > 0 && html`<li class="muted">${hiddenVotes === 1 ? 'Somebody else has' : `${hiddenVotes} others have`} voted. You see it once you have.</li>`}
  </ul>`;
}

function form({ id, digest, kind, votes }: QuestionView, viewer: string): Content {
  const mine = votes.find(({ person }) => person === viewer);
  return html`<form method="post" action="/reviews/${id}" class="decision">
    <h2>Your decision</h2>
    ${mine && html`<p>You have voted to ${mine.kind}. You may change it.</p>`}
    <input type="hidden" name="seen" value="${digest}">
    <label for="reason">Reason <span class="muted">(needed to refuse; kept in the ledger, and does not leave)</span></label>
    <textarea id="reason" name="reason" rows="3" maxlength="2000"></textarea>
    <div class="actions">
      <button name="verdict" value="approve">${kind === 'approval' ? 'Let it run' : 'Let exactly this leave'}</button>
      <button name="verdict" value="refuse" class="danger">Refuse</button>
    </div>
  </form>`;
}

function fact(label: string, value: Content): Content {
  return html`<div><dt>${label}</dt><dd>${value}</dd></div>`;
}

export interface RedactParts {
  readonly question: QuestionView;
  readonly shown: ShownMaterial;
  /** The copy as edited so far; null before anything was. */
  readonly copy: string | null;
  readonly reason: string;
}

export function redactPage({ question, shown, copy, reason }: RedactParts): Content {
  const { index, piece, content } = shown;
  const action = `/reviews/${question.id}/material/${index}/redact`;
  const text = copy ?? editable(content);
  const size = Buffer.byteLength(text);
  return html`
    <p><a href="/reviews/${question.id}">Back without redacting</a></p>
    <p>Edit the copy below: take out or blank what must not leave. The copy, byte for byte, takes the original’s place; you then decide about all that would leave. Votes for the original no longer count.
      It may not become longer than the original.</p>
    <form method="post" action="${action}" class="decision">
      <input type="hidden" name="seen" value="${question.digest}">
      <input type="hidden" name="of" value="${piece.digest}">
      <label for="copy">The copy</label>
      <textarea id="copy" name="copy" rows="18" spellcheck="false" class="mono">
${text}</textarea>
      <label for="reason">Reason <span class="muted">(kept in the ledger)</span></label>
      <textarea id="reason" name="reason" rows="2" maxlength="2000" required>
${reason}</textarea>
      <div class="actions"><button name="step" value="look">Look at the copy</button>
      ${copy !== null && size <= piece.bytes && html`<button name="step" value="replace">Put this copy in its place</button>`}</div>
    </form>
    ${
      copy !== null &&
      html`<section class="material"><h2>The copy, exactly</h2><p class="muted">${size} bytes; the original has ${piece.bytes}.</p>
      ${size > piece.bytes && html`<p class="alert">The copy is longer than the original. Take something out.</p>`}
      ${exactText(Buffer.from(text))}</section>`
    }`;
}

/** The text to begin with: what a text field could not carry unchanged is a question mark, never more bytes than it was. */
function editable(content: Uint8Array): string {
  return Buffer.from(content)
    .toString('utf8')
    .replaceAll('\r\n', '\n')
    .replace(/[^\P{C}\n\t]|\ufffd/gu, '?');
}
