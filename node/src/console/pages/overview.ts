import { runsThatFit } from '../../run/disk-room.ts';
import { type Content, html } from '../html.ts';
import type { DatasetView, Overview, PolicyView } from '../view.ts';
import { bytes, digest, fromNow, moment } from '../words.ts';

export interface OverviewParts {
  readonly overview: Overview;
  readonly policy: PolicyView;
  readonly datasets: readonly DatasetView[];
  readonly waiting: number;
  readonly overdue: number;
}

const ACTIVITY: Readonly<Record<Overview['activity'], string>> = {
  working: 'This node takes new runs.',
  paused: 'This node is paused: it takes no new runs. Runs that had begun go on.',
  draining: 'This node finishes the runs at work, then stops. It takes no new runs.',
};

export function overviewPage({ overview, policy, datasets, waiting, overdue }: OverviewParts): Content {
  const { activity, isConnected, disk } = overview;
  const isDiskLow = disk.freeBytes < disk.minFreeBytes;
  const changed = datasets.filter(({ lastCheck }) => lastCheck?.problem);
  return html`
    ${waiting > 0 && html`<p class="${overdue > 0 ? 'alert' : 'notice'}"><a href="/reviews">${waiting === 1 ? 'One question waits' : `${waiting} questions wait`} for a person</a>${overdue > 0 && html`, ${overdue} of them for longer than planned`}.</p>`}
    <section class="card ${activity}">
      <h2>${activity === 'working' ? 'Working' : activity === 'paused' ? 'Paused' : 'Stopping'}</h2>
      <p>${ACTIVITY[activity]}</p>
      ${controls(activity)}
    </section>
    <dl class="tiles">
      ${tile('Hub', isConnected ? 'Connected' : 'Not connected', isConnected ? 'good' : 'bad', html`${overview.hub}, <span class="muted">${overview.hubUrl}</span>${!isConnected && html`<br>Runs at work go on; results are kept and sent when the hub can be reached.`}`)}
      ${tile('Policy', policy.policy ? 'In force' : 'No policy', policy.policy ? 'good' : 'bad', policy.policy ? html`<a href="/policy">${digest(policy.digest)}</a>` : html`Every run is refused until <a href="/policy">the file can be read</a>.`)}
      ${tile('Runs', `${overview.occupied} of ${overview.slots}`, '', html`<a href="/runs">at work now</a>${overview.unreported > 0 && html`; ${overview.unreported} more ${overview.unreported === 1 ? 'waits' : 'wait'} for somebody here, or for the hub to acknowledge what came of it`}`)}
      ${tile('Datasets', String(datasets.length), changed.length > 0 ? 'bad' : '', changed.length > 0 ? html`<a href="/datasets">${changed.length} changed since they were registered</a>` : html`<a href="/datasets">registered</a>`)}
      ${tile('Disk', bytes(disk.freeBytes), isDiskLow ? 'bad' : '', html`free of ${bytes(disk.totalBytes)}${isDiskLow ? html`; below ${bytes(disk.minFreeBytes)} runs are stopped: make room` : roomFor(overview, policy)}`)}
      ${tile('Certificate', `ends ${fromNow(overview.certificateEndsAt)}`, '', html`${moment(overview.certificateEndsAt)}; the node renews it by itself`)}
    </dl>
    <p class="muted">Site ${overview.site}. Software ${overview.softwareVersion}, engine ${overview.engine}.</p>`;
}

/** Where the disk is too small for all that the policy permits to be written at once. */
function roomFor({ disk, slots }: Overview, { policy }: PolicyView): Content {
  if (policy === null) return null;
  const runs = runsThatFit(disk.roomBytes, policy.resources.disk);
  if (runs >= slots) return null;
  return html`; for runs that may write ${bytes(policy.resources.disk)} in each of two steps, as the policy permits, there is room for ${runs} at a time. The others wait`;
}

function controls(activity: Overview['activity']): Content {
  if (activity === 'draining') return null;
  const pausing =
    activity === 'paused'
      ? html`<form method="post" action="/resume"><button>Take runs again</button></form>`
      : html`<form method="post" action="/pause"><button>Pause</button></form>`;
  return html`<div class="actions">${pausing}
    <details class="confirm"><summary>Stop the node…</summary>
      <p>The node finishes the runs at work and then ends. Nothing is lost; somebody has to start it again, as described in the README.</p>
      <form method="post" action="/drain"><button class="danger">Finish what runs, then stop</button></form>
    </details></div>`;
}

function tile(name: string, value: string, mood: '' | 'good' | 'bad', detail: Content): Content {
  return html`<div class="tile ${mood}"><dt>${name}</dt><dd><b>${value}</b><span>${detail}</span></dd></div>`;
}
