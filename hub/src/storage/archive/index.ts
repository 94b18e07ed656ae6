export type { ArchiveEntry, ArchiveNote } from './directory.ts';
export { ArchiveError, type ArchiveErrorCode, printableName } from './errors.ts';
export { openFolder } from './folder.ts';
export { type ArchiveLimits, defaultArchiveLimits } from './limits.ts';
export { type Archive, openArchive } from './reader.ts';
export { membersOfDirectory, writeZip, type ZipMember, zipDirectoryOfArchive, zipStream } from './writer.ts';
