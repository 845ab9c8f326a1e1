#!/usr/bin/env bun
// The program's entry, and the only place that ends the process.
import { runHostctl } from "./run-hostctl.ts";

process.exit(await runHostctl(process.argv.slice(2)));
