#!/usr/bin/env node
// A second verifier of Sallyport's audit trail, for whoever would rather read 150 lines of code than trust us: none of it is the product's, and it
// needs nothing but Node 20. AUDITOR.md explains every hash. Exit 0 = intact, or purged with authority; 7 = not, naming the first bad line or record.
//   node auditor.js evidence.jsonl [ROOTKEY]           node auditor.js DATA/audit ROOTKEY [heads.jsonl, kept by others]
import { createDecipheriv, createHash, createPublicKey, verify } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

const sha = (...parts) =>
  createHash('sha256')
    .update(Buffer.concat(parts.map((part) => Buffer.from(part))))
    .digest('hex');
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
  for (let got = fs.readSync(handle, piece); got > 0; got = fs.readSync(handle, piece)) {
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
  if (size === 1) return from;
  const [k, beside, rest] = [half(size), proof.at(-1), proof.slice(0, -1)];
  return index < k ? node(climb(from, index, k, rest), beside) : node(beside, climb(from, index - k, size - k, rest));
}
// A growing tree is its complete subtrees, largest first; two of one size become one.
function push(peaks, hash, size = 1) {
  if (peaks.at(-1)?.size === size) push(peaks, node(peaks.pop().hash, hash), 2 * size);
  else peaks.push({ hash, size });
}
const rootOf = (peaks) => peaks.map(({ hash }) => hash).reduceRight((right, left) => node(left, right));

// Lines of an evidence file; or of a log its records, and the manifests of segments that are gone.
function* itemsOf(target, isLog) {
  if (!isLog) for (const bytes of linesOf(target)) yield [parse(bytes), bytes];
  const names = isLog ? fs.readdirSync(target).filter((name) => /^\d{16}-.*(\.jsonl|\.manifest\.json)$/.test(name)) : [];
  for (const stem of new Set(names.sort().map((name) => name.replace(/\..*/, '')))) {
    const file = path.join(target, stem);
    if (names.includes(`${stem}.jsonl`))
      for (const bytes of linesOf(`${file}.jsonl`)) yield [{ kind: 'line', line: parse(bytes) }];
    else yield [{ kind: 'gone', ...JSON.parse(fs.readFileSync(`${file}.manifest.json`, 'utf8')) }];
  }
}

/** Audits a file of evidence, or (with `heads`) the folder of a log. `at`: a line, counted from 1, or the number of a record. */
export function audit(target, rootKey, heads) {
  const [body, casts, peaks, gone, told] = [createHash('sha256'), {}, [], [], new Set()];
  let [at, seq, over, chain, epochs, about, cast, prev] = [heads ? 0 : 1, -1, false];

  // Epoch 0 has the root key, each key certifies the next, and the number of a record says in which epoch it was written.
  const begin = (of, key) => ([chain, epochs, prev] = [of, [{ key, from: 0 }], sha(`audit-genesis-v1\0${of}\0${key}`)]);
  const epochAt = (of) => epochs.findLastIndex(({ from }) => from <= of);
  const signed = (epoch, said, signature) => {
    const key = { kty: 'OKP', crv: 'Ed25519', x: bytesOf(epochs[epoch]?.key, 'base64url', 32).toString('base64url') };
    const right = verify(null, said.join('\0'), createPublicKey({ key, format: 'jwk' }), bytesOf(signature, 'base64url', 64));
    must(right, `it is not signed with the key of epoch ${epoch}`);
  };
  const certify = ({ epoch, publicKey, size, hash, signature }) => {
    must(epoch === epochs.length && size > epochs.at(-1).from, 'an epoch out of place');
    signed(epoch - 1, ['sallyport-epoch-v1', chain, epoch, publicKey, size, hash], signature);
    epochs.push({ key: publicKey, from: size });
  };
  const checkHead = ({ size, root, hash, epoch = 0, ts, signature, ...head }) => {
    must(head.chain === chain && epoch === epochAt(size - 1), 'a head of another log or epoch', 'anchor');
    signed(
      epoch,
      root ? ['sallyport-head-v2', chain, size, root, hash, epoch, ts] : ['sallyport-head-v1', chain, size, hash, ts],
      signature,
    );
  };
  const checkLine = ({ record, personal, ...more }) => {
    must(Object.keys(more).length === 0 && record.chain === chain, 'it is of another log');
    must(record.epoch === epochAt(record.seq), 'it was not written in its epoch');
    must(sha('audit-rec-v1\0', canonical(without(record, 'hash'))) === record.hash, 'it does not have its hash');
    const digest = personal ? sha(`${personal.salt}\0`, canonical(personal.data)) : record.personal;
    must(digest === record.personal, 'its personal part does not have its digest');
  };

  const check = (one) => {
    if (one.kind === 'evidence') {
      must(one.rootKey === (rootKey ?? one.rootKey), 'it is of a log with another root key');
      begin(one.chain, one.rootKey);
      one.certificates.forEach(certify);
      [one.head, ...one.anchors.map(({ head }) => head)].forEach(checkHead);
      must(one.epoch >= one.head.epoch, 'it is signed with a key of the past');
      signed(one.epoch, ['sallyport-evidence-v1', canonical(without(one, 'signature'))], one.signature);
      about = one;
    } else if (one.kind === 'record') {
      checkLine(one.line);
      const { type, data, hash, ...record } = one.line.record;
      must(record.seq > seq && !cast, 'it is out of place');
      must(climb(leaf(hash), record.seq, about.head.size, one.proof) === about.head.root, 'the signed head does not contain it');
      if (/^recording\.(started|closed)$/.test(type)) casts[data.recording] = { ...casts[data.recording], ...data };
      seq = record.seq;
    } else if (one.kind === 'recording') {
      must(!cast, 'it is out of place');
      cast = {
        ...casts[one.recording],
        key: bytesOf(one.key, 'base64url', 32),
        hash: sha(`cast-v1\0${one.recording}`),
        chunk: 0,
      };
      must(one.session === about.asked.session && sha(cast.key) === cast.keyDigest, 'its key is another');
    } else if (one.kind === 'chunk') {
      // Header of 79 bytes: length, number (4…7), flags, positions, times, salt (41…46), hash of the chunk before (47…78); frames, sealed; tag of 16.
      const chunk = bytesOf(one.chunk, 'base64');
      must(chunk.readUInt32BE(4) === cast.chunk && chunk.toString('hex', 47, 79) === cast.hash, 'it follows another chunk');
      const nonce = Buffer.concat([chunk.subarray(41, 47), Buffer.alloc(2), chunk.subarray(4, 8)]);
      const cipher = createDecipheriv('aes-256-gcm', cast.key, nonce)
        .setAAD(chunk.subarray(0, 79))
        .setAuthTag(chunk.subarray(-16));
      cipher.update(chunk.subarray(79, -16));
      cipher.final();
      [cast.hash, cast.chunk] = [sha(chunk), cast.chunk + 1];
    } else if (one.kind === 'end') {
      must(one.lines === at - 1 && one.sha256 === body.digest('hex'), 'lines before it are missing, or others');
      one.certificates.forEach(certify);
      signed(one.epoch, ['sallyport-evidence-end-v1', canonical(without(one, 'signature'))], one.signature);
      must((cast?.root ?? cast?.hash) === cast?.hash, 'the recording does not end where its record says');
      over = one.epoch >= about.epoch;
    } else if (one.kind === 'line') {
      const { record } = one.line;
      if (chain === undefined) begin(record.chain, rootKey);
      must(record.seq === at && record.prev === prev, 'it does not follow the record before it');
      must(
        record.type !== 'epoch.began' || (record.data.size === at && record.data.hash === prev),
        'an epoch that began elsewhere',
      );
      if (record.type === 'epoch.began') certify(record.data);
      if (record.type === 'segment.purged') told.add(record.data.manifest);
      checkLine(one.line);
      push(peaks, leaf(record.hash));
      prev = record.hash;
      for (const { hash, root } of heads.filter(({ size }) => size === at + 1))
        must(hash === prev && (root ?? rootOf(peaks)) === rootOf(peaks), 'a signed head names another record', 'anchor');
    } else {
      const { kind, ...manifest } = one;
      must(kind === 'gone', 'it is no line of ours');
      if (chain === undefined) begin(manifest.chain, rootKey);
      must(manifest.first === at && manifest.prev === prev, 'it does not go on with what was purged');
      manifest.epochs.forEach(certify);
      for (let rest = manifest.last + 1, i = 0; rest > 0; rest -= peaks[i].size, i += 1)
        peaks[i] = { hash: manifest.peaks[i], size: 2 ** Math.floor(Math.log2(rest)) };
      [prev, at] = [manifest.hash, manifest.last];
      gone.push(manifest);
    }
  };

  try {
    for (const [one, bytes] of itemsOf(target, heads !== undefined)) {
      must(!over && (heads !== undefined || (one.kind === 'evidence') === (at === 1)), 'it does not stand here');
      check(one);
      if (bytes && !over) body.update(bytes).update('\n');
      at += 1;
    }
    must(over || heads, 'the file ends before its last line', 'torn');
    const silent = gone.find((manifest) => !told.has(sha(canonical(manifest))));
    at = silent?.first ?? at;
    must(!silent, 'it is gone, and no record says who purged it');
    heads?.forEach(checkHead);
    must(
      (heads ?? []).every(({ size }) => size <= at),
      'the log ends before what a signed head names',
      'anchor',
    );
    return { verdict: gone.length > 0 ? 'purged' : 'intact' };
  } catch ({ verdict = 'altered', message }) {
    return { verdict: verdict === 'anchor' && !heads ? 'altered' : verdict, at, reason: message };
  }
}

if (process.argv[1] !== undefined && fs.realpathSync(process.argv[1]) === import.meta.filename) {
  const [target = '', rootKey, kept = ''] = process.argv.slice(2);
  const files = [path.join(target, '..', 'head.json'), kept].filter((file) => fs.existsSync(file));
  const heads = files.flatMap((file) => fs.readFileSync(file, 'utf8').trim().split('\n')).map((line) => JSON.parse(line));
  const { verdict, at, reason } = audit(target, rootKey, fs.statSync(target).isDirectory() ? heads : undefined);
  console.log(at === undefined ? verdict : `${verdict} at ${at}: ${reason}`);
  process.exitCode = at === undefined ? 0 : 7;
}
