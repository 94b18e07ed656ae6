/** The engine did not answer, or failed at something that it should be able to do: the site's fault. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly code = 'engine_failed';
}

/** The image is not at the site and cannot be had there: the organizer's fault, unless the site can be persuaded to load it. */
export class ImageUnavailableError extends Error {
  override readonly name = 'ImageUnavailableError';
  readonly code = 'image_unavailable';
  readonly reference: string;

  constructor(reference: string, cause: unknown) {
    super(
      `the image ${reference} is not at this site and could not be pulled; load it into the engine or name another one`,
      { cause },
    );
    this.reference = reference;
  }
}
