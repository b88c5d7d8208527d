// Runs compute kernels on Dawn for tests. Its own process, because Vulkan drivers are found by variables that must be
// set before a process starts, and because Dawn keeps its process alive.
import { create, globals } from "webgpu";

Object.assign(globalThis, globals);
const gpu = create([]);
const adapter = await gpu.requestAdapter();
const requiredLimits = {};
for (const name of ["maxComputeWorkgroupStorageSize", "maxComputeInvocationsPerWorkgroup"]) {
  if (adapter) requiredLimits[name] = adapter.limits[name];
}
const device = adapter && (await adapter.requestDevice({ requiredLimits }));
// Dawn crashes once the collector frees what the device came from.
globalThis.kept = { gpu, adapter, device };

const bufferTypes = { read: "read-only-storage", read_write: "storage", uniform: "uniform" };

process.on("message", (request) => {
  run(request).then(
    (buffers) => process.send({ buffers }),
    (error) => process.send({ error: String(error?.message ?? error) }),
  );
});
process.send({ adapter: adapter && `${adapter.info.vendor} ${adapter.info.architecture}`, limits: requiredLimits });

/** The contents of all written buffers after one dispatch; null for the others. */
async function run({ code, bindings, workgroups }) {
  const { COMPUTE } = GPUShaderStage;
  const { COPY_DST, COPY_SRC, MAP_READ, STORAGE, UNIFORM } = GPUBufferUsage;
  device.pushErrorScope("validation");
  const layout = device.createBindGroupLayout({
    entries: bindings.map(({ access }, binding) => ({
      binding,
      visibility: COMPUTE,
      buffer: { type: bufferTypes[access] },
    })),
  });
  const pipeline = device.createComputePipeline({
    layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
    compute: { module: device.createShaderModule({ code }), entryPoint: "main" },
  });
  const buffers = bindings.map(({ access, data }) => {
    const usage = COPY_DST | COPY_SRC | (access === "uniform" ? UNIFORM : STORAGE);
    const buffer = device.createBuffer({ size: data.byteLength, usage });
    device.queue.writeBuffer(buffer, 0, data);
    return buffer;
  });
  const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, device.createBindGroup({ layout, entries }));
  pass.dispatchWorkgroups(...workgroups);
  pass.end();
  const staging = bindings.map(({ access, data }, binding) => {
    if (access !== "read_write") return null;
    const buffer = device.createBuffer({ size: data.byteLength, usage: COPY_DST | MAP_READ });
    encoder.copyBufferToBuffer(buffers[binding], 0, buffer, 0, data.byteLength);
    return buffer;
  });
  device.queue.submit([encoder.finish()]);
  const error = await device.popErrorScope();
  if (error) throw new Error(error.message);
  const results = [];
  for (const buffer of staging) {
    if (!buffer) {
      results.push(null);
      continue;
    }
    await buffer.mapAsync(GPUMapMode.READ);
    results.push(new Uint8Array(buffer.getMappedRange().slice(0)));
    buffer.destroy();
  }
  for (const buffer of buffers) buffer.destroy();
  return results;
}
