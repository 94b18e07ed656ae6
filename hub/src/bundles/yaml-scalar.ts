/** What a scalar means. A timestamp keeps its text, so that its time of day and offset are lost to nobody. */
export type ScalarMeaning =
  | { kind: 'string'; value: string }
  | { kind: 'integer'; value: number }
  | { kind: 'float'; value: number }
  | { kind: 'boolean'; value: boolean }
  | { kind: 'null'; value: null }
  | { kind: 'timestamp'; value: string };

const TRUE = /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/;
const FALSE = /^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/;
const NULL = /^(?:~|null|Null|NULL|)$/;
const BINARY = /^[-+]?0b[01_]+$/;
const OCTAL = /^[-+]?0[0-7_]+$/;
const DECIMAL = /^[-+]?(?:0|[1-9][0-9_]*)$/;
const HEXADECIMAL = /^[-+]?0x[0-9a-fA-F_]+$/;
const SEXAGESIMAL = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;
const FLOAT = /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?)$/;
const INFINITE = /^[-+]?\.(?:inf|Inf|INF)$/;
const NOT_A_NUMBER = /^\.(?:nan|NaN|NAN)$/;
const TIMESTAMP =
  /^\d{4}-\d\d-\d\d$|^\d{4}-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?$/;

/**
 * The meaning of a plain (unquoted) scalar under YAML 1.1 as PyYAML's safe loader resolves it, which is what bundles
 * are written for: `yes` is true but `y` is text, `010` is eight, `1:30` is ninety, `1e3` is text and `1.0e+3` is not.
 */
export function resolvePlainScalar(text: string): ScalarMeaning {
  if (NULL.test(text)) return { kind: 'null', value: null };
  if (TRUE.test(text)) return { kind: 'boolean', value: true };
  if (FALSE.test(text)) return { kind: 'boolean', value: false };
  if (TIMESTAMP.test(text)) return { kind: 'timestamp', value: text };
  if (INFINITE.test(text)) return { kind: 'float', value: text.startsWith('-') ? -Infinity : Infinity };
  if (NOT_A_NUMBER.test(text)) return { kind: 'float', value: Number.NaN };
  const [sign, digits] = splitSign(text.replaceAll('_', ''));
  if (BINARY.test(text)) return integer(sign, digits.slice(2), 2);
  if (HEXADECIMAL.test(text)) return integer(sign, digits.slice(2), 16);
  if (OCTAL.test(text)) return integer(sign, digits.slice(1), 8);
  if (DECIMAL.test(text)) return integer(sign, digits, 10);
  if (SEXAGESIMAL.test(text) && (text.includes('.') || /^[-+]?[1-9]/.test(text))) {
    const value = digits.split(':').reduce((total, part) => total * 60 + Number(part), 0);
    return { kind: text.includes('.') ? 'float' : 'integer', value: sign * value };
  }
  if (FLOAT.test(text)) return { kind: 'float', value: sign * Number(digits) };
  return { kind: 'string', value: text };
}

function splitSign(text: string): [sign: 1 | -1, digits: string] {
  if (text.startsWith('-')) return [-1, text.slice(1)];
  return [1, text.startsWith('+') ? text.slice(1) : text];
}

function integer(sign: number, digits: string, radix: number): ScalarMeaning {
  return { kind: 'integer', value: digits === '' ? 0 : sign * Number.parseInt(digits, radix) };
}
