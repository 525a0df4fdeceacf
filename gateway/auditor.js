// A second verifier of Sallyport's evidence, for whoever would rather read 150 lines than trust us: no code of the product, only Node 20.12 or newer.
// AUDITOR.md explains every hash. Exit 0 = intact; 7 = not, with the first bad line. For a whole log there is log-auditor.js, as independent.
//   node auditor.js evidence.jsonl [ROOTKEY]       Without ROOTKEY a file is only checked against the key it brings itself.
import { createDecipheriv, createHash, createPublicKey, hash, verify } from 'node:crypto';
import fs from 'node:fs';

const sha = (...parts) => hash('sha256', Buffer.concat(parts.map((part) => Buffer.from(part))), 'hex');
function must(fact, reason, verdict = 'altered') {
  if (!fact) throw Object.assign(new Error(reason), { verdict });
}
// Bytes of hex or base64. One text stands for them; another, even if it decodes alike, was changed.
function bytesOf(text, form, length) {
  const bytes = Buffer.from(String(text), form);
  must(bytes.toString(form) === text && bytes.length === (length ?? bytes.length), `these are no bytes in ${form}`);
  return bytes;
}
// RFC 8785 with whole numbers: members in the order of their names, no spaces.
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  must(typeof value !== 'number' || Number.isSafeInteger(value), 'a number that is not whole');
  must(typeof value !== 'string' || value.isWellFormed(), 'half a character');
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const member = (name) => `${canonical(name)}:${canonical(value[name])}`;
  return `{${Object.keys(value).sort().map(member).join(',')}}`;
}
const without = (value, name) => Object.fromEntries(Object.entries(value).filter(([one]) => one !== name));
function parse(bytes) {
  const value = JSON.parse(bytes.toString());
  must(Buffer.from(canonical(value)).equals(bytes) && !bytes.includes('"__proto__":'), 'its text is not canonical');
  return value;
}
function* linesOf(file) {
  let rest = Buffer.alloc(0);
  const [handle, piece] = [fs.openSync(file), Buffer.alloc(1 << 20)];
  // A line is shorter than 32 MiB.
  for (let got = fs.readSync(handle, piece); got > 0 && rest.length < 2 ** 25; got = fs.readSync(handle, piece)) {
    rest = Buffer.concat([rest, piece.subarray(0, got)]);
    for (let end = rest.indexOf(10); end >= 0; rest = rest.subarray(end + 1), end = rest.indexOf(10)) yield rest.subarray(0, end);
  }
  must(rest.length === 0, 'it has no end', 'torn');
}

// Merkle tree (RFC 9162): a leaf is SHA-256(00 ‖ hash of a record), a node SHA-256(01 ‖ left ‖ right), a left half a power of two.
const leaf = (recordHash) => sha([0], bytesOf(recordHash, 'hex', 32));
const node = (left, right) => sha([1], bytesOf(left, 'hex', 32), bytesOf(right, 'hex', 32));
const half = (n) => (n <= 2 ? 1 : 2 * half(Math.ceil(n / 2)));
// The root that a leaf and the nodes beside its way up give.
function climb(from, index, size, proof) {
  must(index < size && proof.length > 0 === size > 1, 'its proof is too short or too long');
  const [k, beside, rest] = [half(size), proof.at(-1), proof.slice(0, -1)];
  if (size === 1) return from;
  return index < k ? node(climb(from, index, k, rest), beside) : node(beside, climb(from, index - k, size - k, rest));
}
// The roots of the first m and of all n records, as a proof of consistency gives them; `old` is the first, which the proof may leave out.
function grow(m, n, proof, old) {
  if (m === n) return Array(2).fill(proof[0] ?? old);
  const [k, beside, rest] = [half(n), proof.at(-1), proof.slice(0, -1)];
  if (m > k) return grow(m - k, n - k, rest).map((root) => node(beside, root));
  const [before, after] = grow(m, k, rest, old);
  return [before, node(after, beside)];
}

/** Audits a file. Every line stands by itself; the first and the last are signed. `at`: the first bad line, counted from 1. */
export function audit(file, rootKey) {
  const [body, casts, epochs] = [createHash('sha256'), {}, []];
  let [at, seq, over, about, cast] = [1, -1, false];
  // Epoch 0 has the root key, each key certifies the next, and the number of a record says in which epoch it was written.
  const epochAt = (record) => epochs.findLastIndex(({ from }) => from <= record);
  function signed(epoch, said, signature) {
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: epochs[epoch]?.key }, format: 'jwk' });
    const right = verify(null, Buffer.from(said.join('\0')), key, bytesOf(signature, 'base64url', 64));
    must(right, `it is not signed with the key of epoch ${epoch}`);
  }
  function certify({ epoch, publicKey, size, hash, signature }) {
    must(epoch === epochs.length && size > epochs.at(-1).from, 'an epoch out of place');
    signed(epoch - 1, ['sallyport-epoch-v1', about.chain, epoch, publicKey, size, hash], signature);
    epochs.push({ key: publicKey, from: size });
  }
  function checkHead({ chain, size, root, hash, epoch, ts, signature }) {
    must(chain === about.chain && epoch === epochAt(size - 1), 'a head of another log or epoch');
    signed(epoch, ['sallyport-head-v2', chain, size, root, hash, epoch, ts], signature);
  }
  const check = {
    evidence(one) {
      must(one.rootKey === (rootKey ?? one.rootKey), 'it is of a log with another root key');
      about = one;
      epochs.push({ key: one.rootKey, from: 0 });
      one.certificates.forEach(certify);
      checkHead(one.head);
      for (const { size, root, proof } of one.anchors)
        must(`${grow(size, one.head.size, proof, root)}` === `${[root, one.head.root]}`, 'an anchor holds another log');
      must(one.epoch >= one.head.epoch, 'it is signed with a key of the past');
      signed(one.epoch, ['sallyport-evidence-v1', canonical(without(one, 'signature'))], one.signature);
    },
    record({ line: { record, personal, ...more }, proof }) {
      must(Object.keys(more).length === 0, 'it holds something that no line of a log has');
      must(record.chain === about.chain && record.seq > seq && !cast, 'it is out of place');
      must(record.epoch === epochAt(record.seq), 'it was not written in its epoch');
      must(sha('audit-rec-v1\0', canonical(without(record, 'hash'))) === record.hash, 'it does not have its hash');
      const digest = personal ? sha(`${personal.salt}\0`, canonical(personal.data)) : record.personal;
      must(digest === record.personal, 'its personal part, which may be erased but not changed, does not have its digest');
      must(climb(leaf(record.hash), record.seq, about.head.size, proof) === about.head.root, 'the head does not contain it');
      ({ seq } = record);
      const { type, data } = record;
      if (/^recording\.(started|closed)$/.test(type)) casts[data.recording] = { ...casts[data.recording], ...data };
    },
    recording({ recording, session, key }) {
      const known = !cast && session === about.asked.session && casts[recording];
      must(known?.keyDigest === sha(bytesOf(key, 'base64url', 32)), 'its key is not the one that was made for it');
      cast = { ...known, key: bytesOf(key, 'base64url'), hash: sha(`cast-v1\0${recording}`), chunk: 0 };
    },
    chunk({ chunk }) {
      // Header of 79 bytes: length, number (4…7), flags, positions, times, salt (41…46), hash of the chunk before (47…78); frames, sealed; tag of 16.
      const bytes = bytesOf(chunk, 'base64');
      must(bytes.readUInt32BE(4) === cast.chunk && bytes.toString('hex', 47, 79) === cast.hash, 'it follows another chunk');
      const nonce = Buffer.concat([bytes.subarray(41, 47), Buffer.alloc(2), bytes.subarray(4, 8)]);
      const seal = createDecipheriv('aes-256-gcm', cast.key, nonce).setAAD(bytes.subarray(0, 79)).setAuthTag(bytes.subarray(-16));
      seal.update(bytes.subarray(79, -16));
      seal.final();
      [cast.hash, cast.chunk] = [sha(bytes), cast.chunk + 1];
    },
    end(one) {
      must(one.lines === at - 1 && one.sha256 === body.copy().digest('hex'), 'lines before it are missing, or others');
      one.certificates.forEach(certify);
      must(one.epoch >= about.epoch, 'it is signed with a key of the past');
      signed(one.epoch, ['sallyport-evidence-end-v1', canonical(without(one, 'signature'))], one.signature);
      must((cast?.root ?? cast?.hash) === cast?.hash, 'the recording does not end where its record says');
      over = true;
    },
  };
  try {
    for (const bytes of linesOf(file)) {
      const one = parse(bytes);
      must(!over && (one.kind === 'evidence') === (at === 1) && Object.hasOwn(check, one.kind), 'it is no line that stands here');
      check[one.kind](one);
      body.update(bytes).update('\n');
      at += 1;
    }
    must(over, 'the file ends before its last line', 'torn');
    return { verdict: 'intact' };
  } catch ({ verdict = 'altered', message, syscall }) {
    return { verdict: syscall ? 'unreadable' : verdict, at, reason: message };
  }
}
if (process.argv[1] !== undefined && fs.realpathSync(process.argv[1]) === import.meta.filename) {
  const { verdict, at, reason } = audit(process.argv[2] ?? '', process.argv[3]);
  console.log(at ? `${verdict} at line ${at}: ${reason.replace(/[^ -~]/g, '?')}` : verdict);
  process.exitCode = at ? 7 : 0;
}
