#!/usr/bin/env node
// A second verifier of Sallyport's whole audit log, for whoever would rather read 150 lines than trust us: no code of the product, only Node 20.12
// or newer. AUDITOR.md explains every hash. Exit 0 = intact, or purged with authority; 7 = not, with the first bad record. Manifests are looked at where
// their segment is gone; as long as it is there, its records speak for themselves.
//   node log-auditor.js DATA/audit ROOTKEY [heads.jsonl]       heads: one a line, as an anchor or a witness kept them; DATA/head.json is looked at too
import { createPublicKey, hash, verify } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

const sha = (...parts) => hash('sha256', Buffer.concat(parts.map((part) => Buffer.from(part))), 'hex');
function must(fact, reason, verdict = 'altered') {
  if (!fact) throw Object.assign(new Error(reason), { verdict });
}
// Bytes of hex or base64. One text stands for them; another, even if it decodes alike, was changed.
function bytesOf(text, form, length) {
  const bytes = Buffer.from(String(text), form);
  must(bytes.toString(form) === text && bytes.length === length, `these are no ${length} bytes in ${form}`);
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
// What stands after the last newline was never acknowledged, if it is the end of the log: torn.
function* linesOf(file, isLast) {
  let rest = Buffer.alloc(0);
  const [handle, piece] = [fs.openSync(file), Buffer.alloc(1 << 20)];
  for (let got = fs.readSync(handle, piece); got > 0 && rest.length < 2 ** 25; got = fs.readSync(handle, piece)) {
    rest = Buffer.concat([rest, piece.subarray(0, got)]);
    for (let end = rest.indexOf(10); end >= 0; rest = rest.subarray(end + 1), end = rest.indexOf(10)) yield rest.subarray(0, end);
  }
  must(rest.length === 0, 'it has no end', isLast ? 'torn' : 'altered');
}

// Merkle tree (RFC 9162): a leaf is SHA-256(00 ‖ hash of a record), a node SHA-256(01 ‖ left ‖ right). A growing tree is its complete subtrees,
// largest first; two of one size become one.
const node = (left, right) => sha([1], bytesOf(left, 'hex', 32), bytesOf(right, 'hex', 32));
const rootOf = (peaks) => peaks.map(({ hash }) => hash).reduceRight((right, left) => node(left, right));
function push(peaks, hash, size = 1) {
  if (peaks.at(-1)?.size === size) push(peaks, node(peaks.pop().hash, hash), 2 * size);
  else peaks.push({ hash, size });
}

/** Audits the folder of a log. `heads`: signed ones, from wherever they were kept. `at`: the number of the first bad record. */
export function auditLog(folder, rootKey, heads) {
  const [epochs, gone, told] = [[{ key: rootKey, from: 0 }], [], new Map()];
  let [at, past, peaks, chain, prev] = [0, 0, []];
  const sized = {};
  for (const head of heads) (sized[head.size] ??= []).push(head);

  function begin(of) {
    chain ??= of;
    prev ??= sha(`audit-genesis-v1\0${chain}\0${rootKey}`);
  }
  // Epoch 0 has the root key, each key certifies the next, and the number of a record says in which epoch it was written.
  const epochAt = (record) => epochs.findLastIndex(({ from }) => from <= record);
  function signed(epoch, said, signature, verdict) {
    const key = { kty: 'OKP', crv: 'Ed25519', x: bytesOf(epochs[epoch]?.key, 'base64url', 32).toString('base64url') };
    const [text, by] = [Buffer.from(said.join('\0')), createPublicKey({ key, format: 'jwk' })];
    must(verify(null, text, by, bytesOf(signature, 'base64url', 64)), `it is not signed with the key of epoch ${epoch}`, verdict);
  }
  function certify({ epoch, publicKey, size, hash, signature }) {
    must(epoch === epochs.length && size > epochs.at(-1).from, 'an epoch out of place');
    signed(epoch - 1, ['sallyport-epoch-v1', chain, epoch, publicKey, size, hash], signature);
    epochs.push({ key: publicKey, from: size });
  }
  // A head holds or does not when the log has reached its size; the first version of heads had neither root nor epoch.
  function checkHead({ size, root, hash, epoch = 0, ts, signature, ...head }) {
    const said = root ? ['sallyport-head-v2', chain, size, root, hash, epoch, ts] : ['sallyport-head-v1', chain, size, hash, ts];
    must(head.chain === chain && epoch === epochAt(size - 1), 'a signed head is of another log or epoch', 'anchor');
    signed(epoch, said, signature, 'anchor');
    must(hash === prev && (root ?? rootOf(peaks)) === rootOf(peaks), 'a signed head names other records', 'anchor');
  }
  function checkLine({ record, personal, ...more }) {
    const { seq, type, data, hash } = record;
    begin(record.chain);
    must(Object.keys(more).length === 0 && record.chain === chain, 'it is of another log');
    must(seq === at && record.prev === prev, 'it does not follow the record before it');
    must(sha('audit-rec-v1\0', canonical(without(record, 'hash'))) === hash, 'it does not have its hash');
    const digest = personal ? sha(`${personal.salt}\0`, canonical(personal.data)) : record.personal;
    must(digest === record.personal, 'its personal part, which may be erased but not changed, does not have its digest');
    if (type === 'epoch.began') certify(data);
    must(type !== 'epoch.began' || (data.size === at && data.hash === prev), 'its certificate is of another place');
    must(record.epoch === epochAt(seq), 'it was not written in its epoch');
    if (type === 'segment.purged') told.set(data.first, data.manifest);
    push(peaks, sha([0], bytesOf(hash, 'hex', 32)));
    prev = hash;
    sized[at + 1]?.forEach(checkHead);
  }
  // The records of a segment that is gone are those its manifest says, if a record further on says that this very manifest was purged.
  function checkGone(manifest) {
    begin(manifest.chain);
    must(manifest.first === at && manifest.prev === prev && at === past, 'it does not go on with what was purged');
    manifest.epochs.forEach(certify);
    peaks = [];
    for (let rest = manifest.last + 1; rest > 0; rest -= peaks.at(-1).size)
      peaks.push({ hash: manifest.peaks[peaks.length], size: 2 ** Math.floor(Math.log2(rest)) });
    [prev, at, past] = [manifest.hash, manifest.last, manifest.last + 1];
    sized[at + 1]?.forEach(checkHead);
    gone.push(manifest);
  }

  try {
    const names = fs.readdirSync(folder).filter((name) => /^\d{16}-.*(\.jsonl|\.manifest\.json)$/.test(name));
    const stems = [...new Set(names.map((name) => name.replace(/\..*/, '')))].sort();
    for (const stem of stems) {
      const [file, manifest] = [path.join(folder, `${stem}.jsonl`), path.join(folder, `${stem}.manifest.json`)];
      const lines = fs.existsSync(file) ? linesOf(file, stem === stems.at(-1)) : [fs.readFileSync(manifest)];
      for (const bytes of lines) {
        if (fs.existsSync(file)) checkLine(parse(bytes));
        else checkGone(JSON.parse(bytes));
        at += 1;
      }
    }
    // Purged is what is oldest: the newest record that says so speaks for what is before it, where such records may be purged themselves.
    const [newest, size] = [gone.findLastIndex(({ first }) => told.has(first)), at];
    gone.forEach((one, i) => {
      at = one.first;
      const itself = sha(canonical(one));
      must(i <= newest && (told.get(at) ?? itself) === itself, 'its segment is gone, and no record says who purged it');
      signed(one.epoch, ['sallyport-manifest-v1', canonical(without(one, 'signature'))], one.signature);
    });
    at = size;
    const areThere = heads.every((head) => head.size <= size);
    must(areThere, 'the log ends before what a signed head names', 'anchor');
    return { verdict: gone.length > 0 ? 'purged' : 'intact' };
  } catch ({ verdict = 'altered', message }) {
    const short = verdict === 'torn' && heads.some(({ size }) => size > at);
    return { verdict: short ? 'anchor' : verdict, at, reason: message };
  }
}
if (process.argv[1] !== undefined && fs.realpathSync(process.argv[1]) === import.meta.filename) {
  const [folder = '', rootKey, kept = ''] = process.argv.slice(2);
  const texts = [path.join(folder, '..', 'head.json'), kept].filter(fs.existsSync).map((file) => fs.readFileSync(file, 'latin1'));
  const heads = (texts.join('\n').match(/[!-~][ -~]*/g) ?? []).map((line) => JSON.parse(line));
  const { verdict, at, reason } = auditLog(folder, rootKey, heads);
  console.log(at === undefined ? verdict : `${verdict} at record ${at}: ${reason.replace(/[^ -~]/g, '?')}`);
  process.exitCode = at === undefined ? 0 : 7;
}
