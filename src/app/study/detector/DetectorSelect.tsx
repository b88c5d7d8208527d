import { NativeSelect } from "@mantine/core";
import type { ReactNode } from "react";
import { detectors } from "../../../detection/registry.ts";
import { detectorTitle } from "../../model/words.ts";
import { useView } from "../../state/view.ts";
import { useStudyModel } from "../studyModel.tsx";

/** Every detector of the workbench, and the variants that this study was scored with. */
export function DetectorSelect({ label }: { label: string }): ReactNode {
  const { entry, index, detector } = useStudyModel();
  const select = useView((view) => view.selectDetector);
  const item = (value: string) => ({ value, label: detectorTitle(value) });
  const names = detectors.map(({ name }) => name);
  const variants = new Set(index.finished.flatMap((summary) => summary.detectors.flatMap((r) => r.variant ?? [])));
  if (!names.includes(detector)) variants.add(detector);
  const groups = [
    ["Of the study", names.filter((name) => entry.study.detectors.includes(name))],
    ["Scored when chosen", names.filter((name) => !entry.study.detectors.includes(name))],
    ["Your hyper-parameters", [...variants].sort()],
  ] as const;
  return (
    <NativeSelect
      size="xs"
      aria-label={label}
      value={detector}
      onChange={(event) => select(event.target.value)}
      data={groups.flatMap(([group, keys]) => (keys.length === 0 ? [] : [{ group, items: keys.map(item) }]))}
    />
  );
}
