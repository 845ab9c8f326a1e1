export { IngestError, type IngestErrorKind, type IngestProblem } from "./error.ts";
export { type Inbox, type InboxFile, type InboxOptions, openInbox, type ReceiveOptions } from "./inbox.ts";
export type { OpenedPath } from "./receive/path.ts";
export { type InboxLimits, textBytesMax } from "./limits.ts";
export type { ReceiveProgress } from "./reception.ts";
export { type UploadLimits, type Uploads, type UploadsOptions, type UploadView } from "./uploads/uploads.ts";
export { openUploads } from "./uploads/open-uploads.ts";
