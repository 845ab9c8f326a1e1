// A copy that ends short of the size that the source had at first.
import { writeSync } from "node:fs";

if (process.argv[3] === "take") {
  writeSync(4, "ab");
  writeSync(1, '{"type":"source","bytes":3}\n{"type":"done","way":"read","isChanged":false}\n');
}
