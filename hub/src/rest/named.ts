import { DomainError } from '../http/domain-error.ts';

/**
 * A thing that a body names by number or key is not there, or not for whoever asks. Of an address that is 404; in a body it is a field with a wrong
 * value, in the words of Django REST framework, which clients compare.
 */
export class NamedMissingError extends DomainError {
  readonly code = 'not_found';
  readonly kind = 'invalid';

  constructor(field: string, name: number | string) {
    const message =
      typeof name === 'number'
        ? `Invalid pk "${name}" - object does not exist.`
        : `Object with key=${name} does not exist.`;
    super(message, { fields: { [field]: message } });
  }
}

/** Several fields of a body are wrong. */
class FieldsWrongError extends DomainError {
  readonly code = 'invalid';
  readonly kind = 'invalid';

  constructor(fields: Readonly<Record<string, string>>) {
    super(Object.values(fields).join(' '), { fields });
  }
}

/** What `find` finds of the thing that the body names in a field. @throws NamedMissingError */
export async function named<Value>(
  field: string,
  name: number | string,
  find: () => Promise<Value>,
): Promise<Value> {
  try {
    return await find();
  } catch (error) {
    throw error instanceof DomainError && error.kind === 'missing'
      ? new NamedMissingError(field, name)
      : error;
  }
}

/** Waits for all of them, so that a client learns of every wrong field at once. @throws FieldsWrongError */
export async function allNamed(finding: readonly Promise<unknown>[]): Promise<void> {
  const failures: unknown[] = (await Promise.allSettled(finding)).flatMap((one) =>
    one.status === 'rejected' ? [one.reason] : [],
  );
  const missing = failures.filter((failure) => failure instanceof NamedMissingError);
  if (missing.length < failures.length)
    throw failures.find((failure) => !(failure instanceof NamedMissingError));
  if (missing.length > 0)
    throw new FieldsWrongError(Object.assign({}, ...missing.map(({ fields }) => fields)));
}
