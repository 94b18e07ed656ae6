import { open } from 'node:fs/promises';
import { ArchiveError } from './errors.ts';

/**
 * The library throws plain `Error`s for what is wrong with an archive; faults of the file system carry a `code`
 * such as `EIO`, and pass through unchanged. zlib's codes (`Z_…`, `ERR_…`) speak of the content.
 */
export function toArchiveError(error: unknown, entry?: string): unknown {
  if (error instanceof ArchiveError || !isAboutTheArchive(error)) return error;
  return new ArchiveError('archive_damaged', {
    message:
      entry === undefined
        ? 'The archive is damaged.'
        : `The content of "${entry}" in the archive is damaged.`,
    cure: 'Zip the files again and upload the new archive.',
    cause: error,
    ...(entry === undefined ? {} : { entry }),
  });
}

/** As `toArchiveError`, for a file in which the library found no directory at all: says what the file is instead. */
export async function toOpeningError(error: unknown, path: string): Promise<unknown> {
  if (!isAboutTheArchive(error)) return error;
  const start = await readStart(path);
  if (start.length === 0) {
    return new ArchiveError('archive_empty_file', {
      message: 'The file is empty.',
      cure: 'Check that the upload finished, and upload again.',
      cause: error,
    });
  }
  if (start.toString('latin1') === 'PK\x03\x04') {
    return new ArchiveError('archive_truncated', {
      message: 'The archive begins as a zip but its end is missing or followed by other data.',
      cure: 'The upload was cut short, or the file changed: upload the archive again.',
      cause: error,
    });
  }
  return new ArchiveError('archive_not_a_zip', {
    message: 'The file is not a zip archive.',
    cure: 'Upload a .zip; other formats (tar, gz, 7z, rar) are not read.',
    cause: error,
  });
}

async function readStart(path: string): Promise<Buffer> {
  await using file = await open(path, 'r');
  const { bytesRead, buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
  return buffer.subarray(0, bytesRead);
}

function isAboutTheArchive(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return !('code' in error) || /^(Z_|ERR_)/.test(String(error.code));
}
