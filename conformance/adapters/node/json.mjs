// JSON, read strictly and written as Python's standard library writes it.
//
// `JSON.parse` loses what a queue file must keep: integers beyond 2^53, the order of
// members whose names look like numbers, and whether a number was written as 1 or 1.0.
// So objects are Maps here, and a number keeps its text.

const ESCAPES = new Map([['"', '\\"'], ['\\', '\\\\'], ['\n', '\\n'], ['\r', '\\r'], ['\t', '\\t'], ['\f', '\\f'], ['\b', '\\b']]);
const UNESCAPES = { '"': '"', '\\': '\\', '/': '/', n: '\n', r: '\r', t: '\t', f: '\f', b: '\b' };
const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const BLANK = /[ \t\n\r]*/y;
const HEX = /[0-9a-fA-F]{4}/y;

/** A number as it stands in the text. */
export class JsonNumber {
  constructor(text, isInteger) {
    this.text = text;
    this.isInteger = isInteger;
  }

  /** The nearest float; infinite where the number is beyond every float. An integer has one zero. */
  get value() {
    return this.isInteger ? Number(this.text) + 0 : Number(this.text);
  }
}

/**
 * Reads JSON: objects as Maps, numbers as JsonNumbers, everything else as JavaScript's own.
 * Of a name that stands twice in one object, the last value counts, at the place of the first.
 *
 * @param {string} text
 * @param {number} deepest how many levels of arrays and objects there may be
 * @throws {SyntaxError} it is not RFC 8259
 */
export function parsed(text, deepest = 1000) {
  let at = 0;

  function fail(what) {
    throw new SyntaxError(`${what} at character ${at}`);
  }

  function matched(pattern) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match !== null) at = pattern.lastIndex;
    return match;
  }

  function skips(character) {
    matched(BLANK);
    if (text[at] !== character) return false;
    at += 1;
    return true;
  }

  function expects(character) {
    if (!skips(character)) fail(at < text.length ? `${character} expected` : 'it ends too early');
  }

  function word(letters, value) {
    if (!text.startsWith(letters, at)) fail('it is not JSON');
    at += letters.length;
    return value;
  }

  function string() {
    expects('"');
    let found = '';
    for (;;) {
      found += matched(PLAIN)[0];
      const character = text[at];
      if (character === '"') {
        at += 1;
        return found;
      }
      if (character !== '\\') fail(at < text.length ? 'a control character in a text' : 'it ends too early');
      at += 1;
      found += escape();
    }
  }

  function escape() {
    const letter = text[at];
    at += 1;
    if (letter === 'u') {
      const digits = matched(HEX);
      return digits === null ? fail('four hexadecimal digits expected') : String.fromCharCode(parseInt(digits[0], 16));
    }
    return Object.hasOwn(UNESCAPES, letter ?? '') ? UNESCAPES[letter] : fail('no such escape');
  }

  function array(depth) {
    const found = [];
    at += 1;
    if (skips(']')) return found;
    do found.push(value(depth)); while (skips(','));
    expects(']');
    return found;
  }

  function object(depth) {
    const found = new Map();
    at += 1;
    if (skips('}')) return found;
    do {
      const name = string();
      expects(':');
      found.set(name, value(depth));
    } while (skips(','));
    expects('}');
    return found;
  }

  function value(depth) {
    matched(BLANK);
    switch (text[at]) {
      case '{':
      case '[':
        if (depth === 0) fail('it is nested too deeply');
        return text[at] === '{' ? object(depth - 1) : array(depth - 1);
      case '"':
        return string();
      case 't':
        return word('true', true);
      case 'f':
        return word('false', false);
      case 'n':
        return word('null', null);
      default: {
        const match = matched(NUMBER);
        if (match === null) fail(at < text.length ? 'it is not JSON' : 'it ends too early');
        return new JsonNumber(match[0], match[1] === undefined && match[2] === undefined);
      }
    }
  }

  const found = value(deepest);
  matched(BLANK);
  if (at < text.length) fail('something follows its end');
  return found;
}

/** Writes a float as Python does: the shortest digits that read back the same, 1.0 and -0.0 and 1e-07. */
export function floatText(number) {
  const sign = number < 0 || Object.is(number, -0) ? '-' : '';
  const [mantissa, power] = Math.abs(number).toExponential().split('e');
  const digits = mantissa.replace('.', '');
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) {
    const size = String(Math.abs(exponent)).padStart(2, '0');
    return `${sign}${mantissa}e${exponent < 0 ? '-' : '+'}${size}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`;
}

/** Writes a text in ASCII, everything else as escapes. */
export function stringText(text) {
  const escaped = text.replace(
    /[^ !#-[\]-~]/g,
    (unit) => ESCAPES.get(unit) ?? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `"${escaped}"`;
}

/**
 * Writes a value with an indent of two spaces. Plain JavaScript numbers are floats.
 *
 * @param {*} value what `parsed` returns, or plain JavaScript values
 * @param {string} indent what stands before each line of it
 */
export function textOf(value, indent = '') {
  if (typeof value === 'string') return stringText(value);
  if (typeof value === 'number') return floatText(value);
  if (value instanceof JsonNumber) return numberText(value);
  if (value === null || typeof value !== 'object') return String(value);
  const deeper = `${indent}  `;
  if (Array.isArray(value)) return lines('[', value.map((part) => textOf(part, deeper)), ']', indent);
  const members = value instanceof Map ? [...value] : Object.entries(value);
  return lines('{', members.map(([name, part]) => `${stringText(name)}: ${textOf(part, deeper)}`), '}', indent);
}

function lines(open, parts, close, indent) {
  if (parts.length === 0) return open + close;
  return `${open}\n${parts.map((part) => `${indent}  ${part}`).join(',\n')}\n${indent}${close}`;
}

function numberText(number) {
  if (!number.isInteger) return floatText(number.value);
  return number.text === '-0' ? '0' : number.text; // Python's integers have one zero
}
