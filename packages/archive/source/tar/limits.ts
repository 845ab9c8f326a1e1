/** What a whole archive may hold; set by the caller. */
export interface ArchiveLimits {
  readonly entriesMax: number;
  /** The sum of the apparent sizes, so a sparse file counts with its holes. */
  readonly unpackedBytesMax: number;
}

/** What one entry may claim. The values are the kernel's where it has one. */
export const entryLimits = {
  pathBytesMax: 4095,
  nameBytesMax: 255,
  depthMax: 256,
  longNameBytesMax: 16 * 1024,
  paxBytesMax: 1024 * 1024,
  sparseRegionsMax: 1_000_000,
  /** 2^32 - 1 means "leave as it is" to chown(2), so it is nobody's number. */
  ownerMax: 0xffff_fffe,
  deviceMajorMax: 0xfff,
  deviceMinorMax: 0xf_ffff,
} as const;
