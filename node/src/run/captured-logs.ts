import { create } from '@bufbuild/protobuf';
import { type Assignment, AttemptRefSchema, type LogStream } from '@weir/proto/node/v1';
import { permittedLogs } from '../egress/log-level.ts';
import type { Logger } from '../logging/logger.ts';
import type { LogSender } from '../logs/log-sender.ts';
import { RunLogs } from '../logs/run-logs.ts';
import type { Permission } from '../policy/decide.ts';

/** What the containers of an attempt print: captured and sent where hub and policy agree to it, and dropped unread where not. */
export class CapturedLogs {
  readonly #logs: RunLogs | null;
  readonly #sender: LogSender;

  private constructor(logs: RunLogs | null, sender: LogSender) {
    this.#logs = logs;
    this.#sender = sender;
    if (logs) sender.follow(logs);
  }

  static async open(
    assignment: Assignment,
    permission: Permission,
    { path, sender, logger }: { path: string; sender: LogSender; logger: Logger },
  ): Promise<CapturedLogs> {
    if (permittedLogs(assignment, permission.egress.logs) === 'none') return new CapturedLogs(null, sender);
    const { runId, attempt } = assignment;
    const ref = create(AttemptRefSchema, { runId, attempt });
    return new CapturedLogs(await RunLogs.open(ref, path, logger), sender);
  }

  write(stream: LogStream, bytes: Uint8Array): void {
    this.#logs?.write(stream, bytes);
  }

  /** The policy was asked again: what it no longer permits is neither captured nor sent from now on. */
  restrict(permission: Permission): void {
    if (permission.egress.logs === 'none') this.#logs?.close();
  }

  /** Nothing more comes. What is left is sent from memory, so that the attempt's folder can go. */
  async end(): Promise<void> {
    if (!this.#logs) return;
    this.#sender.end(this.#logs);
    await this.#logs.written();
  }
}
