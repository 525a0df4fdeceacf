// What an operator's program and the gateway say to each other, as JSON text over one WebSocket (`/operator`). Pty bytes are in frames.ts.
// Requests are imperative and dotted and carry a number; each is answered once, by number. Pushes carry none. Rules: SPEC.md.
import * as v from 'valibot';
import { grantRow, reachChange, requestRow } from './access-nouns.ts';
import { accessRequests } from './access-requests.ts';
import { problem } from './errors.ts';
import {
  bootId,
  deviceId,
  enrolmentId,
  groupId,
  inviteId,
  lockId,
  loginId,
  participantId,
  personId,
  recordingId,
  serverId,
  sessionId,
} from './ids.ts';
import {
  accessRule,
  auditRow,
  count,
  decisionTold,
  endingReason,
  groupName,
  groupRow,
  instant,
  inviteRow,
  joinableRole,
  labels,
  leavingCause,
  lockKind,
  lockRow,
  osUser,
  participantRow,
  personName,
  personRow,
  role,
  self,
  serverName,
  serverRow,
  sessionRow,
  terminalSize,
  text,
} from './nouns.ts';
import { serverSorts } from './server-order.ts';
import { trailStatus } from './trail-nouns.ts';
import { trailRequests } from './trail-requests.ts';
import { versionRange } from './version.ts';

/** base64url without padding. */
const base64url = (max: number) => v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]+$/), v.maxLength(max));
const requestNumber = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2 ** 31));
const channelNumber = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 31));
/** Exactly six ASCII digits are tried as a code; anything else is refused before compare, and counted (T12). So any short string may travel. */
const code = text(64);
/** A name or an id; resolved by the gateway among what the person may see. */
const reference = text(64);
/** Why somebody does something, in their words. */
const why = text(500);

/**
 * A line of a terminal: what stands in its cells, blanks at the end left out, and how it looks where it does not look plain: for each run of cells, from the
 * left, how much of the text (UTF-16) stands in how many cells, foreground, background and attributes as gateway/screen/style.ts has them. Never a control
 * character.
 */
export const historyLine = v.strictObject({
  text: v.pipe(v.string(), v.maxLength(40_000), v.regex(/^\P{Cc}*$/u)),
  looks: v.optional(v.pipe(v.array(count), v.maxLength(2_500))),
});
export type HistoryLine = v.InferOutput<typeof historyLine>;

/** What the driver's terminal is, measured at attach; answers to queries are made from it, by the gateway, once. */
export const terminalProfile = v.strictObject({
  term: text(64),
  truecolor: v.boolean(),
  colours: v.optional(v.strictObject({ foreground: text(32), background: text(32), cursor: v.optional(text(32)) })),
  version: v.optional(text(128)),
  cellWidth: v.optional(count),
  cellHeight: v.optional(count),
});
export type TerminalProfile = v.InferOutput<typeof terminalProfile>;

/** First message of the operator. The gateway answers `welcome` or `refused`, then closes. */
export const operatorHello = v.strictObject({
  type: v.literal('hello'),
  protocol: versionRange,
  program: text(64),
  version: text(32),
});

export const operatorGreeting = v.variant('type', [
  v.strictObject({
    type: v.literal('welcome'),
    protocol: count,
    version: text(32),
    /** The gateway's public key, base64url of 32 bytes: a client that knows another refuses to go on. */
    gateway: base64url(64),
    name: text(64),
    boot: bootId,
    /** Random per connection; the device key signs it (T6). */
    nonce: base64url(64),
    at: instant,
  }),
  v.strictObject({ type: v.literal('refused'), problem }),
]);
export type OperatorGreeting = v.InferOutput<typeof operatorGreeting>;

/** What somebody looks at of a list: places `from` … `from + count - 1` of what `filter` keeps, in the order of `sort`. `count` 0: nothing of it. */
export const listWindow = v.strictObject({
  /** Counts up with each one asked for; the answer carries it. */
  number: requestNumber,
  filter: text(256),
  sort: v.picklist(serverSorts),
  from: count,
  count: v.pipe(count, v.maxValue(512)),
  /** The row to have in it, this many places below its beginning, wherever it stands now; `from` holds when it is not among them. */
  near: v.optional(v.strictObject({ id: serverId, above: count })),
  /** What this subscription has told is still held: only what differs from it follows. */
  held: v.optional(v.boolean()),
});
export type ListWindow = v.InferOutput<typeof listWindow>;

/** A request: what it takes, what its answer holds. Every request stands here and in the action table of gateway/policy; nowhere else. */
export const requests = {
  // Before sign-in
  'login.start': {
    takes: v.strictObject({
      /** Ed25519 public key of this device, made at first login. */ deviceKey: base64url(64),
      machine: text(128),
    }),
    gives: v.strictObject({
      handle: base64url(64),
      userCode: text(64),
      address: text(2048),
      addressWithCode: v.optional(text(2048)),
      expiresAt: instant,
      /** The peer address the gateway sees (T21). */
      peer: text(64),
    }),
  },
  /** Answers when the provider has: the token is shown this once. `proof` = device signature of `loginStatement`. */
  'login.finish': {
    takes: v.strictObject({ handle: base64url(64), proof: base64url(128) }),
    gives: v.strictObject({ token: text(128), self }),
  },
  'login.cancel': { takes: v.strictObject({ handle: base64url(64) }), gives: v.strictObject({}) },
  /** Brings a connection to a login. `proof` = device signature of `operatorStatement`. */
  'login.resume': { takes: v.strictObject({ token: text(128), proof: base64url(128) }), gives: v.strictObject({ self }) },

  // About oneself
  'self.show': { takes: v.strictObject({}), gives: v.strictObject({ self }) },
  'login.end': { takes: v.strictObject({ all: v.optional(v.boolean()) }), gives: v.strictObject({ ended: count }) },
  /** Begins enrolment of an authenticator. The secret is shown this once (T16). */
  'factor.enroll': { takes: v.strictObject({}), gives: v.strictObject({ secret: text(128), uri: text(512) }) },
  /** Ends it with one valid code; recovery codes are shown this once (T17). */
  'factor.confirm': { takes: v.strictObject({ code }), gives: v.strictObject({ recoveryCodes: v.array(text(32)) }) },
  /** Step-up: proves the factor for one action on one target (T18). Also takes a recovery code. */
  'factor.prove': {
    takes: v.strictObject({ code, action: text(64), target: v.optional(reference) }),
    /** `recoveryCodes`: how many are left, after one was used (T17). */
    gives: v.strictObject({ until: instant, recoveryCodes: v.optional(count) }),
  },
  'factor.codes': { takes: v.strictObject({}), gives: v.strictObject({ recoveryCodes: v.array(text(32)) }) },

  // Lists; `subscribe` pushes differences from then on
  'server.list': { takes: v.strictObject({}), gives: v.strictObject({ servers: v.array(serverRow) }) },
  'session.list': {
    takes: v.strictObject({ ended: v.optional(v.boolean()) }),
    gives: v.strictObject({ sessions: v.array(sessionRow) }),
  },
  'session.show': { takes: v.strictObject({ session: reference }), gives: v.strictObject({ session: sessionRow }) },
  'person.list': { takes: v.strictObject({}), gives: v.strictObject({ people: v.array(personRow) }) },
  'group.list': { takes: v.strictObject({}), gives: v.strictObject({ groups: v.array(groupRow) }) },
  /**
   * A page of the audit log, oldest first: those after `after`, or the last `limit`. `query`: see gateway/audit/QUERIES.md. Every row that fits from `looked.from`
   * to `looked.to` is in the page; the next one is `before: looked.from`, or `after: looked.to`. `partly`: the time of a turn was over before the page was full.
   */
  'audit.page': {
    takes: v.strictObject({
      after: v.optional(count),
      before: v.optional(count),
      query: v.optional(text(512)),
      limit: v.optional(count),
    }),
    gives: v.strictObject({
      events: v.array(auditRow),
      head: count,
      looked: v.optional(v.strictObject({ from: count, to: count })),
      partly: v.optional(v.literal(true)),
    }),
  },
  'audit.head': {
    takes: v.strictObject({}),
    gives: v.strictObject({ seq: count, hash: text(64), at: instant, sealedSeq: count }),
  },
  subscribe: {
    takes: v.strictObject({
      topic: v.picklist(['servers', 'sessions', 'audit', 'access', 'trail']),
      /** audit: the last seq already held; rows after it follow without a gap (M8). */
      after: v.optional(count),
      query: v.optional(text(512)),
      /** servers: what one looks at, so that a long list need not come whole (O10). sessions: only whether one does (`count`). */
      window: v.optional(listWindow),
    }),
    gives: v.strictObject({}),
  },
  unsubscribe: {
    takes: v.strictObject({ topic: v.picklist(['servers', 'sessions', 'audit', 'access', 'trail']) }),
    gives: v.strictObject({}),
  },

  // Sessions
  'session.open': {
    takes: v.strictObject({ server: reference, user: v.optional(osUser), size: terminalSize, profile: terminalProfile }),
    gives: v.strictObject({ session: sessionRow, channel: channelNumber, participant: participantId, credit: count }),
  },
  /** Comes (back) to a session one drives. `have` = output position on one's screen, when that screen is still right; `resume` = go on as that participant. */
  'session.attach': {
    takes: v.strictObject({
      session: reference,
      size: terminalSize,
      profile: terminalProfile,
      have: v.optional(count),
      resume: v.optional(participantId),
      /** Takes the keyboard from whoever has it, in a session that is not one's own (its own permission). */
      takeOver: v.optional(v.boolean()),
    }),
    gives: v.strictObject({
      session: sessionRow,
      channel: channelNumber,
      participant: participantId,
      credit: count,
      /** Input of this participant already handed to the pty: unacknowledged input goes on from here. */
      inputOffset: count,
    }),
  },
  /** Watches as an inert observer (law 6), painted. `framesPerSecond` bounds the pace (the wall asks for few). */
  'session.watch': {
    takes: v.strictObject({ session: reference, size: terminalSize, framesPerSecond: v.optional(count) }),
    gives: v.strictObject({ session: sessionRow, channel: channelNumber, participant: participantId, credit: count }),
  },
  /**
   * Comes into somebody's session in a role: peer (sees, may be handed the keyboard), observer, moderator. `session` is a reference, or the code
   * of an invitation; without a role, that of the invitation, else observer. Painted, as a watch is.
   */
  'session.join': {
    takes: v.strictObject({
      session: reference,
      role: v.optional(joinableRole),
      size: terminalSize,
      framesPerSecond: v.optional(count),
    }),
    gives: v.strictObject({
      session: sessionRow,
      channel: channelNumber,
      participant: participantId,
      credit: count,
      role: joinableRole,
      /** Whoever has to prove to be there (E3): how often, ms. */
      presenceMs: v.optional(count),
    }),
  },
  /** A peer asks the driver for the keyboard. */
  'session.ask': { takes: v.strictObject({ channel: channelNumber }), gives: v.strictObject({}) },
  /** The driver hands it over: to that participant, or to who asked last. They come by `session.attach`. */
  'session.give': {
    takes: v.strictObject({ channel: channelNumber, to: v.optional(participantId) }),
    gives: v.strictObject({ to: text(64) }),
  },
  /** A moderator is there: a key was pressed (E3). */
  'session.present': { takes: v.strictObject({ channel: channelNumber }), gives: v.strictObject({ until: instant }) },
  /** Sends a guest away, from every seat they have in the session (S27). Who drives is not a guest: that takes a take-over, or an end. */
  'session.put-out': { takes: v.strictObject({ session: reference, person: reference, why }), gives: v.strictObject({}) },
  /** Stops or frees the keys of a session; output goes on. */
  'session.freeze': {
    takes: v.strictObject({ session: reference, freeze: v.boolean(), why }),
    gives: v.strictObject({}),
  },
  /** A line to everybody in the session, above their screen. */
  'session.message': { takes: v.strictObject({ session: reference, text: text(500) }), gives: v.strictObject({}) },
  /** Puts off an end by time, as far as the workspace allows (M14). */
  'session.extend': { takes: v.strictObject({ session: reference, why }), gives: v.strictObject({ until: instant }) },
  /** Marks this place of the recording. */
  'session.mark': {
    takes: v.strictObject({ session: reference, label: text(200) }),
    gives: v.strictObject({ position: count }),
  },
  /** Invites one person (S61). The code is shown this once, and only that person can use it, signed in. */
  'session.share': {
    takes: v.strictObject({
      session: reference,
      person: reference,
      role: joinableRole,
      minutes: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1440)),
    }),
    gives: v.strictObject({ invite: inviteRow, code: text(16) }),
  },
  /** Takes an invitation back, and puts out whoever came by it. */
  'session.unshare': { takes: v.strictObject({ invite: inviteId }), gives: v.strictObject({}) },
  /** Size of one's terminal on a channel: resizes the pty for the driver, only the picture for a guest. Also pans, and sets the pace anew. */
  'session.resize': {
    takes: v.strictObject({
      channel: channelNumber,
      size: terminalSize,
      panX: v.optional(count),
      panY: v.optional(count),
      framesPerSecond: v.optional(count),
    }),
    gives: v.strictObject({}),
  },
  'session.detach': { takes: v.strictObject({ channel: channelNumber }), gives: v.strictObject({}) },
  'session.kill': { takes: v.strictObject({ session: reference, why }), gives: v.strictObject({}) },
  /** Consent of the driver to a clipboard write (OSC 52), once a session. */
  'session.clipboard': { takes: v.strictObject({ channel: channelNumber, allow: v.boolean() }), gives: v.strictObject({}) },
  /**
   * The driver's answer to the notice `advised`. `held` = a line was held: it goes on, or it is dropped with everything sent after it, and input
   * is numbered anew from `offset`, where the line's end stood. Errors: not-driver, session-ended.
   */
  'session.advised': {
    takes: v.strictObject({ channel: channelNumber, answer: v.picklist(['go', 'drop']) }),
    gives: v.strictObject({ held: v.boolean(), offset: count }),
  },
  /**
   * A key that is to overtake one's own paste, asked before it is numbered. `taken`: it went first; one's input stands at `offset`, everything sent
   * beyond is forgotten and its numbers come again; `unread` = bytes before `offset` that the program was given and never read. Otherwise the terminal
   * turns it into no signal now, nothing was done, and it goes in its place.
   */
  'session.interrupt': {
    takes: v.strictObject({ channel: channelNumber, key: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0x1f)) }),
    gives: v.strictObject({ taken: v.boolean(), offset: count, unread: count }),
  },
  /** How much of one's input has come to the gateway: what the line has carried, whatever the program does. */
  'session.arrived': { takes: v.strictObject({ channel: channelNumber }), gives: v.strictObject({ arrived: count }) },

  /**
   * Lines of a live session's history, by number from its first byte: `count` of them from `from` on, or the last. With `find`, those from the first line
   * with that text at or after `from` (`back`: from the last before it); none is found when `found` is absent, up to `searched` or, backwards, down to it:
   * where more is left, it is asked for from there. A new search on the same connection calls off the one under way.
   */
  'session.history': {
    takes: v.strictObject({
      session: reference,
      from: v.optional(count),
      count: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(200)),
      find: v.optional(v.strictObject({ text: v.pipe(text(200), v.minLength(1)), back: v.optional(v.boolean()) })),
    }),
    gives: v.strictObject({
      /** Lines there are; those from `settled` on stand on the screen and may change. */
      total: count,
      settled: count,
      from: count,
      lines: v.array(historyLine),
      found: v.optional(count),
      searched: v.optional(count),
    }),
  },

  // Recordings
  'recording.list': {
    takes: v.strictObject({}),
    gives: v.strictObject({
      recordings: v.array(
        v.strictObject({
          id: recordingId,
          session: sessionId,
          serverName: text(64),
          personName: text(64),
          startedAt: instant,
          endedAt: v.optional(instant),
          bytes: count,
          state: v.picklist(['live', 'closed', 'interrupted']),
        }),
      ),
    }),
  },
  /** A recording as a file, in pieces: `at` is where to go on; `next` absent = that was all. */
  'recording.export': {
    takes: v.strictObject({ recording: reference, format: v.picklist(['v2', 'v3', 'txt', 'raw']), at: v.optional(count) }),
    gives: v.strictObject({ piece: v.string(), encoding: v.picklist(['utf8', 'base64']), next: v.optional(count) }),
  },

  // Administration
  'server.add': {
    takes: v.strictObject({
      name: serverName,
      labels,
      minutes: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(15))),
    }),
    gives: v.strictObject({ enrolment: enrolmentId, token: text(256), expiresAt: instant, command: text(1024) }),
  },
  'server.set': { takes: v.strictObject({ server: reference, labels: v.optional(labels) }), gives: v.strictObject({}) },
  'server.remove': { takes: v.strictObject({ server: reference, why }), gives: v.strictObject({}) },
  'lock.list': { takes: v.strictObject({}), gives: v.strictObject({ locks: v.array(lockRow) }) },
  /**
   * Shuts a door at once (S55): live sessions end as `locked` with this reason, and nothing new begins. Gives how many ended. `preview`: sets nothing, and
   * gives the lock as it would be, and which sessions it would end, at most 50 of them (E5).
   */
  'lock.add': {
    takes: v.strictObject({
      kind: lockKind,
      target: reference,
      why,
      minutes: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(525_600))),
      preview: v.optional(v.boolean()),
    }),
    gives: v.strictObject({
      lock: lockRow,
      sessions: count,
      affected: v.optional(v.array(v.strictObject({ session: sessionId, personName: text(64), serverName: text(64) }))),
    }),
  },
  'lock.remove': { takes: v.strictObject({ lock: lockId, why }), gives: v.strictObject({}) },
  'person.add': {
    takes: v.strictObject({
      name: personName,
      claim: v.strictObject({ kind: v.picklist(['email', 'sub']), value: text(254) }),
      role,
      /** Days until the invitation is over, unless they have signed in. */
      days: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(365))),
    }),
    gives: v.strictObject({ person: personId }),
  },
  'person.set': {
    takes: v.strictObject({
      person: reference,
      role: v.optional(role),
      status: v.optional(v.picklist(['active', 'suspended'])),
      why,
    }),
    gives: v.strictObject({}),
  },
  'person.remove': { takes: v.strictObject({ person: reference, why }), gives: v.strictObject({}) },
  'group.add': { takes: v.strictObject({ name: groupName }), gives: v.strictObject({ group: groupId }) },
  /**
   * `members` = all of them; `join` and `leave` = who comes and goes, whoever else is in it when its turn comes. `preview`: changes nothing, and gives what
   * would change (S37).
   */
  'group.set': {
    takes: v.strictObject({
      group: reference,
      members: v.optional(v.array(reference)),
      join: v.optional(v.array(reference)),
      leave: v.optional(v.array(reference)),
      access: v.optional(v.pipe(v.array(accessRule), v.maxLength(64))),
      preview: v.optional(v.boolean()),
    }),
    gives: v.strictObject({ preview: v.optional(reachChange) }),
  },
  'group.remove': { takes: v.strictObject({ group: reference, why }), gives: v.strictObject({}) },
  /** The decision a person would get, with every signal it rests on (S9). Without `person`, one's own. */
  'policy.explain': {
    takes: v.strictObject({ person: v.optional(reference), action: text(64), target: v.optional(reference) }),
    gives: v.strictObject({
      decision: decisionTold,
      signals: v.record(v.string(), v.unknown()),
      policyText: v.array(text(4096)),
      /** The conditions that were not met, in words, with the policy each stands in. */
      conditions: v.array(v.strictObject({ policy: text(128), words: text(512) })),
      /** Commands that would change the answer, the nearest first. */
      fixes: v.array(text(512)),
    }),
  },

  ...accessRequests,
  ...trailRequests,
} as const;

export type RequestType = keyof typeof requests;
export type Takes<T extends RequestType> = v.InferOutput<(typeof requests)[T]['takes']>;
export type Gives<T extends RequestType> = v.InferOutput<(typeof requests)[T]['gives']>;
export const requestTypes: readonly RequestType[] = Object.keys(requests).filter((key): key is RequestType =>
  Object.hasOwn(requests, key),
);

/** operator → gateway: the envelope; `body` is checked against the table by its type. */
export const requestEnvelope = v.strictObject({
  id: requestNumber,
  type: v.picklist(requestTypes),
  body: v.optional(v.unknown(), {}),
});
/** gateway → operator, unasked. */
export const push = v.variant('type', [
  /** The first after a subscription has `whole: true` and holds all. */
  v.strictObject({ type: v.literal('servers.changed'), whole: v.boolean(), rows: v.array(serverRow), gone: v.array(serverId) }),
  /** The window asked for, of a list too long to come whole (O10): the answer to `number`, and what changed in it since. */
  v.strictObject({
    type: v.literal('servers.window'),
    number: requestNumber,
    /** Nothing told before holds any more. */
    anew: v.boolean(),
    /** How many one may see; how many of them the filter keeps; the place of the first one in the window. */
    total: count,
    match: count,
    from: count,
    /** Who stands in it, in order; absent = as told last. */
    order: v.optional(v.array(serverId)),
    /** Rows that differ from what was told of them. */
    rows: v.array(serverRow),
    gone: v.array(serverId),
  }),
  v.strictObject({
    type: v.literal('sessions.changed'),
    whole: v.boolean(),
    rows: v.array(sessionRow),
    gone: v.array(sessionId),
  }),
  /** `from` = seq after which these rows follow; every event the query fits between `from` and `head` is here (a gap is a bug). */
  v.strictObject({ type: v.literal('trail.changed'), status: trailStatus }),
  v.strictObject({ type: v.literal('audit.appended'), from: count, head: count, rows: v.array(auditRow) }),
  /** The sign-in one waits for: `slowed` when the provider asked to poll slower. */
  v.strictObject({
    type: v.literal('login.progress'),
    handle: base64url(64),
    state: v.picklist(['waiting', 'slowed', 'confirmed']),
  }),
  /** The end of a channel: the session ended, or this participant left it. */
  v.strictObject({
    type: v.literal('session.closed'),
    channel: channelNumber,
    session: sessionId,
    ended: v.optional(
      v.strictObject({
        reason: endingReason,
        exitCode: v.optional(v.number()),
        signal: v.optional(text(16)),
        by: v.optional(text(64)),
        why: v.optional(why),
      }),
    ),
    left: v.optional(leavingCause),
    /** Output position of the last byte. */
    end: count,
  }),
  /** A line over the session that takes no input (B1): warnings, who watches, freezes. */
  v.strictObject({
    type: v.literal('session.notice'),
    channel: channelNumber,
    notice: v.picklist([
      'watched',
      'unwatched',
      'frozen',
      'resumed',
      'agent-away',
      'agent-back',
      'ending-soon',
      'clipboard',
      'message',
      'asked', // a peer asks for the keyboard
      'handed', // the keyboard is yours: come by `session.attach`
      'presence', // prove to be there
      'pending', // who is missing before it begins
      'advised', // policies advise against the line that stands there: answer with `session.advised` (S43)
      'break-glass', // it was opened, or is driven, by somebody who broke the glass (S53)
    ]),
    text: text(500),
  }),
  /** Who is in the session now, in the order they came: sent to everybody in it whenever that changes (T28: live viewers are visible). */
  v.strictObject({
    type: v.literal('session.company'),
    channel: channelNumber,
    participants: v.pipe(v.array(participantRow), v.maxLength(256)),
    /** Peers who ask for the keyboard, oldest first. */
    asking: v.array(participantId),
    moderation: v.optional(v.strictObject({ needs: count, present: count, eligible: v.array(text(64)) })),
  }),
  /** Somebody is wanted: to moderate a session that waits, or because they were invited. To every connection of that person. */
  v.strictObject({
    type: v.literal('session.called'),
    session: sessionId,
    serverName: text(64),
    by: text(64),
    role: joinableRole,
    why: v.picklist(['moderation', 'invitation']),
  }),
  /** The driver's size changed; an observer may letterbox. */
  v.strictObject({ type: v.literal('session.resized'), channel: channelNumber, size: terminalSize }),
  /** Requests and grants one may see, as differences: those one made or holds, and those one may review. */
  v.strictObject({
    type: v.literal('access.changed'),
    whole: v.boolean(),
    requests: v.array(requestRow),
    grants: v.array(grantRow),
    gone: v.array(text(64)),
  }),
  /** Something about access that a person should hear of at once: a toast on every connection of theirs. */
  v.strictObject({
    type: v.literal('access.called'),
    what: v.picklist([
      'asked', // somebody asks, and you may review it
      'approved',
      'denied',
      'expired',
      'ending-soon', // a grant of yours
      'ended',
      'signed-in', // a new device, or a new address (T23)
      'break-glass', // somebody came in past the provider, or wants to
      'review', // a campaign, or a break-glass, waits for your answer
      'alert', // a rule about events fits, and you may read the log (S78)
    ]),
    about: v.optional(text(64)),
    text: text(500),
  }),
  /** This login is over; the connection closes. */
  v.strictObject({ type: v.literal('login.ended'), problem }),
  v.strictObject({ type: v.literal('self.changed'), self }),
]);
export type Push = v.InferOutput<typeof push>;

/** What the device key signs to bring a connection to a login: bound to gateway, connection and token (T6: no fixation). */
export const operatorStatement = (gateway: string, nonce: string, tokenDigestHex: string): string =>
  ['sallyport-operator-v1', gateway, nonce, tokenDigestHex].join('\0');
/** What the device key signs to redeem a sign-in: only the device that began it can (T22). */
export const loginStatement = (gateway: string, nonce: string, handle: string): string =>
  ['sallyport-login-v1', gateway, nonce, handle].join('\0');

/** The JSON of a credentials file (`--token-file`): written by login, 0600. `device.key` = PKCS#8 Ed25519 private key, base64url. */
export const credentialsFile = v.strictObject({
  version: v.literal(1),
  gateway: v.strictObject({ url: text(2048), key: base64url(64), name: text(64), ca: v.optional(text(65_536)) }),
  device: v.strictObject({ id: v.optional(deviceId), key: base64url(256) }),
  token: v.optional(text(128)),
  person: v.optional(text(64)),
  login: v.optional(loginId),
});
export type CredentialsFile = v.InferOutput<typeof credentialsFile>;
