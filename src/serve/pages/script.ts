/**
 * The script of the pages: when the daemon says that something changed, the page is read again, and its content replaced.
 * A page with an edited or focused field keeps its content, and offers a link. Without the script, every page works.
 */

export const SCRIPT = `'use strict';
const main = () => document.querySelector('main');
let reading = false;
let again = false;

function isInUse() {
  const fields = [...main().querySelectorAll('input:not([type=hidden]), select')];
  return fields.some((field) => field === document.activeElement || (field.matches('.act input') && field.value !== ''));
}

function offer() {
  if (document.querySelector('.newer')) return;
  const link = document.createElement('a');
  link.href = location.href;
  link.textContent = 'Show what is new';
  const note = document.createElement('p');
  note.className = 'note newer';
  note.setAttribute('role', 'status');
  note.append('Something changed. ', link);
  main().prepend(note);
}

async function read() {
  if (isInUse()) return offer();
  again = reading;
  if (reading) return;
  reading = true;
  try {
    const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const fresh = page.querySelector('main');
    if (answer.ok && fresh && !isInUse()) main().replaceWith(document.adoptNode(fresh));
  } catch {
    // The next message tries again.
  } finally {
    reading = false;
    if (again) void read();
  }
}

let { stream, head } = document.body.dataset;
if (stream)
  new EventSource(stream).addEventListener('head', ({ lastEventId }) => {
    if (head !== lastEventId) void read();
    head = lastEventId;
  });
`;
