/** What the request says that its body has; undefined where it comes in chunks. */
export function contentLength(request: Request): number | undefined {
  const header = request.headers.get("content-length");
  return header !== null && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
}
