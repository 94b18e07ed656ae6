const DAY = 24 * 60 * 60 * 1000;

/** The demonstration is always in its first phase: days from today to each mark. */
const marks = { start: -7, middle: 90, second_start: 91, end: 120 };

/** Replaces `{{start}}` and its like by midnights (UTC) around `now`. */
export function fillSchedule(description: string, now: Date): string {
  const today = Math.floor(now.getTime() / DAY) * DAY;
  return description.replaceAll(/\{\{(\w+)\}\}/g, (whole, mark: string) => {
    const days = Object.entries(marks).find(([name]) => name === mark)?.[1];
    if (days === undefined) {
      throw new Error(
        `unknown date ${whole} in the demonstration; known are ${Object.keys(marks).join(', ')}`,
      );
    }
    return new Date(today + days * DAY).toISOString().replace('.000', '');
  });
}
