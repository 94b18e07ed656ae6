import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server';
import type { AppRouter } from '@weir/hub/router';

/** The hub's words, taken from its router: nothing here is written twice. */
type Output = inferRouterOutputs<AppRouter>;
type Input = inferRouterInputs<AppRouter>;

export type Me = NonNullable<Output['accounts']['me']>;
export type Token = Output['accounts']['tokens']['list'][number];

export type Institution = Output['institutions']['offered'][number];
export type LinkedIdentity = Output['institutions']['identities'][number];
export type HomeHub = Output['identity']['homes'][number];
export type Agreement = Output['identity']['agreements']['list'][number];
export type HubToAgreeWith = Output['identity']['agreements']['hubs'][number];
/** Of this hub and of its peers. */
export type CatalogueCard = Output['catalogue']['list']['items'][number];
export type CatalogueFacets = Output['catalogue']['list']['facets'];
export type Origin = NonNullable<CatalogueCard['origin']>;
export type PeerCompetition = Output['catalogue']['get'];
export type ShownPeerCompetition = Output['participation']['competition'];
export type MyParticipation = Output['participation']['mine'];
export type PeerSubmission = Output['participation']['submissions']['get'];
export type Audience = Output['catalogue']['audience'];

export type CompetitionCard = Output['competitions']['list']['items'][number];
export type CompetitionFilter = Input['competitions']['list'];
export type CompetitionState = CompetitionCard['state'];
export type Competition = Output['competitions']['get'];
export type Phase = Competition['phases'][number];
export type Task = Phase['tasks'][number];
export type Question = NonNullable<Competition['factSheet']>[number];
export type ParticipantStatus = NonNullable<CompetitionCard['myStatus']>;
export type Participant = Output['competitions']['participants']['list']['items'][number];
export type Creation = Output['creations']['get'];
export type Dump = Output['dumps']['list'][number];
export type Problem = Creation['problems'][number];

export type ResourceType = Input['resources']['startUpload']['type'];
export type Resource = Output['resources']['list']['items'][number];
export type EditablePhase = Output['competitions']['phases']['list'][number];
export type TaskCard = Output['tasks']['list']['items'][number];
export type TaskDetails = Output['tasks']['get'];

export type Submission = Output['submissions']['mine']['items'][number];
export type SubmissionDetails = Output['submissions']['get'];
export type SubmissionStatus = Submission['status'];
export type NewSubmission = Input['submissions']['create'];
export type Run = Submission['runs'][number];
export type SitesView = NonNullable<Submission['sites']>;
export type RunState = Run['state'];
export type Explanation = NonNullable<Submission['explanation']>;
export type ManyRequest = Input['submissions']['many'];
export type ManyDone = Output['submissions']['many'];
export type Rerun = Output['submissions']['rerunChosen'];
export type Batch = Output['submissions']['batches'][number];
export type ChangeOfCompetition = Output['submissions']['changes']['items'][number];
export type LimitChange = Output['submissions']['limitChanges']['items'][number];
export type Limits = Output['submissions']['limitsOf'];
export type OwnLimits = Limits['own'];
export type Allowance = Output['submissions']['allowance'];
export type RehearsalOffer = NonNullable<Allowance['rehearsal']>;
export type RunLogs = Output['submissions']['logs'];
export type LogStreamName = RunLogs['streams'][number]['stream'];

export type RunReceipt = Output['receipts']['ofSubmission'][number];
export type HubKey = Output['receipts']['keys'][number];

export type Leaderboard = Output['leaderboards']['get'];
export type LeaderboardRow = Leaderboard['rows'][number];
export type EditableBoard = Output['leaderboards']['settings']['list'][number];
export type EditedBoard = Input['leaderboards']['settings']['save']['board'];
export type Column = Leaderboard['columns'][number];

export type SitesStatus = Output['sites']['status'];
export type Site = SitesStatus['sites'][number];
export type SiteNode = Site['nodes'][number];

export type StewardedSite = Output['sites']['get'];
export type StewardedNode = StewardedSite['nodes'][number];
export type StewardedRun = StewardedSite['runs'][number];
export type StewardedDataset = StewardedSite['datasets'][number];
export type Steward = StewardedSite['stewards'][number];

export type FederationOverview = Output['peers']['overview'];
export type Peer = FederationOverview['peers'][number];
export type EvaluationGrants = Output['evaluation']['grants'];
export type PeerInvitation = FederationOverview['invitations'][number];
export type PeerDecision = Input['peers']['decide']['decision'];
export type IntroducedHub = Output['peers']['examine'];
