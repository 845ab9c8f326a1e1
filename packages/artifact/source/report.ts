export type Compression = "none" | "gzip" | "xz" | "zstd";

/** What an artifact says of itself. */
export interface ArtifactContents {
  readonly name: string;
  readonly group: string | undefined;
  readonly deviceTypes: readonly string[];
  readonly payloadType: string;
  /** Beside the name and the group. */
  readonly provides: Readonly<Record<string, string>>;
  /** Beside the device type: for each key the values that will do. */
  readonly depends: Readonly<Record<string, readonly string[]>>;
  /** Keys, or beginnings of keys with `*`, that an installed artifact no longer provides. */
  readonly clearsProvides: readonly string[];
  /** Names of state scripts. */
  readonly scripts: readonly string[];
  readonly isSigned: boolean;
  /** Hexadecimal, as are all digests here. It stands for the whole artifact. */
  readonly manifestSha256: string;
}

export interface PayloadFile {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A whole artifact, each byte of which was accounted for. */
export interface ArtifactReport extends ArtifactContents {
  readonly kind: "artifact";
  /** The root image, which went to the sink; undefined where the payload is of another type. */
  readonly payload: PayloadFile | undefined;
  /** All files of the payload. */
  readonly files: readonly PayloadFile[];
  readonly compression: Compression;
  /** Of the key that has signed it; undefined where nobody has verified that. */
  readonly keyFingerprint: string | undefined;
  readonly warnings: readonly string[];
}

export interface SetMember<Artifact> {
  /** Its name in the set. */
  readonly file: string;
  readonly artifact: Artifact;
}

export interface SetReport {
  readonly kind: "set";
  readonly members: readonly SetMember<ArtifactReport>[];
  /** The one for this device, whose payload went to the sink; undefined where no device was given. */
  readonly artifact: ArtifactReport | undefined;
  readonly warnings: readonly string[];
}

export interface RawReport {
  readonly kind: "raw";
  readonly bytes: number;
  readonly sha256: string;
  /** Where it was asked for: what a detached signature of minisign is over. */
  readonly blake2b512: string | undefined;
  readonly warnings: readonly string[];
}

export type UpgradeReport = ArtifactReport | SetReport | RawReport;

/** What an artifact says of itself where its payload was not read; `bytes` are known of the first file only. */
export interface ArtifactDescription extends ArtifactContents {
  readonly kind: "artifact";
  readonly files: readonly { readonly file: string; readonly bytes: number | undefined; readonly sha256: string }[];
  readonly compression: Compression;
}

export type UpgradeDescription =
  | ArtifactDescription
  | { readonly kind: "set"; readonly members: readonly SetMember<ArtifactDescription>[] }
  | { readonly kind: "raw" };
