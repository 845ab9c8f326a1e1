// What the job says when the file got another time or size meanwhile.
import { writeSync } from "node:fs";

if (process.argv[3] === "take") {
  writeSync(4, "abc");
  writeSync(1, '{"type":"source","bytes":3}\n{"type":"done","way":"read","isChanged":true}\n');
}
