/** "a" to "z", then "aa": as letters are used for groups that a test does not tell apart. */
export function groupName(group: number): string {
  const letter = String.fromCharCode(97 + ((group - 1) % 26));
  return group > 26 ? groupName(Math.floor((group - 1) / 26)) + letter : letter;
}
