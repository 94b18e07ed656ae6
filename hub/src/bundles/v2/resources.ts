import { asFields, type Fields } from '../fields.ts';
import type { BundleResources } from '../model.ts';

const SIZE = /^(\d+(?:\.\d+)?)\s*(KiB|MiB|GiB|TiB|KB|MB|GB|TB|B)?$/i;
const UNITS: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

const SMALLEST_MEMORY = 16 * 2 ** 20;
const SMALLEST_DISK = 2 ** 20;

/**
 * `resources` of a phase: what a container may use, `{ memory: 4GiB, cpus: 2, disk: 10GiB, gpus: 0 }`. A key of Weir's own; other platforms
 * ignore it. What is left out is the hub's default; the hub and the sites have ceilings of their own.
 */
export function readResources(phase: Fields): BundleResources | null {
  const node = phase.findValue('resources');
  if (node === undefined) return null;
  const fields = asFields(phase.log, node, phase.pathOf('resources'));
  if (fields === null) return null;
  const resources = {
    memoryBytes: readSize(fields, 'memory', SMALLEST_MEMORY),
    cpuMillis: readCpus(fields),
    diskBytes: readSize(fields, 'disk', SMALLEST_DISK),
    gpus: fields.integer('gpus', { max: 1_000 }),
  };
  fields.noteUnknownKeys();
  return resources;
}

function readSize(fields: Fields, key: string, smallest: number): number | null {
  const written = fields.text(key);
  if (written === null) return null;
  const [, amount, unit = 'B'] = SIZE.exec(written) ?? [];
  const bytes = Math.round(Number(amount) * UNITS[unit.toLowerCase()]!);
  if (Number.isSafeInteger(bytes) && bytes >= smallest) return bytes;
  const cure = `Write it like 512MiB or 4GiB; at least ${smallest / 2 ** 20}MiB.`;
  fields.error(key, 'not_a_size', `"${written}" is no size for "${key}".`, cure);
  return null;
}

/** Down to a hundredth of a core. */
function readCpus(fields: Fields): number | null {
  const written = fields.text('cpus');
  if (written === null) return null;
  const millis = Math.round(Number(written) * 1_000);
  if (millis >= 10 && millis <= 1_000_000) return millis;
  fields.error('cpus', 'not_cpus', `"${written}" is no number of cores.`, 'Write it like 2 or 0.5.');
  return null;
}
