/**
 * Lists all servers of an account, and does nothing else: `node list.js ENDPOINT TOKEN [at-once]`. Reads page after page,
 * like most clients, or all pages after the first at once.
 */

const [endpoint = '', token = '', order] = process.argv.slice(2);

interface Page {
  readonly servers: readonly unknown[];
  readonly meta: { readonly pagination: { readonly next_page: number | null; readonly last_page: number } };
}

async function page(number: number): Promise<Page> {
  const answer = await fetch(`${endpoint}/servers?page=${number}&per_page=50`, {
    headers: { Authorization: `Bearer ${token}` },
  });
  if (!answer.ok) throw new Error(`page ${number}: ${answer.status}`);
  return (await answer.json()) as Page;
}

async function inTurn(): Promise<readonly Page[]> {
  const pages: Page[] = [];
  for (let next: number | null = 1; next !== null; next = pages.at(-1)?.meta.pagination.next_page ?? null)
    pages.push(await page(next));
  return pages;
}

async function atOnce(): Promise<readonly Page[]> {
  const first = await page(1);
  const others = Array.from({ length: first.meta.pagination.last_page - 1 }, (_, index) => index + 2);
  return [first, ...(await Promise.all(others.map(page)))];
}

const pages = order === 'at-once' ? await atOnce() : await inTurn();
process.stdout.write(`${pages.reduce((sum, { servers }) => sum + servers.length, 0)}\n`);
