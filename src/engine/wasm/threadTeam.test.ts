import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { resnet18Trunk } from "../../networks/resnet.ts";
import type { KernelJob } from "./kernels.ts";
import { lowerTrunk } from "./lowering/lowerTrunk.ts";
import type { KernelName } from "./lowering/program.ts";
import { spawnNodeThread } from "./node/engine.ts";
import type { ThreadOrder, ThreadReply } from "./threadProtocol.ts";
import { type ThreadPort, ThreadTeam } from "./threadTeam.ts";

/** A worker whose replies and death the test decides. */
class FakePort implements ThreadPort {
  readonly orders: ThreadOrder[] = [];
  terminated = false;
  reply: (reply: ThreadReply) => void = () => undefined;
  crash: (reason: string) => void = () => undefined;

  post(order: ThreadOrder): void {
    this.orders.push(order);
  }
  onReply(listener: (reply: ThreadReply) => void): void {
    this.reply = listener;
  }
  onCrash(listener: (reason: string) => void): void {
    this.crash = listener;
  }
  terminate(): void {
    this.terminated = true;
  }
}

function job(): KernelJob {
  const { programs, control, bytes } = lowerTrunk(resnet18Trunk(8, 8), 2, 2);
  const pages = Math.ceil(bytes / 65536);
  const module = new WebAssembly.Module(readFileSync(new URL("./build/simd.wasm", import.meta.url)));
  return {
    module,
    memory: new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }),
    programs,
    control,
  };
}

function fakeTeam(): { team: ThreadTeam; ports: [FakePort, FakePort] } {
  const ports: [FakePort, FakePort] = [new FakePort(), new FakePort()];
  let next = 0;
  return { team: new ThreadTeam(2, () => ports[next++] as FakePort), ports };
}

async function loaded(): Promise<{ team: ThreadTeam; ports: [FakePort, FakePort]; job: KernelJob }> {
  const { team, ports } = fakeTeam();
  const loadedJob = job();
  const loading = team.load(1, loadedJob);
  for (const port of ports) port.reply({ done: true });
  await loading;
  return { team, ports, job: loadedJob };
}

describe("a team of kernel threads", () => {
  it("has run when every thread has", async () => {
    const { team, ports } = await loaded();
    let done = false;
    const run = team.run(1, "forward", 2).then(() => {
      done = true;
    });
    ports[0].reply({ done: true });
    await Promise.resolve();
    expect(done).toBe(false);
    ports[1].reply({ done: true });
    await run;
  });

  it("rejects the pending run when a thread crashes, stops the others, and says so ever after", async () => {
    const { team, ports, job } = await loaded();
    const run = team.run(1, "forward", 2);
    ports[1].crash("out of memory");
    await expect(run).rejects.toThrow("Kernel thread 2 of 2 crashed: out of memory.");
    expect(ports.map(({ terminated }) => terminated)).toEqual([true, true]);
    expect(Atomics.load(new Int32Array(job.memory.buffer), (job.control + 128) / 4)).toBe(1);
    await expect(team.run(1, "evaluate", 1)).rejects.toThrow(/out of memory/);
  });

  it("rejects with a kernel's own error", async () => {
    const { team, ports } = await loaded();
    const run = team.run(1, "backward", 2);
    ports[0].reply({ done: false, error: "memory access out of bounds" });
    await expect(run).rejects.toThrow("Kernel thread 1 of 2 failed: memory access out of bounds.");
  });

  it("does not hang at the barrier when one real thread fails before it", async () => {
    const script = new URL("./build/kernelThread.mjs", import.meta.url);
    const team = new ThreadTeam(2, () => spawnNodeThread(script));
    const good = job();
    // One work item goes to the last thread; the first goes straight to the barrier.
    const call = { kernel: "noSuchKernel" as KernelName, args: [] };
    await team.load(1, { ...good, programs: { ...good.programs, forward: [[{ work: "split", items: 1, call }]] } });
    await expect(team.run(1, "forward", 2)).rejects.toThrow(/^Kernel thread 2 of 2 failed: /);
    team.dispose();
  }, 5000);

  it("does not hang when a real thread dies in the middle of a run", async () => {
    const script = new URL("./build/kernelThread.mjs", import.meta.url);
    const ports: ThreadPort[] = [];
    const team = new ThreadTeam(2, () => {
      const port = spawnNodeThread(script);
      ports.push(port);
      return port;
    });
    await team.load(1, job());
    const run = team.run(1, "forward", 2);
    ports[0]?.terminate();
    await expect(run).rejects.toThrow(/^Kernel thread 1 of 2 crashed: it ended with code 1/);
    team.dispose();
  }, 5000);

  it("rejects what is pending when it is disposed", async () => {
    const { team } = await loaded();
    const run = team.run(1, "forward", 2);
    team.dispose();
    await expect(run).rejects.toThrow("This engine was disposed.");
  });
});
