// Asks the daemon, which sees the host as root does; where it cannot be reached, that is the first finding, and the host is
// examined from here.
import { ClientError } from "@host-service/client";
import { exitCodes } from "@host-service/protocol";
import type { DoctorReport } from "@host-service/protocol";
import type { Invocation } from "../arguments/command.ts";
import { printAnswer } from "../output/answer.ts";
import { doctorLines } from "../output/doctor.ts";
import { connect } from "./connect.ts";

export async function doctor(invocation: Invocation): Promise<number> {
  const report = await examined(invocation);
  printAnswer(invocation, report, doctorLines(report));
  return report.ok ? exitCodes.done : exitCodes.failed;
}

async function examined(invocation: Invocation): Promise<DoctorReport> {
  const { examineHost, device } = invocation;
  try {
    return await connect(invocation).call("doctor");
  } catch (error) {
    const isHere = device === undefined && examineHost !== undefined;
    if (!(error instanceof ClientError) || error.kind !== "no-connection" || !isHere) throw error;
    const next = "see systemctl status host-service.service; what follows was examined without it";
    return await examineHost([{ check: "host-service", status: "problem", message: error.message, next }]);
  }
}
