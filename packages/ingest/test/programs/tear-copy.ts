// A copy that ends short of the source's size, as when the source shrank meanwhile.
import { writeSync } from "node:fs";

writeSync(4, "abc");
writeSync(1, '{"type":"done","way":"read"}\n');
