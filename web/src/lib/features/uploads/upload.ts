import type { Api } from '#lib/api/client.ts';
import type { ResourceType } from '#lib/api/types.ts';

export interface UploadOptions {
  /** Called with bytes sent and bytes in all. */
  onProgress: (sent: number, total: number) => void;
  signal: AbortSignal;
}

/** The bytes were refused or did not arrive; the message is for the person. */
export class UploadError extends Error {
  override readonly name = 'UploadError';
}

/** Refused here already: as a submission it would cost the participant one of the day's. @throws UploadError */
export async function requireZip(file: Blob): Promise<void> {
  const start = new Uint8Array(await file.slice(0, 4).arrayBuffer());
  if (start[0] === 0x50 && start[1] === 0x4b) return;
  throw new UploadError(
    'This is not a ZIP archive. Put the files into a .zip and choose that; nothing was sent.',
  );
}

/**
 * Puts a file into the hub's store: the hub names the place, the bytes go there directly, the hub checks that all of
 * them arrived. Returns the key of the resource. Nothing is kept of an upload that was aborted.
 */
export async function upload(
  api: Api,
  type: ResourceType,
  file: File,
  options: UploadOptions,
): Promise<string> {
  await requireZip(file);
  const { key, uploadUrl } = await api.resources.startUpload.mutate({
    type,
    fileName: file.name,
    size: file.size,
  });
  await putBytes(uploadUrl, file, options);
  await api.resources.finishUpload.mutate({ key });
  return key;
}

/** `fetch` cannot tell how much of a body has been sent, so this is the one place with XMLHttpRequest. */
function putBytes(url: string, file: File, { onProgress, signal }: UploadOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('PUT', url);
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.upload.onprogress = (event) => onProgress(event.loaded, file.size);
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve();
      else reject(new UploadError(refusalOf(request.responseText, request.status)));
    };
    request.onerror = () =>
      reject(new UploadError('The connection broke during the upload. Check it and upload the file again.'));
    request.onabort = () => reject(new UploadError('The upload was stopped, and nothing of it is kept.'));
    signal.addEventListener('abort', () => request.abort(), { once: true });
    request.send(file);
  });
}

/** The hub's own sentence from `{ error: { code, message } }`, when there is one. */
export function refusalOf(body: string, status: number): string {
  try {
    const parsed: { error?: { message?: unknown } } | null = JSON.parse(body);
    if (typeof parsed?.error?.message === 'string') return parsed.error.message;
  } catch {
    // Not JSON: a proxy answered in the hub's place.
  }
  return status === 413
    ? 'The file is larger than this hub accepts.'
    : `The upload was refused (HTTP ${status}). Try again in a minute.`;
}
