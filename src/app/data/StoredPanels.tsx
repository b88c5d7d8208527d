import { Progress } from "@mantine/core";
import type { ReactNode } from "react";
import { bytes, count } from "../model/format.ts";
import { useSession, useSessionField } from "../state/session.tsx";
import { ActionButton } from "../ui/ActionButton.tsx";
import { Empty, Panel } from "../ui/Panel.tsx";
import table from "../ui/table.module.css";
import css from "./data.module.css";

/** Datasets that were imported into this browser. */
export function DatasetsPanel(): ReactNode {
  const session = useSession();
  const datasets = useSessionField("datasets");
  const remove = async (id: string, title: string): Promise<void> => {
    if (window.confirm(`Delete the dataset ${title} from this browser? Your files stay where they are.`)) {
      await session.deleteDataset(id);
    }
  };
  return (
    <Panel title="Imported datasets">
      {datasets.length === 0 ? (
        <Empty>Nothing is imported yet. Datasets that you import stay in this browser and are listed here.</Empty>
      ) : (
        <div className={table.scroll}>
          <table className={table.table} aria-label="Imported datasets">
            <thead>
              <tr>
                <th scope="col">Dataset</th>
                <th scope="col">Images</th>
                <th scope="col">Classes</th>
                <th scope="col">Size</th>
                <th scope="col" className={table.text}>
                  Note
                </th>
                <th scope="col">Delete</th>
              </tr>
            </thead>
            <tbody>
              {datasets.map((dataset) => (
                <tr key={dataset.id}>
                  <th scope="row">{dataset.title}</th>
                  <td>{count(dataset.count)}</td>
                  <td>{count(dataset.classes)}</td>
                  <td>{bytes(dataset.bytes)}</td>
                  <td className={`${table.text} ${table.wrap}`}>{dataset.note}</td>
                  <td>
                    <ActionButton
                      variant="default"
                      size="compact-xs"
                      label={`Delete dataset ${dataset.title}`}
                      action={() => remove(dataset.id, dataset.title)}
                    >
                      Delete
                    </ActionButton>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

/** How full this browser's storage is. */
export function StoragePanel(): ReactNode {
  const storage = useSessionField("storage");
  if (storage === null) return null;
  const { used, quota } = storage;
  return (
    <Panel
      title="Storage"
      summary={
        quota === null
          ? `${bytes(used)} stored; this browser does not say how much it allows.`
          : `${bytes(used)} of ${bytes(quota)} used, by datasets, pools, checkpoints, features and results.`
      }
    >
      {quota === null ? null : (
        <Progress className={css.gauge} value={(used / quota) * 100} aria-label="Storage used" />
      )}
    </Panel>
  );
}
