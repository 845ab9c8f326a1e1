export interface PackageOptions {
  root: string;
  /** As `npm run build -- --target` takes it; undefined is this machine. */
  target: string | undefined;
  version: string;
  /** What dpkg-deb knows: "xz" for a release, "gzip" or "none" in tests. */
  compression: string;
  outputDirectory: string;
  /** Seconds since 1970. */
  sourceDate: number;
}
