/**
 * What every container finds in its environment besides the caller's variables and the image's own. The user has no entry in the image's
 * /etc/passwd and no home there, so programs that look for either get an answer from here.
 */
export const floorEnvironment: Readonly<Record<string, string>> = {
  HOME: '/tmp',
  USER: 'weir',
  LOGNAME: 'weir',
};
