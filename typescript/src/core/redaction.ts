/** Redact secret header values in what comes back: bodies, headers and errors may echo them, encoded in many ways. */

import { API_KEY_HEADER } from "./headers.js";

/**
 * Characters. A shorter secret may be an ordinary word, so it is redacted only where it stands alone. A longer one is
 * recognised by this many: a copy that was cut off behind them is redacted, too.
 */
const MIN_LENGTH = 8;
const SECRET_NAMES = /key|token|secret|auth|cookie|password/;
/** An upper bound: no encoding of one character is longer. */
const MAX_FORM_LENGTH = 24;
const ENTITIES: Readonly<Record<string, string>> = {
  "&": "amp",
  "<": "lt",
  ">": "gt",
  '"': "quot",
  "'": "apos",
  "+": "plus",
  "/": "sol",
  "=": "equals",
  ".": "period",
  _: "lowbar",
  "-": "hyphen",
};

export interface Redactor {
  /** The text without the secrets, whole or cut off. */
  redact(text: string): string;
  /** The first characters of a body. Redacts first and cuts afterwards, so that no secret is cut in half. */
  excerpt(body: string, characters: number): string;
}

/** A redactor that knows the secret headers: the API key, those whose name says so, and those that the caller named. */
export function redactorOf(headers: Readonly<Record<string, string>>, named: readonly string[]): Redactor {
  const secrets = new Set<string>();
  // also without its scheme, such as "Bearer"
  for (const [name, value] of Object.entries(headers))
    for (const form of [value, value.slice(value.lastIndexOf(" ") + 1)])
      if (
        form &&
        (name === API_KEY_HEADER ||
          named.includes(name) ||
          (form.length >= MIN_LENGTH && SECRET_NAMES.test(name)))
      )
        secrets.add(form);
  const sorted = [...secrets].sort((one, other) => other.length - one.length);
  const longest = (sorted[0]?.length ?? 0) * MAX_FORM_LENGTH;
  const redact = (text: string) => sorted.reduce((rest, secret) => withoutSecret(rest, secret), text);
  return {
    redact,
    excerpt(body, characters) {
      const raw = body.slice(0, 4 * (characters + longest));
      // Without NULs, text in UTF-16 and UTF-32 is plain, and so are the secrets in it.
      const text = redact(raw.replaceAll("\0", ""));
      // The end of what was cut may hold the beginning of a secret.
      return text.slice(0, raw === body ? characters : Math.min(characters, text.length - longest));
    },
  };
}

function withoutSecret(text: string, secret: string): string {
  const beginning = [...secret.slice(0, MIN_LENGTH)].map(formsOf).join("");
  const found = new RegExp(
    secret.length < MIN_LENGTH ? `(?<![0-9A-Za-z])${beginning}(?![0-9A-Za-z])` : beginning,
    "gi",
  );
  let kept = "";
  let place = 0;
  for (let match = found.exec(text); match; match = found.exec(text)) {
    kept += `${text.slice(place, match.index)}***`;
    place = found.lastIndex;
    for (const character of secret.slice(MIN_LENGTH)) {
      const next = new RegExp(formsOf(character), "iy");
      next.lastIndex = place;
      if (!next.test(text)) break;
      place = next.lastIndex;
    }
    found.lastIndex = place;
  }
  return kept + text.slice(place);
}

/** A pattern for the character as it is, and as JSON, HTML and URLs encode it, also several times over. */
function formsOf(character: string): string {
  const code = character.charCodeAt(0);
  const hex = code.toString(16);
  const forms = [
    `&(?:amp;)*#0*${code};?`,
    `&(?:amp;)*#x0*${hex};?`,
    `\\\\+u${hex.padStart(4, "0")}`,
    `\\\\+x${hex.padStart(2, "0")}`,
    `%(?:25)*${hex.padStart(2, "0")}`,
    `\\\\*${character.replace(/\W/, "\\$&")}`,
  ];
  // The longer ones first: of "&amp;" the "&" alone would do for "&".
  if (ENTITIES[character]) forms.unshift(`&(?:amp;)*${ENTITIES[character]};`);
  if (character === " ") forms.push("\\+");
  return `(?:${forms.join("|")})`;
}
