import { type ReactNode, useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { LiveTrace } from "../session/session.ts";

const HEIGHT = 130;

/** Loss per step of the running cell; a vertical line where a live run was told a new α. */
export function LossChart({ trace }: { trace: LiveTrace }): ReactNode {
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const marks = useRef<LiveTrace["alphaChanges"]>([]);

  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const ink = getComputedStyle(element).getPropertyValue("--soft");
    const line = getComputedStyle(element).getPropertyValue("--accuracy");
    const axis = { stroke: ink, grid: { show: false }, font: "11px system-ui" };
    const plot = new uPlot(
      {
        width: element.clientWidth || 320,
        height: HEIGHT,
        legend: { show: false },
        cursor: { show: false },
        scales: { x: { time: false } },
        axes: [axis, { ...axis, size: 40 }],
        series: [{ label: "step" }, { label: "loss", stroke: line, width: 1, points: { show: false } }],
        hooks: { draw: [(self) => drawMarks(self, marks.current)] },
      },
      [[], []],
      element,
    );
    chart.current = plot;
    const resize = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }));
    resize.observe(element);
    return () => {
      resize.disconnect();
      plot.destroy();
      chart.current = null;
    };
  }, []);

  useEffect(() => {
    marks.current = trace.alphaChanges;
    chart.current?.setData([trace.steps.map((point) => point.step), trace.steps.map((point) => point.loss)]);
  }, [trace]);

  const last = trace.steps.at(-1);
  return (
    <div ref={host} role="img" aria-label={`Loss over steps, now ${last?.loss.toFixed(3)} at step ${last?.step}`} />
  );
}

function drawMarks(plot: uPlot, changes: LiveTrace["alphaChanges"]): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = getComputedStyle(plot.root).getPropertyValue("--synthetic");
  ctx.setLineDash([4, 3]);
  for (const change of changes) {
    const x = plot.valToPos(change.step, "x", true);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}
