export { digestOf, fromBase64, toBase64 } from './bytes.ts';
export { differencesFrom, scoreDifferences } from './compare.ts';
export {
  type Envelope,
  type EnvelopeSignature,
  keyIdOf,
  PAYLOAD_TYPE,
  payloadOf,
  preAuthEncoding,
  readEnvelope,
  sealEnvelope,
  signatureOf,
} from './envelope.ts';
export { ReceiptUnreadableError } from './errors.ts';
export { type PublishedKey, RECEIPT_FORMAT, type ReceiptFile, readReceiptFile } from './receipt-file.ts';
export {
  type Assigned,
  encodeStatement,
  type Predicate,
  readStatement,
  type Statement,
  toStatement,
} from './statement.ts';
export { isAnnounced, type KeySuccession, successionBytes } from './succession.ts';
export {
  type Check,
  type Expectations,
  isSameScore,
  type ReceiptReport,
  type Signer,
  verifyReceipt,
} from './verify.ts';
