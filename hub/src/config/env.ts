/** The environment as it is, unparsed: the only place that reads it. */
export interface Env {
  readonly WEIR_HOME?: string;
  readonly WEIR_HTTP?: string;
  readonly WEIR_GRPC?: string;
  readonly WEIR_GRPC_PUBLIC?: string;
  readonly WEIR_PUBLIC_URL?: string;
  readonly WEIR_PORTAL_URL?: string;
  readonly WEIR_HUB_NAME?: string;
  readonly WEIR_SECRET?: string;
  readonly WEIR_LEASE_MS?: string;
  readonly WEIR_LOG_LEVEL?: string;
  readonly WEIR_MAX_UPLOAD_GIB?: string;
  readonly WEIR_MAX_STORAGE_GIB?: string;
  readonly WEIR_MAX_ARCHIVE_GIB?: string;
  readonly WEIR_MAX_ARCHIVE_FILE_GIB?: string;
  readonly WEIR_MAX_ARCHIVE_ENTRIES?: string;
  readonly WEIR_MAX_ARCHIVE_RATIO?: string;
  readonly WEIR_MAX_RUN_MEMORY_GIB?: string;
  readonly WEIR_MAX_RUN_CPUS?: string;
  readonly WEIR_MAX_RUN_DISK_GIB?: string;
  readonly WEIR_MAX_RUN_GPUS?: string;
  readonly WEIR_ADMIN_USERNAME?: string;
  readonly WEIR_ADMIN_PASSWORD?: string;
  readonly DATABASE_URL?: string;
}

export function readEnv(source: Readonly<Record<string, string | undefined>> = process.env): Env {
  return source as Env;
}
