/** The text of an error, for any thrown value: limited in length, and never throws. */

const LONGEST = 2000;

function plainText(error: unknown): string {
  try {
    // A plugin can throw any value, with a message of any type.
    const message: unknown = error instanceof Error ? error.message : error;
    return String(message);
  } catch {
    return 'an error without a readable message';
  }
}

/** Returns at most 2,000 characters; a placeholder for an empty message. */
export function errorText(error: unknown): string {
  const text = plainText(error).toWellFormed();
  if (text.trim() === '') return 'an error without a message';
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST).toWellFormed()}… (${text.length} characters)`;
}
