// What a command of the plain face is, and the table of all of them. A file is loaded when its command is run: start-up counts (D12).
import type { Result } from '../../gateway/protocol/errors.ts';
import type { Face } from './face.ts';

/** Runs with what stood behind the noun; gives the exit code. */
export type Run = (face: Face, args: readonly string[]) => Promise<Result<number>>;

export type Command = {
  readonly summary: string;
  /** One line a form, without the program's name. */
  readonly usage: readonly string[];
  /** Lines below the usage. */
  readonly more?: readonly string[];
  readonly load: () => Promise<Run>;
};

export const commands: Readonly<Record<string, Command>> = {
  login: {
    summary: 'sign in through the identity provider',
    usage: ['login [URL] [--no-qr]'],
    more: [
      'Shows an address and a code, and waits until they are confirmed in a browser. With --json: the code, then who you are.',
    ],
    load: async () => (await import('./login.ts')).login,
  },
  logout: {
    summary: 'end this sign-in, or all of yours',
    usage: ['logout [--all]'],
    load: async () => (await import('./login.ts')).logout,
  },
  whoami: {
    summary: 'who you are, and what your second factor has opened',
    usage: ['whoami'],
    load: async () => (await import('./login.ts')).whoami,
  },
  ls: {
    summary: 'servers you may see',
    usage: ['ls [SELECTOR]'],
    more: ['SELECTOR: a name, a pattern with *, labels key=value, joined by commas: web-*,env=prod'],
    load: async () => (await import('./servers.ts')).listServers,
  },
  attach: {
    summary: 'a shell on a server, or back to a session',
    usage: ['attach SERVER [--user U]', 'attach [SERVER] --last', 'attach --session SESSION [--take-over]'],
    more: [
      '--last goes back to the session of yours that you left last. --take-over takes the keyboard of somebody else’s.',
      'On a terminal: ~. at the start of a line detaches (the session goes on), ~? shows the other keys.',
      '--predict adaptive|always|never (or SALLYPORT_PREDICT): on a slow line, what you type is shown before the server echoes it.',
      'Without a terminal on stdin: what comes there is typed, output goes to stdout, 80×24 cells, until the session ends.',
      'Ends with the exit code of the shell, or 128 + its signal.',
    ],
    load: async () => (await import('./attach.ts')).attach,
  },
  join: {
    summary: 'come into somebody’s session',
    usage: ['join SESSION [--role peer|observer|moderator]', 'join CODE'],
    more: [
      'CODE is that of an invitation to you; it names the role. Without either you observe.',
      'SESSION: an id, or the server or the person where that is clear. Everybody in it sees that you are.',
    ],
    load: async () => (await import('./attach.ts')).join,
  },
  watch: {
    summary: 'watch a session without touching it',
    usage: ['watch SESSION'],
    load: async () => (await import('./attach.ts')).watch,
  },
  wall: {
    summary: 'live sessions, up to nine, side by side',
    usage: ['wall'],
    load: async () => (await import('./attach.ts')).wall,
  },
  sessions: {
    summary: 'live and ended sessions',
    usage: [
      'sessions ls [--user NAME] [--all]',
      'sessions show SESSION',
      'sessions summary SESSION',
      'sessions kill SESSION --why WORDS',
      'sessions freeze SESSION --why WORDS',
      'sessions unfreeze SESSION',
      'sessions message SESSION WORDS',
      'sessions history SESSION [--from N] [--lines N] [--find TEXT]',
      'sessions extend SESSION --why WORDS',
      'sessions mark SESSION WORDS',
      'sessions share SESSION PERSON [--role peer|observer|moderator] [--ttl 1h]',
      'sessions put-out SESSION PERSON --why WORDS',
      'sessions unshare INVITE',
      'sessions take SESSION',
    ],
    more: [
      'SESSION: an id, the first 8 characters of one, or the server or the person where that is clear. --all: ended ones too.',
      'summary: who, where, how long, who else was in it, and what was done to it, from its audit records. Commands and files are not in it: no lines typed',
      'are recorded as such; its recording shows them. It takes the right to read the log.',
    ],
    load: async () => (await import('./sessions.ts')).sessions,
  },
  recordings: {
    summary: 'recordings of sessions',
    usage: ['recordings ls', 'recordings export ID [--format v2|v3|txt|raw] [-o FILE]'],
    load: async () => (await import('./recordings.ts')).recordings,
  },
  play: {
    summary: 'a recording from a file, without account or gateway',
    usage: ['play FILE [--key ROOTKEY]'],
    more: [
      'FILE: evidence (audit export), which is verified first, or an asciicast (recordings export). Not on a terminal: what could be read, as text.',
      'space pauses, ←/→ 10 s, 0–9 tenths, s/S faster and slower, i with idle times, q leaves.',
    ],
    load: async () => (await import('./play.ts')).play,
  },
  audit: {
    summary: 'what happened, and the proof that it was not changed',
    usage: [
      'audit tail [QUERY] [-f] [--after N] [--limit N] [--cursor-file F]',
      'audit search [QUERY] [--action TYPE] [--at WHEN] [--before N] [--limit N|--all]',
      'audit head',
      'audit witness ls [--heads]',
      'audit witness forget [CHAIN]',
      'audit verify FILE|FOLDER [--key ROOTKEY] [--head FILE]...',
      'audit export (--session S | --query Q) [--out FILE]',
      'audit events [TYPE]',
      'audit anchors',
      'audit sinks [ls]',
      'audit sinks test SINK',
      'audit alerts',
      'audit holds ls',
      'audit holds place NAME (--query Q | --everything) --why WORDS',
      'audit holds release NAME --why WORDS',
      'audit prune [--recordings] [--days N] (--look | --why WORDS)',
    ],
    more: [
      'prune: the oldest segments go, each behind a tombstone; what a hold fits stays. --look only says which.',
      'verify reads a copy of the log here, without the gateway. --key: what init printed. --head: heads that an anchor or a witness kept.',
      'Ends with 7 when a record is not what was sealed.',
      'export: evidence, one file that anybody verifies and plays without us (AUDITOR.md). It may hold the key of a recording: keep it as a secret.',
      'witness: what this machine remembers of the log. login, head and tail end with 7 when the gateway shows another one; nothing is opened then.',
    ],
    load: async () => (await import('./audit.ts')).audit,
  },
  evidence: {
    summary: 'what an auditor asks for, as a folder',
    usage: ['evidence soc2 --period Q3|2026-07-01..2026-09-30 --out FOLDER'],
    more: [
      'For each control the rows that answer it (JSON lines and CSV), the query that made them, and evidence of all records of the period. index.md says which.',
    ],
    load: async () => (await import('./soc2.ts')).evidence,
  },
  totp: {
    summary: 'your second factor',
    usage: ['totp enroll [--no-qr]', 'totp codes', 'totp batch SELECTOR --for 1h --why WORDS', 'totp reset PERSON --why WORDS'],
    more: [
      'codes makes new recovery codes; the old ones stop working. batch: one code for shells on the servers chosen, for up to 8h.',
      'reset takes a lost authenticator from somebody: two people ask for it, within 15 minutes. Ends with 4 until the second has.',
    ],
    load: async () => (await import('./totp.ts')).totp,
  },
  logins: {
    summary: 'sign-ins, and taking one away',
    usage: ['logins ls [--user NAME]', 'logins revoke LOGIN --why WORDS'],
    load: async () => (await import('./devices.ts')).logins,
  },
  devices: {
    summary: 'devices, and forgetting one',
    usage: ['devices ls [--user NAME]', 'devices revoke DEVICE --why WORDS'],
    more: ['revoke ends its sign-ins; it is new when it comes again.'],
    load: async () => (await import('./devices.ts')).devices,
  },
  breakglass: {
    summary: 'in an emergency: past the identity provider',
    usage: [
      'breakglass --reason WORDS [--as NAME] [--sealed-stdin]',
      'breakglass ls',
      'breakglass approve ID --why WORDS',
      'breakglass review ID --finding WORDS',
      'breakglass seal',
    ],
    more: [
      'Takes a code of your authenticator, and a sealed code or a superuser who approves. Lasts an hour, is loud, and must be reviewed by somebody else.',
      '--sealed-stdin: the sealed code is the next line of stdin (after the code, with --totp-stdin). seal makes new ones; the old ones are dead.',
    ],
    load: async () => (await import('./breakglass.ts')).breakglass,
  },
  policy: {
    summary: 'why something is allowed or not, and the policies that say so',
    usage: [
      'policy explain [PERSON] ACTION [TARGET]',
      'policy ls',
      'policy show ID',
      'policy check FILE',
      'policy diff FILE',
      'policy test FILE [--with POLICIES]',
      'policy mfa',
      'policy apply FILE --why WORDS',
      'policy rollback VERSION --why WORDS',
      'policy try FILE',
      'policy try --end',
    ],
    more: [
      'FILE: the policies that are added to the built-in ones, in Cedar; one a paragraph, each with an @id. Version 0: only the built-in ones.',
      'test: FILE holds expectations, one JSON object a line: {"person":"uma","action":"shell.open","target":"web-1","expect":"ask"}.',
      'check and test end with 7 when something is wrong. try decides beside the policies in force, and counts what would differ.',
    ],
    load: async () => (await import('./policy.ts')).policy,
  },
  users: {
    summary: 'people of this workspace',
    usage: [
      'users ls',
      'users add NAME (--email E | --sub S) [--role user|staff|superuser] [--expires 7d]',
      'users set NAME [--role R] [--status active|suspended] --why WORDS',
      'users rm NAME --why WORDS',
      'users erase NAME --why WORDS',
    ],
    more: [
      'erase: whoever was removed is taken out of the log and the state for good. What they did stays, and the log can still be verified.',
    ],
    load: async () => (await import('./users.ts')).users,
  },
  allowlist: {
    summary: 'where connections may come from',
    usage: [
      'allowlist ls',
      'allowlist add RANGE [--deny] [--servers SELECTOR] [--note WORDS] [--force]',
      'allowlist rm RULE --why WORDS [--force]',
    ],
    more: [
      'RANGE: 203.0.113.0/24, 2001:db8::/32, or one address. Once one is allowed, all others are outside; the longest prefix wins.',
      'Rules for servers decide there instead of those of the workspace. --force: also when you would be outside yourself.',
    ],
    load: async () => (await import('./allowlist.ts')).allowlist,
  },
  settings: {
    summary: 'what is set for everybody, and its history',
    usage: [
      'settings show',
      'settings set SETTING VALUE --why WORDS',
      'settings history',
      'settings rollback VERSION --why WORDS',
    ],
    load: async () => (await import('./settings.ts')).settings,
  },
  workspace: {
    summary: 'the end of this workspace, by two superusers',
    usage: ['workspace delete NAME --why WORDS'],
    more: ['NAME typed out, by two superusers within 15 minutes, each with a fresh factor. The log remains and can be verified.'],
    load: async () => (await import('./settings.ts')).workspace,
  },
  groups: {
    summary: 'who may do what on which servers',
    usage: [
      'groups ls',
      'groups add NAME',
      'groups set NAME [--members A,B] [--access RULE]… [--no-access] [--dry-run] [--yes]',
      'groups members NAME [--add A,B] [--rm C] [--dry-run] [--yes]',
      'groups rm NAME --why WORDS [--dry-run] [--yes]',
    ],
    more: [
      'On a terminal, what a change gives and takes is shown and asked about first; --yes does not ask, --dry-run only shows.',
      'RULE: SELECTOR:LEVEL[:USER,USER], such as web-*,env=prod:terminal:deploy,{name}. The rules given replace those before.',
    ],
    load: async () => (await import('./groups.ts')).groups,
  },
  servers: {
    summary: 'servers of this workspace',
    usage: [
      'servers ls [SELECTOR]',
      'servers add NAME [--label K=V]… [--minutes N]',
      'servers set NAME [--label K=V]…',
      'servers rm NAME --why WORDS',
    ],
    more: ['add shows the command that enrols the server, once. The labels given to set replace those before.'],
    load: async () => (await import('./servers.ts')).servers,
  },
  locks: {
    summary: 'doors that are shut at once, and why',
    usage: ['locks ls', 'locks add KIND NAME --why WORDS [--ttl 2h] [--dry-run]', 'locks rm LOCK --why WORDS'],
    more: [
      'KIND: user, role, group, login, device, server, or servers with a SELECTOR. Live sessions end with the reason, and nothing new begins.',
    ],
    load: async () => (await import('./locks.ts')).locks,
  },
  lock: {
    summary: 'shut somebody or something out, now',
    usage: ['lock KIND NAME --why WORDS [--ttl 2h] [--dry-run]'],
    more: [
      'KIND: user, role, group, login, device, server, or servers with a SELECTOR. Without --ttl: until it is taken off.',
      'WORDS are what whoever is locked reads. --dry-run: which live sessions it would end, and nothing else.',
    ],
    load: async () => (await import('./locks.ts')).lock,
  },
  freeze: {
    summary: 'shut every server that is chosen, now and later',
    usage: ['freeze SELECTOR --why WORDS [--ttl 2h] [--dry-run]'],
    more: ['SELECTOR: web-*,env=production. The same as lock servers SELECTOR; over with unlock servers SELECTOR.'],
    load: async () => (await import('./locks.ts')).freeze,
  },
  unlock: {
    summary: 'take the locks off somebody or something',
    usage: ['unlock KIND NAME --why WORDS'],
    load: async () => (await import('./locks.ts')).unlock,
  },
  security: {
    summary: 'how well the doors hold: who was refused, who waits, what is locked or open',
    usage: ['security status'],
    more: ['Of the last 24 hours; devices of the last week. Reading it stands in the audit log.'],
    load: async () => (await import('./security.ts')).security,
  },
  review: {
    summary: 'what was denied, what nobody uses, and who should keep what',
    usage: [
      'review denied [--since 30d] [--draft N]',
      'review unused [--days 90]',
      'review start NAME --days D --why WORDS [--group G]',
      'review ls',
      'review show REVIEW',
      'review keep ITEM… --why WORDS',
      'review revoke ITEM… --why WORDS',
    ],
    more: [
      'denied groups what was refused; --draft N prints the policies added so far and the rule that would open group N: what policy apply takes.',
      'A review asks for keep or revoke of every membership and grant. What nobody answers by its end is revoked.',
    ],
    load: async () => (await import('./review.ts')).review,
  },
  request: {
    summary: 'ask for access, for a while and for a reason',
    usage: ['request SELECTOR --level L --for T --why WORDS [--user U]… [--window W] [--wait [--timeout T]]'],
    more: [
      'L: read-only, terminal or full. T: 30m, 2h, 7d. Without --user: the OS user the agent runs as.',
      'W: hours that come again, such as "mon-fri 22:00-06:00 Europe/Berlin"; --for is then how long they do.',
      'Ends with 4 while it waits; with --wait: 0 approved, 3 denied, 8 out of time.',
    ],
    load: async () => (await import('./requests.ts')).request,
  },
  requests: {
    summary: 'who asks for access, and answering them',
    usage: [
      'requests ls [--all]',
      'requests show ID',
      'requests approve ID [--level L] [--for T] [--servers SELECTOR] [--user U]… [--why WORDS]',
      'requests deny ID --why WORDS',
      'requests withdraw ID',
    ],
    more: [
      'ID: of a request, or the first 8 characters of one. approve prints all that is approved, then asks for a code bound to it.',
      'With flags an approver gives less than was asked, never more.',
    ],
    load: async () => (await import('./requests.ts')).requests,
  },
  grants: {
    summary: 'what was given for a while, and until when',
    usage: ['grants ls [--all]', 'grants revoke GRANT --why WORDS', 'grants extend GRANT --why WORDS'],
    more: ['extend: at once where policy lets (0), else by asking the reviewers (4).'],
    load: async () => (await import('./grants.ts')).grants,
  },
  doctor: {
    summary: 'what stands between you and the gateway, hop by hop',
    usage: ['doctor'],
    load: async () => (await import('./doctor.ts')).doctor,
  },
};
