import { prepareDirectory } from "../prepare-directory.ts";
import { UploadTable } from "./upload-table.ts";
import type { Uploads, UploadsOptions } from "./uploads.ts";

const sweepIntervalMs = 60_000;

export async function openUploads(options: UploadsOptions): Promise<Uploads> {
  await prepareDirectory(options.directory);
  const uploads = new UploadTable(options);
  await uploads.load();
  // It keeps no process alive.
  setInterval(() => void uploads.sweep(), Math.min(sweepIntervalMs, options.limits.uploadAgeMaxMs)).unref();
  return uploads;
}
