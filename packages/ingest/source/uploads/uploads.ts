// Resumable uploads of the inbox, as their callers see them.
import type { InboxFile } from "../inbox.ts";
import type { InboxLimits } from "../limits.ts";
import type { AppendOptions } from "./upload.ts";

export interface UploadLimits {
  /** Of one owner at a time, complete ones included. */
  readonly uploadsMax: number;
  /** From its beginning on. */
  readonly uploadAgeMaxMs: number;
}

export interface UploadsOptions {
  /** That of the inbox: an upload lies beside what is being received. */
  readonly directory: string;
  readonly program: readonly string[];
  readonly limits: InboxLimits & UploadLimits;
  readonly now?: () => number;
}

export interface UploadView {
  readonly id: string;
  readonly offset: number;
  readonly length: number | undefined;
  /** In hexadecimal, once it is complete. */
  readonly sha256: string | undefined;
  readonly secondsLeft: number;
}

export interface NewUpload {
  readonly length: number | undefined;
  readonly sha256: string | undefined;
}

/** `owner` is whose listener the request came by. Everything rejects with an `IngestError`. */
export interface Uploads {
  /** Finds the owner's upload of the same length and digest again, where there is one; so whoever starts over goes on. */
  begin(owner: string, upload: NewUpload): Promise<UploadView>;
  /** Ends a request that still writes to it: its sender asks where to go on. */
  find(owner: string, id: string): Promise<UploadView>;
  /** Rejects while the body may still be arriving: answer then with `Connection: close`. What has arrived is kept. */
  append(owner: string, id: string, request: Request, options: AppendOptions): Promise<UploadView>;
  remove(owner: string, id: string): Promise<void>;
  /** A complete one as a file of the inbox; its `discard` closes it and leaves the upload. */
  take(owner: string, id: string, options: { name: string; bytesMax?: number | undefined }): Promise<InboxFile>;
  /** Removes all of an owner who is gone. */
  removeAllOf(owner: string): Promise<void>;
}
