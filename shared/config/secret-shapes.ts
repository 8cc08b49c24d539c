/** Words in a field's name that say that its value is a secret. */
const SECRET_NAME = /(secret|token|passw|credential|api_?-?key|private_?-?key|access_?-?key|webhook|bearer)/i;

/** Shapes of keys and tokens that are well known. */
const KNOWN_SHAPES = [
  /\b(AKIA|ASIA)[A-Z0-9]{16}\b/,
  /\beyJ[\w-]{8,}\.[\w-]+\.?[\w-]*/,
  /\b(gh[pousr]_|github_pat_|xox[abprs]-|sk-|glpat-)[\w-]{10,}/,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /\b\d{8,10}:[\w-]{30,}/,
  /\bBearer\s+\S{8,}/i,
  /hooks\.slack\.com|discord(app)?\.com\/api\/webhooks/i,
  /:\/\/[^/\s:@]+:[^/\s@]+@/,
];

/** A word without a break that is too long and too mixed to be a name. */
const RANDOM_WORD = /[A-Za-z0-9+/_=-]{24,}/g;

/** The paths of values that look like a secret, or stand under a name that says so. Never the values. */
export function secretsIn(value: unknown, path: readonly string[] = []): readonly string[] {
  if (typeof value === 'string') return looksSecret(value) ? [path.join('.') || 'the whole'] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    const inside = secretsIn(inner, [...path, name]);
    const isNamedSo = SECRET_NAME.test(name) && inner !== null && inner !== '';
    return isNamedSo && inside.length === 0 ? [[...path, name].join('.')] : inside;
  });
}

function looksSecret(text: string): boolean {
  if (KNOWN_SHAPES.some((shape) => shape.test(text))) return true;
  return [...text.matchAll(RANDOM_WORD)].some(([word]) => isMixed(word));
}

/** Letters and digits by turns: a path or a name is mostly letters, a key changes between them every other sign. */
function isMixed(word: string): boolean {
  const digits = [...word].filter((sign) => /\d/.test(sign)).length;
  return digits >= 4 && digits <= word.length - 4 && /[A-Za-z]/.test(word);
}
