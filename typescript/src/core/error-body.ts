/** Find the message in the body of an error response, be it of the service or of a proxy before it. */

/**
 * The message in a JSON error body; "" where there is none. Understands `message` (a text or a list of them), `error`
 * (the same, or an object with a `message`), and `errors` (a list of such objects).
 */
export function messageIn(body: unknown): string {
  if (typeof body === "string" || typeof body === "number") return String(body);
  if (Array.isArray(body)) return body.map(messageIn).filter(Boolean).join("; ");
  if (typeof body !== "object" || body === null) return "";
  const fields = body as { message?: unknown; error?: unknown; errors?: unknown };
  return messageIn(fields.message) || messageIn(fields.error) || messageIn(fields.errors);
}

const HTML = /^\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype html|html|head|body|title|meta)\b/is;

/** The title of an HTML page in one line; "" where it has none; undefined where the text is not HTML. */
export function htmlTitle(text: string, contentType: string): string | undefined {
  const isHtml = /^\s*(text\/html|application\/xhtml\+xml)\s*(;|$)/i.test(contentType) && /^\s*</.test(text);
  if (!isHtml && !HTML.test(text)) return undefined;
  const title = /<title[^>]*>(.*?)<\/title/is.exec(text)?.[1] ?? "";
  return title.replace(/\s+/g, " ").trim();
}
