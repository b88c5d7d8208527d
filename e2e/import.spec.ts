import { readFileSync } from "node:fs";
import { expect, type Page, test } from "@playwright/test";
import { type TensorToWrite, writeSafetensors } from "../src/checkpoints/safetensors.ts";
import { torchFile } from "../src/checkpoints/testing/torchFile.ts";
import { initialState } from "../src/networks/init.ts";
import { engineBadge } from "./page.ts";

interface NamedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

function scores(name: string, values: Readonly<Record<string, readonly number[]>>): NamedFile {
  const tensors = Object.entries(values).map(
    ([key, data]) => [key, { shape: [data.length], data: Float32Array.from(data) }] as const,
  );
  return { name, bytes: writeSafetensors(new Map(tensors)) };
}

/** `count` images of three classes: ID logits peak at the label, except in the first `wrong` rows; OOD logits are flat. */
function logits(name: string, count: number, wrong: number, ood: boolean): NamedFile {
  const data = new Float32Array(count * 3);
  const labels = Int32Array.from({ length: count }, (_, i) => i % 3);
  for (let i = 0; i < count; i++) {
    data[i * 3 + ((i + (i < wrong ? 1 : 0)) % 3)] = ood ? 1 + i / count : 5 + i / count;
  }
  const all = new Map<string, TensorToWrite>([["logits", { shape: [count, 3], data }]]);
  if (!ood) all.set("labels", { shape: [count], data: labels });
  return { name, bytes: writeSafetensors(all) };
}

/** Drops the files on the page, as from a file manager. */
async function drop(page: Page, files: readonly NamedFile[]): Promise<void> {
  const payload = files.map(({ name, bytes }) => ({ name, base64: Buffer.from(bytes).toString("base64") }));
  const transfer = await page.evaluateHandle((all) => {
    const data = new DataTransfer();
    for (const { name, base64 } of all) {
      const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
      data.items.add(new File([bytes], name));
    }
    return data;
  }, payload);
  await page.getByText("Drop files or a folder here, or").dispatchEvent("drop", { dataTransfer: transfer });
}

/** Gives the files to the chooser behind the button. */
async function choose(page: Page, files: readonly NamedFile[]): Promise<void> {
  await page
    .getByLabel("Choose files to evaluate")
    .setInputFiles(
      files.map(({ name, bytes }) => ({ name, mimeType: "application/octet-stream", buffer: Buffer.from(bytes) })),
    );
}

test("scores that were computed elsewhere are judged, kept, exported and deleted", async ({ page }) => {
  await page.goto("./#/evaluate");
  await drop(page, [
    scores("id_test.safetensors", { score_mine: [3, 4, 5, 6] }),
    scores("near_cats.safetensors", { score_mine: [1, 2, 3] }),
    scores("svhn.safetensors", { score_mine: [0, 5.5] }),
  ]);
  await expect(page.getByLabel("What svhn.safetensors is taken for")).toHaveValue("far test");
  await expect(page.getByLabel("What id_test.safetensors is taken for")).toHaveValue("id test");
  await page.getByLabel("Name", { exact: true }).fill("from the lab");
  await page.getByRole("button", { name: "Evaluate" }).click();

  const table = page.getByRole("table", { name: "Detectors of the evaluation" });
  const row = table.getByRole("row", { name: /MINE/ });
  // Near: one tie among 4 × 3 pairs, 11.5 / 12. Far: the image at 5.5 lies above three of four.
  await expect(row).toContainText("95.8");
  await expect(row).toContainText("62.5");
  await expect(page.getByText("Only scores came: nothing tells the ID accuracy.")).toBeVisible();
  await expect(page.getByRole("img", { name: "ROC curves per OOD test set" })).toBeVisible();
  const accepts = page.getByRole("table", { name: "What the threshold accepts" });
  await expect(page.getByText(/At histogram resolution/)).toHaveCount(0);
  await expect(accepts.getByRole("row", { name: /near_cats/ })).toContainText("FPR 33.3");

  await page.reload();
  await expect(row).toContainText("95.8");
  await expect(page.getByLabel("Evaluation shown")).toHaveText(/from the lab/);

  const csv = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export metrics.csv" }).click();
  expect(readFileSync(await (await csv).path(), "utf8")).toMatch(/mine,near_cats,near,4,3,0\.9583/);
  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export scores.safetensors" }).click();
  const exported = readFileSync(await (await saved).path()).toString("latin1");
  for (const tensor of ["mine/id", "mine/near_cats", "mine/svhn"]) expect(exported).toContain(`"${tensor}"`);

  await page.getByRole("button", { name: "Delete the evaluation from the lab" }).click();
  await expect(page.getByText("Nothing has been imported.")).toBeVisible();
  await page.reload();
  await expect(page.getByText("Nothing has been imported.")).toBeVisible();
});

test("the ID accuracy comes before any OOD number", async ({ page }) => {
  await page.goto("./?backend=wasm#/evaluate");
  await expect(engineBadge(page, /wasm/i)).toBeVisible();
  await choose(page, [
    logits("train.safetensors", 60, 0, false),
    logits("id_val.safetensors", 30, 0, false),
    logits("id_test.safetensors", 30, 15, false),
    logits("near_cats.safetensors", 30, 0, true),
  ]);
  await page.getByLabel("Expected ID accuracy, %").fill("95.22");
  await page.getByRole("button", { name: "Evaluate" }).click();
  const stopped = page.getByText("Stopped at the ID accuracy: no OOD number of these files is shown.");
  await expect(stopped).toBeVisible();
  await expect(page.getByText("ID accuracy 50.00 %, expected 95.22 %.")).toBeVisible();
  await expect(page.getByRole("table", { name: "Detectors of the evaluation" })).toHaveCount(0);
  await page.getByRole("button", { name: "This is the accuracy I expect" }).click();

  const table = page.getByRole("table", { name: "Detectors of the evaluation" });
  await expect(table.getByRole("row", { name: /MSP/ })).toContainText("100.0");
  await expect(page.getByText(/Accepted by the user as it is/)).toBeVisible();
  await expect(page.getByRole("list", { name: "Notes of the import" })).toContainText(
    "KNN (needs features and a head)",
  );
  await table.getByRole("button", { name: "EBO" }).click();
  await expect(page.getByRole("heading", { name: /^Scores, EBO/ })).toBeVisible();
});

test("a checkpoint of torch.save is evaluated on its benchmark, ODIN through its network included", async ({
  page,
}) => {
  await page.goto("./?backend=wasm#/evaluate");
  const spec = { architecture: "resnet18", width: 8, classes: 10, imageSize: 32 } as const;
  await choose(page, [{ name: "net_acc91.20.ckpt", bytes: torchFile(initialState(spec, 1)) }]);
  await expect(page.getByLabel("Expected ID accuracy, %")).toHaveValue("91.20");
  await page.getByLabel("Trained on").selectOption("shapes");
  await page.getByLabel("Hyper-parameters").selectOption("quick");
  await page.getByRole("button", { name: "Evaluate" }).click();
  // Nobody has trained it: about one image in ten is right.
  await expect(page.getByText(/ID accuracy \d+\.\d\d %, expected 91\.20 %\. .* The file name says/)).toBeVisible();
  await page.getByRole("button", { name: "This is the accuracy I expect" }).click();
  const table = page.getByRole("table", { name: "Detectors of the evaluation" });
  await expect(table.getByRole("row", { name: /ODIN/ })).toContainText(/\d\.\d/, { timeout: 240_000 });
  await page.getByRole("button", { name: "Delete the evaluation net_acc91.20" }).click();
  await expect(page.getByText("Nothing has been imported.")).toBeVisible();
});

test("a file that is not what it says is refused with a sentence", async ({ page }) => {
  await page.goto("./#/evaluate");
  const header = Buffer.from('{"score":{"dtype":"F32","shape":[9],"data_offsets":[0,36]}}');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  await choose(page, [
    { name: "cut.safetensors", bytes: Buffer.concat([length, header, Buffer.alloc(4)]) },
    { name: "page.ckpt", bytes: Buffer.from("<!doctype html><title>404</title>") },
    scores("id_test.safetensors", { score: [1, Number.NaN] }),
  ]);
  const files = page.getByRole("table", { name: "Files to evaluate" });
  await expect(files.getByRole("row", { name: /cut\.safetensors/ })).toContainText("Refused");
  await expect(files.getByRole("row", { name: /page\.ckpt/ })).toContainText("This is an HTML page");
  await expect(files.getByRole("row", { name: /id_test/ })).toContainText("NaN");
  await expect(page.getByRole("button", { name: "Evaluate" })).toBeDisabled();
});
