/** What should be a receipt is none that this version can read. */
export class ReceiptUnreadableError extends Error {
  override readonly name = 'ReceiptUnreadableError';
  readonly code = 'receipt_unreadable';
}
