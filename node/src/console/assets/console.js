// Brings a page up to date without a reload, as long as nobody is in the middle of something on it. Everything works without this.
const INTERVAL_MS = 3000;

const isBusy = (main) =>
  document.hidden ||
  main.querySelector('details[open]') !== null ||
  (main.contains(document.activeElement) &&
    document.activeElement.matches('input, textarea, select, button, summary'));

async function refresh() {
  const main = document.querySelector('main[data-live]');
  if (!main || isBusy(main)) return;
  const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const next = fresh.querySelector('main[data-live]');
  // What was just done stays said until somebody moves on.
  const notice = main.querySelector('.notice[role="status"]');
  if (!next || isBusy(main)) return;
  if (notice && !next.querySelector('.notice[role="status"]'))
    next.prepend(document.adoptNode(notice.cloneNode(true)));
  if (next.innerHTML === main.innerHTML) return;
  main.replaceChildren(...next.childNodes);
  const navigation = fresh.querySelector('nav');
  if (navigation) document.querySelector('nav')?.replaceChildren(...navigation.childNodes);
}

setInterval(() => refresh().catch(() => {}), INTERVAL_MS);
