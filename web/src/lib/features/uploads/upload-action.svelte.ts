import { Action } from '#lib/api/action.svelte.ts';
import type { Api } from '#lib/api/client.ts';
import type { ResourceType } from '#lib/api/types.ts';
import { upload } from './upload.ts';

/** Uploads a file, then does what it was for; progress and stopping are shown while the bytes travel. */
export class UploadAction<Result> {
  sent = $state(0);
  total = $state(0);
  uploading = $state(false);
  readonly action: Action<[File], Result>;
  #abort = new AbortController();

  constructor(api: Api, type: ResourceType, then: (resourceKey: string) => Promise<Result>) {
    this.action = new Action(async (file) => then(await this.#upload(api, type, file)));
  }

  readonly stop = (): void => this.#abort.abort();

  async #upload(api: Api, type: ResourceType, file: File): Promise<string> {
    this.#abort = new AbortController();
    this.sent = 0;
    this.total = file.size;
    this.uploading = true;
    try {
      return await upload(api, type, file, {
        onProgress: (sent) => {
          this.sent = sent;
        },
        signal: this.#abort.signal,
      });
    } finally {
      this.uploading = false;
    }
  }
}
