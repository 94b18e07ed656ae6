const MEBIBYTE = 1024 ** 2;
const GIBIBYTE = 1024 ** 3;

/** How much one archive may ask of us. Sizes are bytes of content, after decompression. */
export interface ArchiveLimits {
  maxEntries: number;
  maxEntryBytes: number;
  maxTotalBytes: number;
  /**
   * Content may be at most this many times the archive file's own size. Deflate reaches 1,032 at most, and honest
   * data (empty segmentation masks) comes close, so the ratio binds only once the content passes `ratioFreeBytes`.
   */
  maxRatio: number;
  ratioFreeBytes: number;
  /** Path segments of a name, the file's own included. */
  maxDepth: number;
  /** UTF-8 bytes of a whole name. A single segment may have 255, the most a file system takes. */
  maxNameBytes: number;
}

export const defaultArchiveLimits: Readonly<ArchiveLimits> = {
  maxEntries: 20_000,
  maxEntryBytes: 16 * GIBIBYTE,
  maxTotalBytes: 64 * GIBIBYTE,
  maxRatio: 200,
  ratioFreeBytes: 512 * MEBIBYTE,
  maxDepth: 32,
  maxNameBytes: 1024,
};
