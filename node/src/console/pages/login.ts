import { type Content, html } from '../html.ts';

export function loginPage(problem: string | null): Content {
  return html`<main class="narrow" id="content">
    <h1>Weir node console</h1>
    ${problem !== null && html`<p class="alert" role="alert">${problem}</p>`}
    <form method="post" action="/login" class="card">
      <label for="token">Your token</label>
      <input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
      <button>Sign in</button>
    </form>
    <p class="muted">Stewards: the node prints an address when it starts, and <code>weir-node console address</code> prints a new one. It works once.
      Reviewers: the steward gives you a token of your own.</p></main>`;
}

/** A page on the way in: from here the browser goes on by itself, and takes its cookie along whatever had led here. */
export function enteredPage(): string {
  return html`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Weir node</title><meta http-equiv="refresh" content="0;url=/"><link rel="icon" href="data:,"></head>
<body><p><a href="/">Open the console</a></p></body></html>`.markup;
}

export function problemPage(title: string, message: string): Content {
  return html`<main class="narrow" id="content"><h1>${title}</h1><p>${message}</p><p><a href="/">To the console</a></p></main>`;
}
