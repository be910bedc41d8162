/**
 * A pair on the disk, with what an interrupted swap left beside it.
 *
 * A swap writes both pending files, copies the pair to backups, renames the certificate, then the key, and removes
 * the backups (the certificate's last). So what is found tells where it was interrupted:
 *
 * | stored pair | pending | backup | interrupted | what has to be done |
 * |---|---|---|---|---|
 * | fits | – | – | not at all | nothing |
 * | fits | any | any | before the first rename | `undo`: remove the backups, then the pending files |
 * | fits | – | any | after the second rename | `finish`: remove the backups |
 * | does not fit | key fits the stored certificate | any | between the renames | `finish`: rename the key |
 * | does not fit | – | key fits the stored certificate | while it was put back | `finish`: put the key back |
 * | does not fit | – | certificate fits the stored key | between the renames, and the pending key is lost | `finish`: put the certificate back |
 * | does not fit | – | both fit each other | the stored files were damaged | `finish`: put both back |
 * | does not fit | any | any | before the first rename of a recovery | `undo` |
 *
 * A removal of leftovers takes the backups first: otherwise one that is interrupted would look like a swap that is
 * nearly done.
 */

import type { KeyObject, X509Certificate } from 'node:crypto';
import { besides } from '../paths.ts';
import type { FileMode, PairPaths, PairSeen, SwapSeen } from '../world.ts';
import { basename } from 'node:path';
import { readWhole } from './files.ts';
import { fingerprintOf, isKeyOf, isSignedBy, readChain, readKey, x509Seen } from './x509-read.ts';

const CHAIN_LIMIT = 1_048_576;
const KEY_LIMIT = 65_536;

interface CertificateFile {
  readonly there: boolean;
  readonly problem?: string;
  readonly chain: readonly X509Certificate[];
  readonly stat?: FileMode;
}

interface KeyFile {
  readonly there: boolean;
  readonly problem?: string;
  readonly key?: KeyObject;
  readonly stat?: FileMode;
}

async function readCertificate(path: string): Promise<CertificateFile> {
  const seen = await readWhole(path, CHAIN_LIMIT);
  if (seen.kind === 'missing') return { there: false, problem: 'the certificate is missing', chain: [] };
  if (seen.kind === 'other') return { there: true, problem: `the certificate's file is ${seen.what}`, chain: [] };
  const { certificates, problem } = readChain(seen.text);
  if (problem === undefined) return { there: true, chain: certificates, stat: seen.stat };
  return { there: true, problem: `the certificate's file ${problem}`, chain: certificates, stat: seen.stat };
}

async function readPrivateKey(path: string): Promise<KeyFile> {
  const seen = await readWhole(path, KEY_LIMIT);
  if (seen.kind === 'missing') return { there: false, problem: 'the key is missing' };
  if (seen.kind === 'other') return { there: true, problem: `the key's file is ${seen.what}` };
  const read = readKey(seen.text);
  if ('key' in read) return { there: true, key: read.key, stat: seen.stat };
  return { there: true, problem: `the key's file ${read.problem}`, stat: seen.stat };
}

function fits(certificate: CertificateFile, key: KeyFile): boolean {
  const [leaf] = certificate.chain;
  return certificate.problem === undefined && leaf !== undefined && key.key !== undefined && isKeyOf(key.key, leaf);
}

/** What puts a pair in order, from the table above. */
export type SwapMove =
  | 'none'
  | 'drop-leftovers'
  | 'drop-backups'
  | 'move-key'
  | 'restore-key'
  | 'restore-certificate'
  | 'restore-both';

export interface PairFiles {
  readonly paths: PairPaths;
  readonly move: SwapMove;
  readonly certificate: CertificateFile;
  readonly key: KeyFile;
  readonly matches: boolean;
  readonly backupCertificate: CertificateFile;
  /** Which of the two has a backup. */
  readonly backups: { readonly certificate: boolean; readonly key: boolean };
  readonly leftovers: readonly string[];
}

/** Reads all six files. Throws a StorageError where one of them cannot be read. */
export async function readPairFiles(paths: PairPaths): Promise<PairFiles> {
  const beside = { certificate: besides(paths.certificate), key: besides(paths.key) };
  const certificate = await readCertificate(paths.certificate);
  const key = await readPrivateKey(paths.key);
  const pendingCertificate = await readCertificate(beside.certificate.pending);
  const pendingKey = await readPrivateKey(beside.key.pending);
  const backupCertificate = await readCertificate(beside.certificate.backup);
  const backupKey = await readPrivateKey(beside.key.backup);
  const pending = pendingCertificate.there || pendingKey.there;
  const backup = backupCertificate.there || backupKey.there;
  const matches = fits(certificate, key);
  const move = ((): SwapMove => {
    if (matches) return pending ? 'drop-leftovers' : backup ? 'drop-backups' : 'none';
    if (fits(certificate, pendingKey)) return 'move-key';
    if (fits(certificate, backupKey)) return 'restore-key';
    if (fits(backupCertificate, key)) return 'restore-certificate';
    // Where there is no pair at all, somebody took it away: it is not put back behind their back.
    if (fits(backupCertificate, backupKey) && (certificate.there || key.there)) return 'restore-both';
    return pending || backup ? 'drop-leftovers' : 'none';
  })();
  const beholden: readonly (readonly [string, boolean])[] = [
    [beside.certificate.pending, pendingCertificate.there],
    [beside.certificate.backup, backupCertificate.there],
    [beside.key.pending, pendingKey.there],
    [beside.key.backup, backupKey.there],
  ];
  const leftovers = beholden.flatMap(([path, there]) => (there ? [basename(path)] : [])).sort();
  const backups = { certificate: backupCertificate.there, key: backupKey.there };
  return { paths, move, certificate, key, matches, backupCertificate, backups, leftovers };
}

function swapOf(move: SwapMove): SwapSeen {
  return move === 'none' ? 'none' : move === 'drop-leftovers' ? 'undo' : 'finish';
}

/** Whether neither file is stored, or the swap that stores the very first pair was interrupted. */
export function isAbsent(files: PairFiles): boolean {
  if (!files.certificate.there && !files.key.there) return true;
  return files.move === 'move-key' && !files.key.there && !files.backups.certificate && !files.backups.key;
}

function issuerOf(chain: readonly X509Certificate[]): X509Certificate | undefined {
  const [leaf] = chain;
  return leaf === undefined ? undefined : chain.find((each) => isSignedBy(leaf, each));
}

/** What is seen of a pair, from its files. */
export function pairSeen(files: PairFiles): PairSeen {
  const { certificate, key, matches, backupCertificate, leftovers } = files;
  if (isAbsent(files)) return { status: 'absent', leftovers };
  const problem =
    certificate.problem ?? key.problem ?? (matches ? undefined : 'the key does not belong to the certificate');
  const issuer = issuerOf(certificate.chain);
  const [replaced] = backupCertificate.chain;
  return {
    status: 'seen',
    ...(problem === undefined ? {} : { problem }),
    chain: certificate.chain.map(x509Seen),
    ...(issuer === undefined ? {} : { issuerFingerprint: fingerprintOf(issuer) }),
    keyMatches: matches,
    ...(certificate.stat === undefined ? {} : { certificateFile: certificate.stat }),
    ...(key.stat === undefined ? {} : { keyFile: key.stat }),
    swap: swapOf(files.move),
    ...(replaced === undefined || backupCertificate.problem !== undefined ? {} : { replaced: x509Seen(replaced) }),
    leftovers,
  };
}
