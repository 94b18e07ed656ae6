import { randomInt } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Without the letters and digits that people confuse. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';

/** Passwords made for the accounts of this start; kept, so that the next start can print them again. */
export class PasswordBook {
  readonly #file: string;
  readonly #passwords: Record<string, string>;

  private constructor(file: string, passwords: Record<string, string>) {
    this.#file = file;
    this.#passwords = passwords;
  }

  static async open(home: string): Promise<PasswordBook> {
    await mkdir(home, { recursive: true });
    const file = join(home, 'passwords.json');
    const text = await readFile(file, 'utf8').catch(() => '{}');
    return new PasswordBook(file, JSON.parse(text) as Record<string, string>);
  }

  /** The password of an account, made when it has none yet. */
  async of(username: string): Promise<string> {
    this.#passwords[username] ??= [4, 4, 4].map(word).join('-');
    await writeFile(this.#file, `${JSON.stringify(this.#passwords, null, 2)}\n`, { mode: 0o600 });
    return this.#passwords[username];
  }
}

function word(length: number): string {
  return Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}
