import { DomainError } from '../http/domain-error.ts';

/** A node shows a key for receipts that does not follow from the one that the hub knows: it is another node, or a copy of its home. */
export class ReceiptKeyRefusedError extends DomainError {
  readonly code = 'receipt_key_refused';
  readonly kind = 'forbidden';

  constructor(keyId: string, problem: string) {
    super(
      `the key ${keyId} with which this node signs receipts ${problem}; put the node's home back as it was, or enrol the node again (weir-node enrol --again)`,
    );
  }
}

/** There is none, or none for whoever asks: the same answer to both. */
export class ReceiptMissingError extends DomainError {
  readonly code = 'receipt_missing';
  readonly kind = 'missing';

  constructor() {
    super('there is no such receipt, or you may not see the scores that it is about');
  }
}
