/** What a steward wants to register cannot be registered. */
export class InvalidDatasetError extends Error {
  override readonly name = 'InvalidDatasetError';
  readonly code = 'invalid_dataset';
}

/** The dataset is not registered at this site, or its folder is gone. */
export class DatasetMissingError extends Error {
  override readonly name = 'DatasetMissingError';
  readonly code = 'dataset_missing';

  constructor(name: string, version: string, problem: string) {
    super(
      `dataset ${name}@${version}: ${problem}; register it with: weir-node dataset add ${name} --version ${version} …`,
    );
  }
}

/** The data are there, and those who would have to read them may not. */
export class DatasetUnreadableError extends Error {
  override readonly name = 'DatasetUnreadableError';
  readonly code = 'dataset_unreadable';

  constructor(dataset: string, problem: string) {
    super(`dataset ${dataset}: ${problem}`);
  }
}

/** The files are no longer those that were registered: scores of them would not be comparable. */
export class DatasetChangedError extends Error {
  override readonly name = 'DatasetChangedError';
  readonly code = 'dataset_changed';

  constructor(name: string, version: string, path: string, problem: string) {
    const cure = problem === 'was added' ? 'take it away' : 'put it back as it was';
    super(`dataset ${name}@${version}: ${path} ${problem}; ${cure}, or register the data as a new version`);
  }
}
