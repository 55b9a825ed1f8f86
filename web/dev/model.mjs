// Test support: an invented cluster for the development server and the browser tests. It has nodes,
// applications in every state, and one RDD application whose stages advance with tick().

const kGiB = 1024;
const kMiB = 1024 * 1024;

/** A small seeded generator, so that pictures and tests are the same each time. */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export const sparkTime = (ms) => new Date(ms).toISOString().replace('Z', 'GMT');

/** An amount as YARN's REST writes it. */
function amount(memory, vCores, gpu = 0) {
  const resourceInformation = [
    { name: 'memory-mb', units: 'Mi', value: memory },
    { name: 'vcores', units: '', value: vCores },
    ...(gpu > 0 ? [{ name: 'yarn.io/gpu', units: '', value: gpu }] : []),
  ];
  return { memory, vCores, resourceInformations: { resourceInformation } };
}

const keyed = (memory, vCores, gpu) => [
  { key: 'memory-mb', value: String(memory) },
  { key: 'vcores', value: String(vCores) },
  ...(gpu > 0 ? [{ key: 'yarn.io/gpu', value: String(gpu) }] : []),
];

/** name(kind, plain) may replace any text that a user chooses: hostile names come in here. */
export class Cluster {
  constructor({ nodes = 3, applications = 24, name = (_kind, plain) => plain, seed = 7 } = {}) {
    this.random = random(seed);
    this.name = name;
    this.started = Date.now() - 3 * 3600_000;
    this.stamp = this.started;
    this.listeners = new Set();
    this.nodes = Array.from({ length: nodes }, (_, index) => this.makeNode(index, nodes));
    this.apps = [];
    this.containers = new Map(); // by attempt
    this.logs = new Map(); // by container, then file: Buffer
    this.makeApplications(applications);
    this.work = this.makeWork();
    this.refresh();
  }

  emit(topic, event, data) {
    for (const listener of this.listeners) listener(topic, event, data);
  }

  makeNode(index, total) {
    const small = total <= 4;
    const host = small ? `127.0.0.${index + 1}` : `node-${index + 1}`;
    const lost = !small && index % 29 === 17;
    const sick = !small && index % 31 === 5;
    const memory = small ? 5 * kGiB : 64 * kGiB;
    const gpus = index % 3 === 2 ? 4 : 0; // others have none
    return {
      rack: small ? '/default-rack' : `/rack-${1 + (index % 4)}`,
      state: lost ? 'LOST' : sick ? 'UNHEALTHY' : 'RUNNING',
      id: small ? `node-${index + 1}:8042` : `${host}:8042`,
      nodeHostName: this.name('node.host', host),
      nodeHTTPAddress: `${host}:8042`,
      lastHealthUpdate: Date.now() - (lost ? 900_000 : 400),
      version: '0.1.0',
      healthReport: this.name('node.health', sick ? 'disk /var/lib/heddle is 96 % full' : ''),
      numContainers: 0,
      usedMemoryMB: 0,
      availMemoryMB: memory,
      usedVirtualCores: 0,
      availableVirtualCores: small ? 4 : 16,
      nodeLabels: [this.name('node.label', 'ssd')],
      resourceUtilization: {
        nodePhysicalMemoryMB: Math.round(memory * 0.4),
        nodeCPUUsage: 1.3,
      },
      totalResource: amount(memory, small ? 4 : 16, gpus),
      gpus,
      nodeAttributesInfo: {
        nodeAttributeInfo: [
          { prefix: 'heddle.io', name: 'isolation', type: 'STRING', value: 'cgroup-v2, seccomp' },
        ],
      },
    };
  }

  makeApplications(count) {
    const names = ['archive_rank', 'nightly-counts', 'word_count', 'sessions', 'export', 'sleep'];
    const users = ['ann', 'bo', 'chandra'];
    const queues = ['root.default', 'root.etl', 'root.adhoc'];
    const now = Date.now();
    for (let index = 0; index < count; index++) {
      const last = index === count - 1;
      const pending = index === count - 2;
      const second = index === count - 3;
      const ended = !last && !pending && !second;
      const failed = ended && index % 5 === 1;
      const killed = ended && index % 11 === 4;
      const started = last ? now - 42_000 : pending ? now - 19_000 : second ? now - 300_000 : this.started + index * 400_000 + 10_000;
      const took = 4_000 + Math.floor(this.random() * 250_000);
      const state = last || second ? 'RUNNING' : pending ? 'ACCEPTED' : killed ? 'KILLED' : failed ? 'FAILED' : 'FINISHED';
      const diagnostics = failed
        ? 'Attempt appattempt_2 ended: container exited with code 137 (killed: out of memory).\nThe container had 1 GiB and used 1.02 GiB; ask for more with --driver-memory'
        : killed
          ? 'Killed by ann through rmctl app kill'
          : pending
            ? 'Queue root.etl is at its maximum of 30 % of the cluster'
            : '';
      this.apps.push({
        id: `application_${this.stamp}_${String(index + 1).padStart(4, '0')}`,
        user: this.name('app.user', users[index % users.length]),
        name: this.name('app.name', last ? 'archive_rank' : second ? 'tail-collector' : names[index % names.length]),
        queue: this.name('app.queue', queues[index % queues.length]),
        state,
        finalStatus: state === 'FINISHED' ? 'SUCCEEDED' : ended ? state : 'UNDEFINED',
        progress: ended ? 100 : last ? 34 : 0,
        trackingUI: 'UNASSIGNED',
        diagnostics: this.name('app.diagnostics', diagnostics),
        clusterId: this.stamp,
        applicationType: second ? 'COMMAND' : 'HEDDLE-RDD',
        applicationTags: this.name('app.tags', 'team:data'),
        priority: 0,
        startedTime: started,
        launchTime: pending ? 0 : started + 60,
        finishedTime: ended ? started + took : 0,
        elapsedTime: ended ? took : now - started,
        allocatedMB: last ? 4 * 1536 : second ? 1024 : -1,
        allocatedVCores: last ? 7 : second ? 1 : -1,
        runningContainers: last ? 4 : second ? 1 : -1,
        memorySeconds: pending ? 0 : 180_224,
        vcoreSeconds: pending ? 0 : 214,
        resourceSecondsMap: { entry: keyed(pending ? 0 : 180_224, pending ? 0 : 214, last ? 37 : 0) },
        ...(!ended && {
          resourceInfo: {
            resourceUsagesByPartition: [
              { partitionName: '', used: last ? amount(4 * 1536, 7, 2) : second ? amount(1024, 1) : amount(0, 0) },
            ],
          },
        }),
        ...(pending && {
          resourceRequests: [{ resourceName: '*', numContainers: 1, capability: amount(1024, 1, 2) }],
        }),
      });
    }
    this.app = this.apps.at(-1);
    for (const app of this.apps) if (app.state !== 'ACCEPTED') this.makeAttempt(app);
  }

  makeAttempt(app) {
    const [, stamp, number] = app.id.split('_');
    const attempt = `appattempt_${stamp}_${number}_000001`;
    const running = app.finishedTime === 0;
    const size = app === this.app ? 4 : 1;
    const list = Array.from({ length: size }, (_, index) => {
      const node = this.nodes[(index + Number(number)) % this.nodes.length];
      const id = `container_${stamp}_${number}_01_${String(index + 1).padStart(6, '0')}`;
      const failed = app.state === 'FAILED';
      const memory = app === this.app ? 1536 : 1024;
      const cores = app === this.app && index > 0 ? 2 : 1;
      const gpus = app === this.app && node.gpus > 0 ? 2 : 0;
      this.makeLogs(id, index === 0 ? 'master' : `executor ${index}`);
      return {
        containerId: id,
        allocatedMB: memory,
        allocatedVCores: cores,
        allocatedResources: keyed(memory, cores, gpus),
        assignedNodeId: node.id,
        nodeId: node.id,
        nodeHttpAddress: node.nodeHTTPAddress,
        priority: 0,
        startedTime: app.launchTime + index * 15,
        finishedTime: running ? 0 : app.finishedTime,
        diagnosticsInfo: this.name('container.diagnostics', failed ? 'Killed: out of memory' : ''),
        containerExitStatus: running ? -1000 : failed ? 137 : 0,
        containerState: running ? 'RUNNING' : 'COMPLETE',
      };
    });
    this.containers.set(attempt, list);
    app.attempt = {
      id: 1,
      startTime: app.launchTime,
      finishedTime: app.finishedTime,
      containerId: list[0].containerId,
      nodeHttpAddress: list[0].nodeHttpAddress,
      nodeId: list[0].nodeId,
      appAttemptId: attempt,
      appAttemptState: running ? 'RUNNING' : app.state,
    };
  }

  makeLogs(container, role) {
    const lines = [];
    for (let index = 0; index < 2600; index++) {
      const time = new Date(this.started + index * 911).toISOString();
      lines.push(
        `${time} INFO  ${role}: task ${index} of stage ${index % 4} finished in ${10 + ((index * 37) % 400)} ms, wrote ${((index * 7919) % 900) + 50} records`,
      );
      if (index % 97 === 13) {
        lines.push(`${time} WARN  ${role}: block rdd_4_${index % 12} does not fit in memory, kept on disk`);
      }
    }
    const files = new Map();
    files.set('stdout', Buffer.from(this.name('log', `${lines.join('\n')}\n`)));
    files.set('stderr', Buffer.from('registry: 14 operators\nresolved 127.0.0.1:8031\n'));
    this.logs.set(container, files);
  }

  appendLog(container, file, text) {
    const files = this.logs.get(container);
    files.set(file, Buffer.concat([files.get(file) ?? Buffer.alloc(0), Buffer.from(text)]));
    this.emit('log', container, file);
  }

  // Rounds of a ranking program: a map stage, and for each round a join with a shuffle.
  makeWork() {
    const now = Date.now();
    const stages = [];
    const jobs = [];
    const plan = [
      ['count sections', 'count at archive_rank.cpp:48', 2],
      ['link lists', 'persist at archive_rank.cpp:71', 2],
      ['rounds of ranking', 'collect at archive_rank.cpp:96', 6],
      ['top 20', 'top at archive_rank.cpp:103', 2],
    ];
    let stageId = 0;
    plan.forEach(([description, name, count], jobId) => {
      const stageIds = [];
      for (let index = 0; index < count; index++) {
        const first = index === 0;
        stageIds.push(stageId);
        stages.push({
          status: 'PENDING',
          stageId: stageId++,
          attemptId: 0,
          numTasks: first ? 48 : 120,
          numActiveTasks: 0,
          numCompleteTasks: 0,
          numFailedTasks: 0,
          numKilledTasks: 0,
          executorRunTime: 0,
          inputBytes: 0,
          inputRecords: 0,
          outputBytes: 0,
          outputRecords: 0,
          shuffleReadBytes: 0,
          shuffleReadRecords: 0,
          shuffleWriteBytes: 0,
          shuffleWriteRecords: 0,
          memoryBytesSpilled: 0,
          diskBytesSpilled: 0,
          name: this.name('stage.name', first ? `text_records at archive_rank.cpp:${30 + jobId}` : `reduce_by_key at archive_rank.cpp:${60 + index}`),
          details: '',
          schedulingPool: 'default',
          accumulatorUpdates: [],
          tasks: [],
          job: jobId,
        });
      }
      jobs.push({
        jobId,
        name: this.name('job.name', name),
        description: this.name('job.description', description),
        submissionTime: undefined,
        completionTime: undefined,
        stageIds,
        status: 'PENDING',
        numTasks: 0,
        numActiveTasks: 0,
        numCompletedTasks: 0,
        numSkippedTasks: 0,
        numFailedTasks: 0,
        numKilledTasks: 0,
        numActiveStages: 0,
        numCompletedStages: 0,
        numSkippedStages: 0,
        numFailedStages: 0,
      });
    });
    const list = this.containers.get(this.app.attempt.appAttemptId);
    const executors = list.slice(1).map((container, index) => ({
      id: String(index + 1),
      hostPort: this.name('executor.host', `127.0.0.${index + 1}:4${index}811`),
      isActive: true,
      rddBlocks: 12,
      memoryUsed: 96 * kMiB + index * 20 * kMiB,
      diskUsed: 0,
      totalCores: 2,
      maxTasks: 2,
      activeTasks: 0,
      failedTasks: 0,
      completedTasks: 0,
      totalTasks: 0,
      totalDuration: 0,
      totalInputBytes: 0,
      totalShuffleRead: 0,
      totalShuffleWrite: 0,
      maxMemory: 640 * kMiB,
      addTime: sparkTime(now - 40_000),
      executorLogs: {},
      attributes: { CONTAINER_ID: container.containerId },
    }));
    const work = { jobs, stages, executors, at: now - 40_000, task: 0 };
    this.work = work;
    for (let step = 0; step < 52; step++) this.advance(work.at + 700, 8);
    this.failTask(work);
    return work;
  }

  failTask(work) {
    const stage = work.stages.find((one) => one.status === 'ACTIVE');
    const task = stage?.tasks.find((one) => one.status === 'SUCCESS');
    if (!task) return;
    stage.numFailedTasks = 1;
    const job = work.jobs[stage.job];
    job.numFailedTasks = 1;
    stage.tasks.push({
      ...task,
      taskId: work.task++,
      attempt: 1,
      status: 'FAILED',
      errorMessage: this.name('task.error', 'lost connection to 127.0.0.2:40811 while fetching shuffle 3, map 17'),
    });
  }

  /** The stage that runs completes `amount` tasks at time `at`; the next stage follows it. */
  advance(at, amount) {
    const { work } = this;
    work.at = at;
    let stage = work.stages.find((one) => one.status === 'ACTIVE');
    if (!stage) {
      stage = work.stages.find((one) => one.status === 'PENDING');
      if (!stage) return undefined;
      stage.status = 'ACTIVE';
      stage.submissionTime = sparkTime(at);
      stage.firstTaskLaunchedTime = sparkTime(at + 3);
    }
    const job = work.jobs[stage.job];
    if (job.status === 'PENDING') {
      job.status = 'RUNNING';
      job.submissionTime = sparkTime(at);
      job.numTasks = job.stageIds.reduce((sum, id) => sum + work.stages[id].numTasks, 0);
    }
    const left = stage.numTasks - stage.numCompleteTasks;
    const done = Math.min(amount, left);
    for (const task of stage.tasks.filter((one) => one.status === 'RUNNING')) {
      stage.tasks.splice(stage.tasks.indexOf(task), 1);
    }
    for (let index = 0; index < done; index++) this.addTask(stage, at, 'SUCCESS');
    stage.numCompleteTasks += done;
    job.numCompletedTasks += done;
    stage.numActiveTasks = Math.min(6, stage.numTasks - stage.numCompleteTasks);
    for (let index = 0; index < stage.numActiveTasks; index++) this.addTask(stage, at, 'RUNNING', index);
    job.numActiveTasks = stage.numActiveTasks;
    job.numActiveStages = 1;
    if (stage.numCompleteTasks === stage.numTasks) {
      stage.status = 'COMPLETE';
      stage.completionTime = sparkTime(at);
      job.numCompletedStages++;
      job.numActiveStages = 0;
      if (job.numCompletedStages === job.stageIds.length) {
        job.status = 'SUCCEEDED';
        job.completionTime = sparkTime(at);
      }
    }
    work.executors.forEach((executor, index) => {
      executor.activeTasks = Math.min(2, Math.max(0, stage.numActiveTasks - 2 * index));
    });
    return { stage, job };
  }

  addTask(stage, at, status, ahead = 0) {
    const { work } = this;
    const first = stage.stageId === stage.job;
    const index = stage.tasks.filter((one) => one.status === 'SUCCESS').length + (status === 'RUNNING' ? ahead : 0);
    const duration = Math.round(40 + this.random() ** 3 * 900);
    const executor = work.executors[index % work.executors.length];
    const read = Math.round(kMiB * (1 + this.random() * 3));
    const write = Math.round(kMiB * (0.3 + this.random()));
    const done = status === 'SUCCESS';
    stage.tasks.push({
      taskId: done ? work.task++ : 1e6 + index,
      index,
      attempt: 0,
      partitionId: index,
      launchTime: sparkTime(at - (done ? duration : 200)),
      duration,
      executorId: executor.id,
      host: executor.hostPort.split(':')[0],
      status,
      taskLocality: first ? 'NODE_LOCAL' : index % 17 === 3 ? 'ANY' : 'PROCESS_LOCAL',
      speculative: false,
      taskMetrics: {
        inputMetrics: { bytesRead: first && done ? read : 0 },
        shuffleReadMetrics: { localBytesRead: !first && done ? read : 0, remoteBytesRead: 0 },
        shuffleWriteMetrics: { bytesWritten: done ? write : 0 },
      },
    });
    if (!done) return;
    if (first) {
      const name = this.name('accumulator.name', 'records read');
      work.recordsRead = (work.recordsRead ?? 0) + 9000;
      stage.accumulatorUpdates = [{ id: 0, name, value: String(work.recordsRead) }];
      stage.tasks.at(-1).accumulatorUpdates = [{ id: 0, name, update: '9000', value: String(work.recordsRead) }];
    }
    stage.executorRunTime += duration;
    stage.shuffleWriteBytes += write;
    stage.shuffleWriteRecords += 4000;
    stage[first ? 'inputBytes' : 'shuffleReadBytes'] += read;
    stage[first ? 'inputRecords' : 'shuffleReadRecords'] += 9000;
    executor.completedTasks++;
    executor.totalTasks++;
    executor.totalDuration += duration;
    executor.totalShuffleWrite += write;
    executor[first ? 'totalInputBytes' : 'totalShuffleRead'] += read;
  }

  /** One step of life: tasks complete, progress moves, a node's share changes. */
  tick() {
    const changed = this.advance(Date.now(), 3);
    this.refresh();
    if (changed) {
      this.emit(`jobs:${this.app.id}`, 'jobs', {
        app: this.app.id,
        jobs: [changed.job],
        stages: [publicStage(changed.stage)],
        executors: this.work.executors,
      });
    }
    this.emit('apps', 'app', publicApp(this.app));
    this.emit('cluster', 'cluster', this.metrics());
    const node = this.nodes[Math.floor(this.random() * this.nodes.length)];
    if (node.state === 'RUNNING') {
      node.lastHealthUpdate = Date.now();
      this.emit('nodes', 'node', node);
    }
    const master = this.containers.get(this.app.attempt.appAttemptId)[0].containerId;
    this.appendLog(master, 'stdout', `${new Date().toISOString()} INFO  master: ${this.app.progress} % done\n`);
  }

  refresh() {
    const total = this.work.stages.reduce((sum, stage) => sum + stage.numTasks, 0);
    const done = this.work.stages.reduce((sum, stage) => sum + stage.numCompleteTasks, 0);
    this.app.progress = Math.round((100 * done) / total);
    for (const node of this.nodes) {
      node.numContainers = node.usedMemoryMB = node.usedVirtualCores = node.gpusUsed = 0;
    }
    const hold = (node, memory, cores) => {
      if (node.state !== 'RUNNING') return;
      node.numContainers++;
      node.usedMemoryMB += memory;
      node.usedVirtualCores += cores;
    };
    for (const list of this.containers.values()) {
      for (const container of list) {
        const node = this.nodes.find((one) => one.id === container.nodeId);
        if (container.containerState !== 'RUNNING') continue;
        hold(node, container.allocatedMB, container.allocatedVCores);
        node.gpusUsed += Number(container.allocatedResources.find(({ key }) => key === 'yarn.io/gpu')?.value ?? 0);
      }
    }
    if (this.nodes.length > 4) {
      this.nodes.forEach((node, index) => {
        for (let extra = 0; extra < (index * 7) % 8; extra++) hold(node, 6 * kGiB, 2);
      });
    }
    for (const node of this.nodes) {
      node.availMemoryMB = node.totalResource.memory - node.usedMemoryMB;
      node.availableVirtualCores = node.totalResource.vCores - node.usedVirtualCores;
      node.usedResource = amount(node.usedMemoryMB, node.usedVirtualCores, node.gpusUsed);
    }
  }

  /** Only what has not started waits, unless `app.wants` says what a running one asks for. */
  explanation(app) {
    const pending = app.state === 'ACCEPTED';
    const asks = [];
    if (pending || app.wants) {
      const size = pending ? amount(1024, 1, 2) : amount(1536, 2);
      asks.push({
        ask: pending ? 0 : 1,
        containers: pending ? 1 : app.wants,
        size,
        never: false,
        blockers: [
          {
            reason: 'QUEUE_LIMIT',
            title: 'its queue is at its maximum',
            sentence: app.diagnostics || `Queue ${app.queue} uses all that it may`,
            where: app.queue,
            needed: size,
            limit: amount(8 * kGiB, 8, 3),
            used: amount(7.5 * kGiB, 7, 2),
            holders: [{ application: this.app.id, containers: 4, amount: amount(6 * kGiB, 7, 2) }],
            rejected: [],
          },
        ],
        ahead: { containers: 0, applications: 0, more: false, first: [] },
        estimate: { sentence: 'No estimate: no container of this size class ended in the last 5 min.' },
        nextStep: 'Wait for containers of the queue to end.',
      });
    }
    const waiting = asks.length > 0;
    return {
      application: app.id,
      waiting,
      ...(waiting && { reason: 'QUEUE_LIMIT' }),
      headline: waiting ? asks[0].blockers[0].sentence : 'It runs, and waits for nothing.',
      blockers: [],
      asks,
      asksCount: asks.length,
    };
  }

  waiting() {
    const apps = this.apps.filter((app) => app.state === 'ACCEPTED');
    const reason = 'QUEUE_LIMIT';
    const title = 'its queue is at its maximum';
    return {
      reasons: apps.length > 0 ? [{ reason, title, applications: apps.length }] : [],
      applications: apps.map((app) => ({ application: app.id, reason, headline: app.diagnostics })),
    };
  }

  metrics() {
    const up = this.nodes.filter((node) => node.state === 'RUNNING');
    const sum = (value) => up.reduce((total, node) => total + value(node), 0);
    const number = (state) => this.apps.filter((app) => app.state === state).length;
    return {
      appsSubmitted: this.apps.length,
      appsCompleted: number('FINISHED'),
      appsPending: number('ACCEPTED'),
      appsRunning: number('RUNNING'),
      appsFailed: number('FAILED'),
      appsKilled: number('KILLED'),
      reservedMB: 0,
      availableMB: sum((node) => node.availMemoryMB),
      allocatedMB: sum((node) => node.usedMemoryMB),
      pendingMB: 8 * kGiB,
      reservedVirtualCores: 0,
      availableVirtualCores: sum((node) => node.availableVirtualCores),
      allocatedVirtualCores: sum((node) => node.usedVirtualCores),
      pendingVirtualCores: 2,
      containersAllocated: sum((node) => node.numContainers),
      containersReserved: 0,
      containersPending: 1,
      totalMB: sum((node) => node.totalResource.memory),
      totalVirtualCores: sum((node) => node.totalResource.vCores),
      totalNodes: this.nodes.length,
      lostNodes: this.nodes.filter((node) => node.state === 'LOST').length,
      unhealthyNodes: this.nodes.filter((node) => node.state === 'UNHEALTHY').length,
      decommissioningNodes: 0,
      decommissionedNodes: 0,
      rebootedNodes: 0,
      activeNodes: up.length,
      shutdownNodes: 0,
      totalUsedResourcesAcrossPartition: amount(
        sum((node) => node.usedMemoryMB),
        sum((node) => node.usedVirtualCores),
        sum((node) => node.gpusUsed),
      ),
      totalClusterResourcesAcrossPartition: amount(
        sum((node) => node.totalResource.memory),
        sum((node) => node.totalResource.vCores),
        sum((node) => node.gpus),
      ),
    };
  }

  scheduler() {
    const queue = (queueName, capacity, usedCapacity, active, pending, gpus = 0, gpusUsed = 0) => ({
      type: 'capacitySchedulerLeafQueueInfo',
      queueName: this.name('queue', queueName),
      queuePath: this.name('queue', `root.${queueName}`),
      capacity,
      usedCapacity,
      maxCapacity: 100,
      absoluteCapacity: capacity,
      absoluteUsedCapacity: (capacity * usedCapacity) / 100,
      numActiveApplications: active,
      numPendingApplications: pending,
      resourcesUsed: amount(kGiB, 1, gpusUsed),
      minEffectiveCapacity: amount(2 * kGiB, 2, gpus),
      state: 'RUNNING',
    });
    return {
      schedulerInfo: {
        type: 'capacityScheduler',
        queueName: 'root',
        queuePath: 'root',
        capacity: 100,
        usedCapacity: 52,
        maxCapacity: 100,
        queues: {
          queue: [queue('default', 50, 88, 1, 0), queue('etl', 30, 0, 0, 1), queue('adhoc', 20, 34, 1, 0, 4, 2)],
        },
      },
    };
  }

  rdds() {
    return [
      {
        id: 4,
        name: this.name('rdd.name', 'links'),
        numPartitions: 24,
        numCachedPartitions: 22,
        storageLevel: 'MEMORY_AND_DISK',
        memoryUsed: 312 * kMiB,
        diskUsed: 18 * kMiB,
      },
    ];
  }
}

export function publicStage({ tasks: _tasks, job: _job, ...stage }) {
  return stage;
}

export function publicApp({ attempt: _attempt, ...app }) {
  return app;
}
