/** What an error says, whatever was thrown: never more than a page, and never another error. */

const LONGEST = 2000;

function plainText(error: unknown): string {
  try {
    // A message may be anything too: plugins throw what they like.
    const message: unknown = error instanceof Error ? error.message : error;
    return String(message);
  } catch {
    return 'an error without a readable message';
  }
}

/** At most 2,000 characters; an empty message is named. */
export function errorText(error: unknown): string {
  const text = plainText(error).toWellFormed();
  if (text.trim() === '') return 'an error without a message';
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST).toWellFormed()}… (${text.length} characters)`;
}
