// `npm run package`: the Debian package of what `npm run build` made, dist/host-service_VERSION_ARCHITECTURE.deb.
import path from "node:path";
import { parseArgs } from "node:util";
import { buildProgram } from "./source/build-program.ts";
import { PackagingError } from "./source/error.ts";
import { makePackage } from "./source/make-package.ts";
import { sourceDate } from "./source/source-date.ts";
import packageFile from "./package.json" with { type: "json" };

const root = path.resolve(import.meta.dirname, "..");
const { values } = parseArgs({
  options: {
    target: { type: "string" },
    compression: { type: "string", default: "xz" },
    output: { type: "string" },
    // Debian's, where it is more than the program's: "0.1.0-2".
    version: { type: "string", default: packageFile.version },
  },
});

try {
  await buildProgram(root, values.target);
  const made = await makePackage({
    root,
    target: values.target,
    version: values.version,
    compression: values.compression,
    outputDirectory: path.resolve(values.output ?? path.join(root, "dist")),
    sourceDate: await sourceDate(root, process.env),
  });
  process.stderr.write(`package: ${path.relative(process.cwd(), made.file)}, ${(made.bytes / 1e6).toFixed(1)} MB\n`);
} catch (error) {
  if (!(error instanceof PackagingError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
