import type { Limits, OwnLimits, Phase } from '#lib/api/types.ts';

type Name = 'perDay' | 'perMonth' | 'inAll' | 'atATime';

export const limitFields = [
  { name: 'perDay', label: 'A day', ofPhase: 'maxSubmissionsPerDay', used: 'usedToday' },
  { name: 'perMonth', label: 'A month', ofPhase: 'maxSubmissionsPerMonth', used: 'usedThisMonth' },
  { name: 'inAll', label: 'In the phase', ofPhase: 'maxSubmissionsPerPerson', used: 'usedInAll' },
  { name: 'atATime', label: 'At a time', ofPhase: 'maxConcurrentSubmissions', used: 'inFlight' },
] as const satisfies { name: Name; label: string; ofPhase: keyof Phase; used: keyof Limits }[];

const SAID: Record<Name, string> = {
  perDay: 'used today',
  perMonth: 'used this month',
  inAll: 'used so far',
  atATime: 'under way',
};

/** "2 used today" */
export function tellUse(limits: Limits, name: Name): string {
  const field = limitFields.find((one) => one.name === name);
  return `${field ? limits[field.used] : 0} ${SAID[name]}`;
}

/** What the fields say: an empty one leaves a limit as the phase has it. */
export function toOwn(values: Readonly<Record<string, string>>): Record<Name, number | null> {
  const at = (name: Name): number | null => {
    const text = (values[name] ?? '').trim();
    return text === '' ? null : Number(text);
  };
  return { perDay: at('perDay'), perMonth: at('perMonth'), inAll: at('inAll'), atATime: at('atATime') };
}

/** "a day: 9; closed" */
export function tellLimits(own: OwnLimits): string {
  const told = limitFields.flatMap(({ name, label }) =>
    own[name] === null ? [] : [`${label.toLowerCase()}: ${own[name]}`],
  );
  return [...told, ...(own.isBlocked ? ['closed'] : [])].join('; ') || 'those of the phase';
}
