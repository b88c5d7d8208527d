import type { ReactNode } from "react";
import table from "../ui/table.module.css";
import css from "./evaluate.module.css";

const rows = [
  [
    "score, or score_NAME",
    "[N]",
    "Confidence, larger = more in-distribution. Several methods: score_msp, score_mine …",
  ],
  ["logits", "[N, K]", "Detectors that read only logits score them."],
  ["features", "[N, d]", "Together with a head: every detector but those that look at images."],
  ["labels", "[N]", "Class 0 … K − 1 of the ID sets; OOD sets need none."],
  ["weight, bias", "[K, d], [K]", "The head, a file of its own."],
] as const;

/** How arrays and columns are called. */
export function FormatHelp(): ReactNode {
  return (
    <details className={css.help}>
      <summary>Names of tensors and columns</summary>
      <div className={table.scroll}>
        <table className={table.table}>
          <thead>
            <tr>
              <th scope="col">Array of .npz or .safetensors</th>
              <th scope="col">Shape</th>
              <th scope="col" className={table.text}>
                What it is
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map(([name, shape, what]) => (
              <tr key={name}>
                <th scope="row">
                  <code>{name}</code>
                </th>
                <td>{shape}</td>
                <td className={`${table.text} ${css.prose}`}>{what}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p>
        One file per set: <code>id_test.npz</code>, <code>near_cifar100.npz</code>, <code>svhn.npz</code>; for fitted
        detectors also <code>train.npz</code> and <code>id_val.npz</code>. Or one .csv with a column <code>set</code>:
      </p>
      <pre>{"set,label,score_msp,score_mine\nid_test,3,0.98,12.1\nsvhn,-1,0.41,3.7"}</pre>
      <p>
        OpenOOD’s own .npz (<code>conf</code>, <code>label</code>, <code>feat_list</code>) and the scores.safetensors
        that this workbench exports (<code>METHOD/SET</code>) are read as they are.
      </p>
    </details>
  );
}
