import { DiskError } from "@host-service/disk";

export function noSpace(path: string): DiskError {
  return new DiskError({ kind: "no-space", code: "ENOSPC", call: "write", path });
}
