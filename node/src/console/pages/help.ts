import { type Content, html } from '../html.ts';

export function helpPage(): Content {
  return html`
    <h2>What this is</h2>
    <p>This node evaluates submissions next to your data. The data stays here. A hub sends runs; your policy decides which of them are done, and what may leave.</p>
    <h2>What leaves this site</h2>
    <ul>
      <li><b>Releases</b>: scores, and where the policy says so a log or a report. Each is checked, rounded, counted in bits, and recorded in the ledger before it leaves.</li>
      <li><b>Codes</b>: why a run failed or was refused, out of a fixed list. No free text.</li>
      <li><b>What you registered</b>: names and versions of datasets, their digests, and the counts that you chose to publish.</li>
      <li><b>How the node is</b>: whether it works, is paused or stops, its versions, and how many runs wait for a person.</li>
    </ul>
    <p>Nothing else leaves, and nobody outside can open this console.</p>
    <h2>How to…</h2>
    <dl class="help">
      <dt>review a release</dt><dd>Open <a href="/reviews">Reviews</a> and choose a question. You see the very bytes that would leave; anything that could hide is marked. Let exactly this leave, redact a copy, or refuse with a reason.</dd>
      <dt>blank something in a log</dt><dd>Choose “Redact a copy…” below the log, edit, look at the copy, put it in the original’s place, and then decide. Scores cannot be edited: refuse instead.</dd>
      <dt>stop taking runs for a while</dt><dd>“Pause” on the <a href="/">Overview</a>. It stays paused over restarts until somebody lets it go on. Participants read that the site is paused.</dd>
      <dt>stop the node</dt><dd>“Stop the node…” on the <a href="/">Overview</a> lets the runs at work finish first.</dd>
      <dt>find out why a run was refused</dt><dd>The <a href="/runs">Runs</a> page names the rule; <a href="/policy">Policy</a> tries the run again against the policy of now.</dd>
      <dt>show what has left</dt><dd>The <a href="/ledger">Ledger</a>, filtered by “release”. “Verify now” proves that nobody has changed it; “Download a copy” gives it to an auditor.</dd>
      <dt>let a colleague review</dt><dd>On the node’s machine: <code>weir-node console person add NAME --organization ORGANIZATION --home DIR</code> prints a token for them.</dd>
      <dt>get in again</dt><dd>On the node’s machine: <code>weir-node console address --home DIR</code> prints an address that works once.</dd>
      <dt>register data</dt><dd>On the node’s machine: <code>weir-node dataset add NAME --version V --input DIR --reference DIR --home DIR</code>. The running node notices; the policy has to name the data before they are used.</dd>
      <dt>change the policy</dt><dd>Edit the file that <a href="/policy">Policy</a> names, on the node’s machine. Its last line stays <code>...</code>, so that half of it, just being saved, counts for nothing. Or keep a draft elsewhere: <code>weir-node policy check --policy DRAFT</code>, then <code>weir-node policy apply DRAFT --home DIR</code>.</dd>
      <dt>replace the key that signs receipts and the ledger</dt><dd>Stop the node, then <code>weir-node keys rotate --home DIR</code>, and start it again. The ledger and the hub are told; what the former key signed stays good.</dd>
    </dl>
    <h2>Words</h2>
    <dl class="help">
      <dt>run</dt><dd>one submission, evaluated for one task at one site</dd>
      <dt>release</dt><dd>anything that leaves this site for a run</dd>
      <dt>bits</dt><dd>the most that a release can tell about the data. One bit answers one yes-or-no question.</dd>
      <dt>rehearsal</dt><dd>a run on the synthetic data that you registered beside the real one</dd>
      <dt>digest</dt><dd>a fingerprint: the same bytes always have the same, other bytes another</dd>
    </dl>`;
}
