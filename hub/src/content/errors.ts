export type ContentErrorCode = 'page_too_large' | 'page_too_deep' | 'page_too_costly';

/** A page that cannot be shown, always its author's to mend. */
export class ContentError extends Error {
  override readonly name = 'ContentError';
  readonly code: ContentErrorCode;
  readonly cure: string;

  constructor(code: ContentErrorCode, message: string, cure: string) {
    super(message);
    this.code = code;
    this.cure = cure;
  }
}
