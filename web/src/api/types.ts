// The JSON objects that the pages read. Names are those of YARN's REST (clusterMetrics to
// container) and of Spark's monitoring REST (job to cached RDD); a field that a server may leave
// out is optional here, and every page copes without it.

export interface ClusterInfo {
  id: number;
  startedOn: number;
  state: string;
  haState?: string;
  resourceManagerVersion?: string;
}

export interface ClusterMetrics {
  appsSubmitted: number;
  appsCompleted: number;
  appsPending: number;
  appsRunning: number;
  appsFailed: number;
  appsKilled: number;
  reservedMB: number;
  availableMB: number;
  allocatedMB: number;
  pendingMB?: number;
  reservedVirtualCores: number;
  availableVirtualCores: number;
  allocatedVirtualCores: number;
  pendingVirtualCores?: number;
  containersAllocated: number;
  containersReserved: number;
  containersPending: number;
  totalMB: number;
  totalVirtualCores: number;
  totalNodes: number;
  lostNodes: number;
  unhealthyNodes: number;
  decommissioningNodes: number;
  decommissionedNodes: number;
  rebootedNodes: number;
  activeNodes: number;
  shutdownNodes?: number;
  totalUsedResourcesAcrossPartition?: Size;
  totalClusterResourcesAcrossPartition?: Size;
}

/** An amount of resources. What a cluster counts beside memory and vcores is only in the list. */
export interface Size {
  memory: number;
  vCores: number;
  resourceInformations?: { resourceInformation?: { name: string; value: number }[] };
}

/** One resource of an amount, in the objects where YARN writes amounts as keys and values. */
export interface KeyedAmount {
  key: string;
  value: string | number;
}

export interface ClusterNode {
  id: string;
  rack: string;
  state: string;
  nodeHostName: string;
  nodeHTTPAddress: string;
  lastHealthUpdate: number;
  version?: string;
  healthReport?: string;
  numContainers: number;
  usedMemoryMB: number;
  availMemoryMB: number;
  usedVirtualCores: number;
  availableVirtualCores: number;
  nodeLabels?: string[];
  resourceUtilization?: {
    nodePhysicalMemoryMB?: number;
    nodeCPUUsage?: number;
    aggregatedContainersPhysicalMemoryMB?: number;
  };
  totalResource?: Size;
  usedResource?: Size;
  nodeAttributesInfo?: {
    nodeAttributeInfo?: { prefix?: string; name: string; type?: string; value: string }[];
  };
}

export interface Application {
  id: string;
  user: string;
  name: string;
  queue: string;
  state: string;
  finalStatus: string;
  progress: number;
  diagnostics?: string;
  applicationType?: string;
  applicationTags?: string;
  priority?: number;
  startedTime: number;
  launchTime?: number;
  finishedTime: number;
  elapsedTime: number;
  allocatedMB: number;
  allocatedVCores: number;
  runningContainers: number;
  memorySeconds?: number;
  vcoreSeconds?: number;
  amContainerLogs?: string;
  amHostHttpAddress?: string;
  masterNodeId?: string;
  queueUsagePercentage?: number;
  clusterUsagePercentage?: number;
  resourceRequests?: ResourceRequest[]; // what it waits for; not in lists and events
  /** What it has now; not of one that has ended. */
  resourceInfo?: { resourceUsagesByPartition?: { partitionName?: string; used?: Size; pending?: Size }[] };
  resourceSecondsMap?: { entry?: KeyedAmount[] };
}

export interface ResourceRequest {
  resourceName: string; // a node, or '*' for any: that row has the whole number
  capability: Size;
  numContainers: number;
}

/** What stands in the way; the words are the server's. */
export interface Blocker {
  reason: string; // a stable code
  title: string;
  sentence: string;
  where?: string;
  needed?: Size;
  limit?: Size;
  used?: Size;
  holders?: Holder[];
  rejected?: { what: string; nodes: number }[];
}

export interface Holder {
  application: string;
  containers: number;
  amount: Size;
}

export interface AskExplanation {
  ask: number; // 0: the master's container, or the command's
  containers: number;
  size: Size;
  never: boolean;
  blockers: Blocker[];
  ahead: { containers: number; applications: number; more: boolean; first: Holder[] };
  estimate: { sentence: string };
  nextStep: string;
}

export interface Explanation {
  application: string;
  waiting: boolean;
  reason?: string;
  headline: string;
  blockers: Blocker[];
  asks: AskExplanation[];
  asksCount: number;
  /** Opportunistic containers that wait to become guaranteed. */
  promotions?: { container: string; node: string; blockers: Blocker[] }[];
}

/** How many applications wait for what, and the first of them. */
export interface WaitingList {
  reasons: { reason: string; title: string; applications: number }[];
  applications: { application: string; reason: string; headline: string }[];
}

export interface Attempt {
  id: number;
  startTime: number;
  finishedTime: number;
  containerId?: string;
  nodeHttpAddress?: string;
  nodeId?: string;
  appAttemptId: string;
  appAttemptState?: string;
  diagnosticsInfo?: string;
}

export interface Container {
  containerId: string;
  allocatedMB: number | string;
  allocatedVCores: number | string;
  allocatedResources?: KeyedAmount[];
  assignedNodeId?: string;
  nodeId?: string;
  nodeHttpAddress?: string;
  priority?: number | string;
  startedTime: number | string;
  finishedTime: number | string;
  elapsedTime?: number | string;
  diagnosticsInfo?: string;
  containerExitStatus?: number | string;
  containerState: string;
}

export interface Queue {
  queueName: string;
  queuePath?: string;
  state?: string;
  capacity: number;
  usedCapacity: number;
  maxCapacity: number;
  absoluteCapacity?: number;
  absoluteUsedCapacity?: number;
  absoluteMaxCapacity?: number;
  weight?: number;
  numApplications?: number;
  numActiveApplications?: number;
  numPendingApplications?: number;
  resourcesUsed?: Size;
  minEffectiveCapacity?: Size; // its guarantee
  queues?: { queue?: Queue[] };
}

export interface Job {
  jobId: number;
  name: string;
  description?: string;
  submissionTime?: string;
  completionTime?: string;
  stageIds: number[];
  status: string;
  numTasks: number;
  numActiveTasks: number;
  numCompletedTasks: number;
  numSkippedTasks: number;
  numFailedTasks: number;
  numKilledTasks: number;
  numActiveStages: number;
  numCompletedStages: number;
  numSkippedStages: number;
  numFailedStages: number;
}

/** A named accumulator: what a task added, and the sum over all stages by then. */
export interface Accumulator {
  id: number;
  name: string;
  update?: string; // of a task
  value: string;
}

export interface Stage {
  status: string;
  stageId: number;
  attemptId: number;
  numTasks: number;
  numActiveTasks: number;
  numCompleteTasks: number;
  numFailedTasks: number;
  numKilledTasks: number;
  submissionTime?: string;
  firstTaskLaunchedTime?: string;
  completionTime?: string;
  failureReason?: string;
  executorRunTime?: number;
  executorCpuTime?: number;
  inputBytes?: number;
  inputRecords?: number;
  outputBytes?: number;
  outputRecords?: number;
  shuffleReadBytes?: number;
  shuffleReadRecords?: number;
  shuffleWriteBytes?: number;
  shuffleWriteRecords?: number;
  memoryBytesSpilled?: number;
  diskBytesSpilled?: number;
  peakExecutionMemory?: number;
  name: string;
  description?: string;
  details?: string;
  schedulingPool?: string;
  accumulatorUpdates?: Accumulator[];
}

export interface Task {
  taskId: number;
  index: number;
  attempt: number;
  partitionId?: number;
  launchTime?: string;
  duration?: number;
  executorId: string;
  host: string;
  status: string;
  taskLocality: string;
  speculative: boolean;
  accumulatorUpdates?: Accumulator[];
  errorMessage?: string;
  executorLogs?: Record<string, string>;
  schedulerDelay?: number;
  taskMetrics?: {
    executorRunTime?: number;
    peakExecutionMemory?: number;
    memoryBytesSpilled?: number;
    diskBytesSpilled?: number;
    inputMetrics?: { bytesRead?: number; recordsRead?: number };
    outputMetrics?: { bytesWritten?: number; recordsWritten?: number };
    shuffleReadMetrics?: {
      remoteBytesRead?: number;
      localBytesRead?: number;
      recordsRead?: number;
      fetchWaitTime?: number;
    };
    shuffleWriteMetrics?: { bytesWritten?: number; recordsWritten?: number };
  };
}

export interface Executor {
  id: string;
  hostPort: string;
  isActive: boolean;
  rddBlocks: number;
  memoryUsed: number;
  diskUsed: number;
  totalCores: number;
  maxTasks?: number;
  activeTasks: number;
  failedTasks: number;
  completedTasks: number;
  totalTasks: number;
  totalDuration: number;
  totalInputBytes: number;
  totalShuffleRead: number;
  totalShuffleWrite: number;
  maxMemory: number;
  addTime?: string;
  removeTime?: string;
  removeReason?: string;
  isExcluded?: boolean;
  excludedInStages?: number[];
  executorLogs?: Record<string, string>;
  attributes?: Record<string, string>;
}

export interface CachedRdd {
  id: number;
  name: string;
  numPartitions: number;
  numCachedPartitions: number;
  storageLevel: string;
  memoryUsed: number;
  diskUsed: number;
}

export interface LogFile {
  name: string;
  size: number;
  modified?: number;
}

/** What changed in one application's jobs: whole objects, those that did not change left out. */
export interface JobsPatch {
  app: string;
  jobs?: Job[];
  stages?: Stage[];
  executors?: Executor[];
}
