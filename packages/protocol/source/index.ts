export { callGroups } from "./call-groups.ts";
export type { CallGroup } from "./call-groups.ts";
export { exitCodes, isProblemCode, problemCodes } from "./codes.ts";
export type { ProblemCode } from "./codes.ts";
export {
  booleanField,
  booleanOfField,
  countOfField,
  digestField,
  headers,
  partialUploadType,
  sha256OfDigestField,
} from "./headers.ts";
export { Problem, problem, problemContentType } from "./problem.ts";
export { pathOf, routes } from "./routes.ts";
export type { RouteName } from "./routes.ts";
export type { Route } from "./routes/route.ts";
export {
  ConfigValue,
  ContainerAnswer,
  ContainerConfig,
  ContainerDevices,
  ContainerList,
  ContainerStatus,
  History,
  HistoryEntry,
  Outcome,
  Removed,
  SlotSummary,
  StateWord,
  TrialStatus,
  UnitStatus,
} from "./schemas/container.ts";
export { DoctorReport, Finding } from "./schemas/doctor.ts";
export { Operation, OperationEvent, Phase, phases } from "./schemas/operation.ts";
export type { ErrorEvent, ProgressEvent, ResultEvent } from "./schemas/operation.ts";
export { ContainerName, OperationId } from "./schemas/names.ts";
export {
  PortableAnswer,
  PortableFinding,
  PortableInspection,
  PortableList,
  PortableName,
  PortableRequest,
  PortableStatus,
} from "./schemas/portable.ts";
export {
  CommitRequest,
  ConfigChange,
  DeviceChange,
  InstallRequest,
  RebootRequest,
  UpgradeRequest,
} from "./schemas/requests.ts";
export { Accepted, features, LiveChanged, ServerInfo } from "./schemas/server.ts";
export { inlineBytesMax, Source } from "./schemas/source.ts";
export { SystemAnswer, SystemStatus } from "./schemas/system.ts";
export { Upload } from "./schemas/upload.ts";
