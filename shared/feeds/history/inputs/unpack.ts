import { crc32, gunzipSync } from 'node:zlib';
import { unzipSync } from 'fflate';
import { messageOf } from '../../../kernel/errors.ts';
import { HistoryError } from '../history-error.ts';

/** A text of a file: the file itself, or a member of an archive. */
export interface Unpacked {
  readonly member: string | null;
  readonly text: string;
}

const LARGEST_MEMBER_BYTES = 512 * 1024 * 1024;
const TEXT_MEMBER = /\.(?:csv|txt)$/i;
const CENTRAL_ENTRY = 0x02014b50;
const CENTRAL_ENTRY_BYTES = 46;

/**
 * The texts in a file: gunzipped when its name ends in `.gz`, all CSV members with their checksums verified when it is a zip.
 * @throws HistoryError `bad_input` for an archive that is cut off or damaged
 */
export function unpack(name: string, bytes: Uint8Array): readonly Unpacked[] {
  try {
    if (/\.zip$/i.test(name)) return unzipped(bytes);
    const plain = /\.gz$/i.test(name) ? gunzipSync(bytes) : bytes;
    return [{ member: null, text: decoded(plain) }];
  } catch (error) {
    throw new HistoryError('bad_input', `Cannot unpack ${name}: ${messageOf(error)}`, { name }, { cause: error });
  }
}

function unzipped(bytes: Uint8Array): readonly Unpacked[] {
  const members = unzipSync(bytes, { filter: ({ name, originalSize }) => TEXT_MEMBER.test(name) && isOfSize(name, originalSize) });
  const checksums = checksumsOf(bytes);
  return Object.entries(members).map(([member, content]) => {
    const told = checksums.get(member);
    if (told === undefined || crc32(content) !== told) throw new Error(`${member} does not have the checksum that the archive tells`);
    return { member, text: decoded(content) };
  });
}

function isOfSize(name: string, bytes: number): true {
  if (bytes > LARGEST_MEMBER_BYTES) throw new Error(`${name} would unpack to ${bytes} bytes; at most ${LARGEST_MEMBER_BYTES} are taken`);
  return true;
}

/** The checksum of each member as the archive's directory tells it; the library that unpacks does not look at them. */
function checksumsOf(bytes: Uint8Array): ReadonlyMap<string, number> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const checksums = new Map<string, number>();
  for (let at = directoryOf(view); at + CENTRAL_ENTRY_BYTES <= view.byteLength && view.getUint32(at, true) === CENTRAL_ENTRY; ) {
    const [nameBytes, extraBytes, noteBytes] = [28, 30, 32].map((offset) => view.getUint16(at + offset, true)) as [number, number, number];
    const name = decoded(bytes.subarray(at + CENTRAL_ENTRY_BYTES, at + CENTRAL_ENTRY_BYTES + nameBytes));
    checksums.set(name, view.getUint32(at + 16, true));
    at += CENTRAL_ENTRY_BYTES + nameBytes + extraBytes + noteBytes;
  }
  return checksums;
}

const END_OF_DIRECTORY = 0x06054b50;
const END_BYTES = 22;

function directoryOf(view: DataView): number {
  for (let at = view.byteLength - END_BYTES; at >= 0; at--) if (view.getUint32(at, true) === END_OF_DIRECTORY) return view.getUint32(at + 16, true);
  return view.byteLength;
}

const decoded = (bytes: Uint8Array): string => new TextDecoder().decode(bytes).replace(/^\uFEFF/, '');
