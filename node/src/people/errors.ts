/** Why a person's verdict is not taken. The message is for that person. */
export type AnswerProblem =
  | 'unknown_question'
  | 'closed'
  | 'material_changed'
  | 'own_organization'
  | 'not_a_reviewer'
  | 'two_have_voted'
  | 'reason_missing'
  | 'not_redactable'
  | 'redaction_grows';

const MESSAGES: Readonly<Record<AnswerProblem, string>> = {
  unknown_question: 'There is no such question; it may be long over.',
  closed: 'The question is answered already; nothing can be changed any more.',
  material_changed:
    'What you looked at has changed since. Look at it again: your answer was not counted, and earlier answers no longer count.',
  own_organization:
    'The submission comes from your own organization. Somebody of another organization has to decide.',
  not_a_reviewer: "The site's policy does not name you among its reviewers.",
  two_have_voted: 'Two other people have voted; only they can change their votes.',
  reason_missing: 'Give a reason: it is kept in the ledger.',
  not_redactable: 'Only text can be redacted: logs and reports. Refuse the release instead.',
  redaction_grows:
    'The edited copy is longer than the original. A redaction takes away or blanks; it never adds.',
};

export class AnswerRefusedError extends Error {
  override readonly name = 'AnswerRefusedError';
  readonly code: AnswerProblem;

  constructor(code: AnswerProblem) {
    super(MESSAGES[code]);
    this.code = code;
  }
}

/** Something else is asked under the same id now: people answer that, and what was asked before stays without an answer. */
export class QuestionSupersededError extends Error {
  override readonly name = 'QuestionSupersededError';
  readonly code = 'question_superseded';

  constructor(id: string) {
    super(`${id}: something else is asked under this id now; ask again under an id of its own`);
  }
}

/** The files of a question are not what the desk has written: somebody else changed them. */
export class QuestionDamagedError extends Error {
  override readonly name = 'QuestionDamagedError';
  readonly code = 'question_damaged';

  constructor(path: string, cause: unknown) {
    super(
      `${path}: ${cause instanceof Error ? cause.message : String(cause)}; remove the question's folder to have it asked again`,
      { cause },
    );
  }
}
