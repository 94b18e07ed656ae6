import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { ChildSpec } from './child.ts';
import { StartError } from './errors.ts';
import { formatAddress, originOf, type Settings } from './settings.ts';

export interface HubOptions {
  settings: Settings;
  /** Folder of the project. */
  project: string;
  portalUrl: string;
  administratorPassword: string;
}

export interface EnrolledSite {
  site: string;
  title: string;
  servesDefaultQueue: boolean;
  sharesScores: boolean;
}

/** The hub as this start sees it: a process, and the commands that work on its database while it runs. */
export class Hub {
  readonly process: ChildSpec;
  readonly origin: string;
  readonly #env: Record<string, string | undefined>;
  readonly #commands: string;

  constructor({ settings, project, portalUrl, administratorPassword }: HubOptions) {
    this.origin = originOf(settings.http);
    this.#commands = join(project, 'hub', 'src', 'cli', 'main.ts');
    this.#env = {
      WEIR_HOME: settings.home,
      WEIR_HTTP: formatAddress(settings.http),
      WEIR_GRPC: formatAddress(settings.grpc),
      WEIR_PUBLIC_URL: settings.publicUrl,
      WEIR_PORTAL_URL: portalUrl,
      WEIR_ADMIN_USERNAME: settings.administrator.username,
      WEIR_ADMIN_PASSWORD: administratorPassword,
      ...(settings.hubName !== null && { WEIR_HUB_NAME: settings.hubName }),
    };
    this.process = {
      title: settings.hubName === null ? 'hub' : `hub ${settings.hubName}`,
      script: join(project, 'hub', 'src', 'main.ts'),
      env: this.#env,
      log: join(settings.home, 'logs', 'hub.log'),
    };
  }

  /** A one-time token for a node of the site, which is made when there is none. */
  async enrolmentToken({ site, title, servesDefaultQueue, sharesScores }: EnrolledSite): Promise<string> {
    const printed = await this.#command([
      ...['enrol-token', '--site', site, '--title', title],
      ...(servesDefaultQueue ? ['--serves-default-queue'] : []),
      ...(sharesScores ? ['--shares-scores'] : []),
    ]);
    return printed.trim();
  }

  /** Makes an account, or does nothing when there is one of that name. */
  async addUser(name: string, email: string, password: string): Promise<void> {
    await this.#command(['user', 'add', name, '--email', email, '--password-stdin'], password);
  }

  /** Standard output of a command; what it writes to standard error is for the person when it fails. */
  async #command(args: string[], input = ''): Promise<string> {
    const child = spawn(process.execPath, [this.#commands, ...args], {
      env: { ...process.env, ...this.#env },
      stdio: ['pipe', 'pipe', 'pipe'],
      signal: AbortSignal.timeout(60_000),
    });
    child.stdin.end(input);
    const ended = new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    const [code, output, problems] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
    if (code === 0) return output;
    throw new StartError(
      `\`hub ${args.slice(0, 2).join(' ')}\` ended with code ${code}:\n${problems}${output}`,
    );
  }
}
