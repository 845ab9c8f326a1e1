/** A file of the inbox: an archive of a directory tree, or a raw image. Its digest was made of these very bytes. */
export interface ArrivedFile {
  fd: number;
  path: string;
  bytes: number;
  /** In hexadecimal. */
  sha256: string;
}
