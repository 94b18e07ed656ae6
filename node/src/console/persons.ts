import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isMissing, readFileIfThere, writeAtomically } from '../home/atomic-file.ts';
import type { Home } from '../home/home.ts';
import type { Identity } from '../home/identity.ts';
import type { Person } from '../people/question.ts';
import { InvalidPersonError } from './errors.ts';

/** Names as people have them; the site's policy names its reviewers by them. */
const NAME = /^[\p{L}\p{N}][\p{L}\p{M}\p{N} .'_-]{0,62}$/u;
/** Whoever entered by an address of the node; not registered, and no name for others. */
const STEWARD = 'steward';
const RESERVED = new Set([STEWARD, 'timer', 'node']);

/** A steward sees and does everything; a reviewer answers questions. */
export type Role = 'steward' | 'reviewer';

export interface ConsolePerson extends Person {
  readonly role: Role;
}

const personSchema = z.object({
  name: z.string().regex(NAME),
  organization: z.string().min(1),
  role: z.enum(['steward', 'reviewer']),
  /** SHA-256, hex, of the token. Tokens are 256 random bits: nothing slower is needed to keep them from being guessed. */
  tokenHash: z.string(),
});

/** How long an address that was printed opens the console. */
const ENTRANCE_MS = 24 * 3_600_000;

/**
 * Who may open the console: people with a token of their own, and whoever has an address that works once (`entrances/`, a file for each,
 * named by the token's hash), which is the steward, since only they can read the node's output or write into its home.
 */
export class Persons {
  readonly #folder: string;
  readonly #site: string;

  /** @param site the organization that stewards belong to */
  constructor(folder: string, site: string) {
    this.#folder = folder;
    this.#site = site;
  }

  async list(): Promise<readonly ConsolePerson[]> {
    return (await this.#read()).map(({ tokenHash: _, ...person }) => person);
  }

  /** Registers a person, or gives one that exists a new token. The token is told once and kept as a hash. */
  async add({ name, organization, role }: ConsolePerson): Promise<string> {
    if (!NAME.test(name) || RESERVED.has(name)) {
      throw new InvalidPersonError(
        `"${name}": names are letters, digits, spaces and . _ ' -, and not steward, timer or node`,
      );
    }
    if (organization.trim() === '')
      throw new InvalidPersonError('--organization says whom the person belongs to');
    const others = (await this.#read()).filter((each) => each.name !== name);
    const token = newToken();
    await this.#write([
      ...others,
      { name, organization: organization.trim(), role, tokenHash: hashOf(token) },
    ]);
    return token;
  }

  async remove(name: string): Promise<boolean> {
    const persons = await this.#read();
    const others = persons.filter((each) => each.name !== name);
    if (others.length === persons.length) return false;
    await this.#write(others);
    return true;
  }

  /** Whether somebody who signed in may still be here: removed people, those with a new token, and those whose role or organization changed, may not. */
  async isCurrent({ name, organization, role }: ConsolePerson, credential: string | null): Promise<boolean> {
    if (name === STEWARD) return true;
    const found = (await this.#read()).find((each) => each.name === name);
    return found?.tokenHash === credential && found.organization === organization && found.role === role;
  }

  async findByToken(token: string): Promise<ConsolePerson | null> {
    const hash = Buffer.from(hashOf(token));
    for (const { tokenHash, ...person } of await this.#read()) {
      if (timingSafeEqual(hash, Buffer.from(tokenHash))) return person;
    }
    return null;
  }

  /** A token that lets the steward in once, within a day. */
  async makeEntrance(): Promise<string> {
    const token = newToken();
    await mkdir(this.#entrances, { recursive: true, mode: 0o700 });
    await writeAtomically(join(this.#entrances, hashOf(token)), '');
    return token;
  }

  /** Whoever holds such a token is the steward; null when it is none, was used, or is too old. */
  async enter(token: string): Promise<ConsolePerson | null> {
    const path = join(this.#entrances, hashOf(token));
    const used = `${path}.used`;
    try {
      // Of two that come at once one fails here.
      await rename(path, used);
      const { mtimeMs } = await stat(used);
      await rm(used);
      if (Date.now() - mtimeMs > ENTRANCE_MS) return null;
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
    return { name: STEWARD, organization: this.#site, role: 'steward' };
  }

  /** Where the console of the running node is, so that commands can print an address; null when there is none. */
  async origin(): Promise<string | null> {
    return await readFileIfThere(join(this.#folder, 'origin'));
  }

  async announce(origin: string): Promise<void> {
    await writeAtomically(join(this.#folder, 'origin'), origin);
  }

  get #entrances(): string {
    return join(this.#folder, 'entrances');
  }

  async #read(): Promise<z.infer<typeof personSchema>[]> {
    try {
      return z.array(personSchema).parse(JSON.parse(await readFile(this.#path, 'utf8')));
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  async #write(persons: readonly z.infer<typeof personSchema>[]): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await writeAtomically(this.#path, `${JSON.stringify(persons, null, 2)}\n`);
  }

  get #path(): string {
    return join(this.#folder, 'persons.json');
  }
}

/** Who may open the console of a home. */
export function personsOf(home: Home, { site }: Pick<Identity, 'site'>): Persons {
  return new Persons(home.console, site);
}

export function entranceAt(origin: string, token: string): string {
  return `${origin}/enter?token=${token}`;
}

export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

export function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
