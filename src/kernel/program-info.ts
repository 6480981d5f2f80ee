import { closeSync } from "node:fs";
import koffi from "koffi";
import { libbpf } from "./libbpf.ts";

/** struct bpf_prog_info and bpf_map_info, include/uapi/linux/bpf.h: byte offsets of what is used. */
const PROGRAM = { bytes: 128, mapCount: 52, mapIds: 56, name: 64 } as const;
const MAP = { bytes: 64, name: 24 } as const;
const NAME_BYTES = 16;
const MOST_MAPS = 64;

export interface ProgramInfo {
  readonly name: string;
  readonly mapIds: readonly number[];
}

/** Name and maps of a loaded program; undefined when it has gone or may not be asked about. */
export function programInfo(id: number): ProgramInfo | undefined {
  const lib = libbpf();
  return withDescriptor(lib.programById(id), (fd) => {
    const mapIds = new Uint32Array(MOST_MAPS);
    const info = Buffer.alloc(PROGRAM.bytes);
    info.writeUInt32LE(MOST_MAPS, PROGRAM.mapCount);
    info.writeBigUInt64LE(koffi.address(mapIds), PROGRAM.mapIds);
    if (lib.infoByFd(fd, info, [PROGRAM.bytes]) < 0) return undefined;
    const count = Math.min(info.readUInt32LE(PROGRAM.mapCount), MOST_MAPS);
    return { name: nameAt(info, PROGRAM.name), mapIds: [...mapIds.subarray(0, count)] };
  });
}

/** The first `valueBytes` of entry 0 of the array map of that name among these; undefined if there is none. */
export function readArrayMap(
  mapIds: readonly number[],
  name: string,
  valueBytes: number,
): Buffer | undefined {
  const lib = libbpf();
  for (const id of mapIds) {
    const value = withDescriptor(lib.mapById(id), (fd) => {
      const info = Buffer.alloc(MAP.bytes);
      if (lib.infoByFd(fd, info, [MAP.bytes]) < 0 || nameAt(info, MAP.name) !== name)
        return undefined;
      const bytes = Buffer.alloc(valueBytes);
      return lib.mapLookup(fd, new Uint8Array(4), bytes) < 0 ? undefined : bytes;
    });
    if (value) return value;
  }
  return undefined;
}

function withDescriptor<T>(fd: number, use: (fd: number) => T | undefined): T | undefined {
  if (fd < 0) return undefined;
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

function nameAt(info: Buffer, at: number): string {
  return info.toString("latin1", at, at + NAME_BYTES).replace(/\0.*/s, "");
}
