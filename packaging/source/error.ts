export class PackagingError extends Error {
  override readonly name = "PackagingError";
}
