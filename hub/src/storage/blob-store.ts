import type { Readable } from 'node:stream';

/** `sha256:` and 64 hexadecimal digits. */
export function isDigest(value: string): boolean {
  return /^sha256:[0-9a-f]{64}$/.test(value);
}

export interface StoredBlob {
  /** sha256:<hex> */
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  /** Hex; Codabench's API shows it for submissions. */
  readonly md5: string;
}

/** First and last byte, both inclusive, as in a Range header. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** A blob as a file of this machine, for readers that need one. Stays until it is disposed. */
export interface BorrowedFile extends AsyncDisposable {
  readonly path: string;
}

/**
 * Bytes under the digest of their content. A blob never changes once it is stored, so the same content is stored once and any number of
 * processes may put, open and borrow at the same time. Nothing here knows who may read what, nor when a blob is no longer needed.
 */
export interface BlobStore {
  /**
   * Stores the content as it streams, in constant memory. When this resolves the bytes survive a crash of the machine; when it rejects
   * (too large, source failed, signal aborted) nothing remains. Storing the same content again is harmless.
   * @throws BlobTooLargeError once more than `maxBytes` have come
   */
  put(
    content: AsyncIterable<Uint8Array>,
    options: { readonly maxBytes: number; readonly signal?: AbortSignal },
  ): Promise<StoredBlob>;

  /** Size in bytes, or null when there is no such blob. */
  stat(digest: string): Promise<{ readonly size: number } | null>;

  /**
   * The content, or a part of it. Destroy the stream to stop early.
   * @throws BlobMissingError before the first byte
   */
  open(digest: string, range?: ByteRange): Promise<Readable>;

  /** @throws BlobMissingError */
  borrow(digest: string): Promise<BorrowedFile>;

  /** Rejects when nothing can be stored now, with the reason. For readiness. */
  check(): Promise<void>;
}
