import { describe, expect, it } from "vitest";
import { pick } from "../imageSet.ts";
import { shapesBenchmark, shapesBenchmarkById, shapesOutliers } from "./shapesBenchmark.ts";

const small = { train: 100, id_val: 10, id_test: 40, near_unseen: 40, near_val: 10, far_glyphs: 12 };

describe("shapesBenchmark", () => {
  it("describes its sets as they are loaded", async () => {
    const { info, load } = shapesBenchmark({
      ...small,
      id_test_shuffled_hues: 5,
      far_digits: 5,
      far_textures: 5,
      far_scenes: 5,
      far_val: 5,
    });
    for (const { name, count, group } of info.sets) {
      const set = await load(name);
      expect([set.count, set.height, set.width, set.images.length, set.labels.length]).toEqual([
        count,
        info.height,
        info.width,
        count * 3072,
        count,
      ]);
      for (const label of set.labels) {
        if (group === "id") expect(label).toBeLessThan(info.classNames.length);
        expect(label >= 0).toBe(group === "id");
      }
    }
    expect(info.missing).toEqual([]);
  });

  it("has the sets of the specification", () => {
    const sets = shapesBenchmark().info.sets.map(({ name, group, role, count }) =>
      [name, group, role, count].join(" "),
    );
    expect(sets).toEqual([
      "train id train 1000",
      "id_val id val 500",
      "id_test id test 2000",
      "id_test_shuffled_hues id diagnostic 2000",
      "near_unseen near test 2000",
      "near_val near val 500",
      "far_glyphs far test 1000",
      "far_digits far test 1000",
      "far_textures far test 1000",
      "far_scenes far test 1000",
      "far_val far val 500",
    ]);
  });

  it("gives image i whatever is asked for beside it", async () => {
    const few = await shapesBenchmark({ train: 20 }).load("train");
    const many = await shapesBenchmark({ train: 60 }).load("train");
    expect(few).toEqual(
      pick(
        many,
        Array.from({ length: 20 }, (_, i) => i),
      ),
    );
    expect(await shapesBenchmark().loadSome("train", [17, 3])).toEqual(pick(many, [17, 3]));
  });

  it("changes its fingerprint with its counts", () => {
    expect(shapesBenchmark().info.fingerprint).toBe(shapesBenchmark({ train: 1000 }).info.fingerprint);
    expect(shapesBenchmark().info.fingerprint).not.toBe(shapesBenchmark({ train: 1001 }).info.fingerprint);
  });

  it("normalises by the train distribution", async () => {
    const { info, load } = shapesBenchmark({ train: 2000 });
    const { images } = await load("train");
    for (let c = 0; c < 3; c++) {
      let sum = 0;
      let squares = 0;
      for (let p = c; p < images.length; p += 3) {
        const value = (images[p] as number) / 255;
        sum += value;
        squares += value * value;
      }
      const mean = sum / (images.length / 3);
      // The spread of image means is .17, so that of a mean over 2,000 images is about .004.
      expect(Math.abs(mean - (info.mean[c] as number))).toBeLessThan(0.015);
      expect(Math.abs(Math.sqrt(squares / (images.length / 3) - mean * mean) - (info.std[c] as number))).toBeLessThan(
        0.015,
      );
    }
  });

  it("says what is wrong with a request", async () => {
    expect(() => shapesBenchmark({ train: 0 })).toThrow('Set "train" cannot have 0 images');
    expect(() => shapesBenchmark({ near_val: 1.5 })).toThrow("1.5");
    const benchmark = shapesBenchmark(small);
    await expect(benchmark.load("mnist")).rejects.toThrow('no set "mnist"; it has train, id_val');
    await expect(benchmark.loadSome("id_val", [10])).rejects.toThrow("0 … 9, not 10");
  });

  it("has outliers on request", () => {
    const outliers = shapesOutliers(3);
    expect([outliers.count, [...outliers.labels]]).toEqual([3, [-1, -1, -1]]);
  });
});

describe("controls", () => {
  it("are known by id, and nothing else is", () => {
    for (const id of ["shapes", "shapes-ood-is-id", "shapes-shuffled-labels"]) {
      expect(shapesBenchmarkById(id)?.info.id).toBe(id);
    }
    expect(shapesBenchmarkById("cifar10")).toBeNull();
    const fingerprints = ["shapes", "shapes-ood-is-id", "shapes-shuffled-labels"].map(
      (id) => control(id).info.fingerprint,
    );
    expect(new Set(fingerprints).size).toBe(3);
  });

  it("puts fresh ID images in the place of every OOD test set", async () => {
    const ood = control("shapes-ood-is-id");
    const usual = control("shapes");
    const idMean = meanPixel((await usual.load("id_test")).images);
    const seen = new Set<string>();
    for (const { name, group, role } of ood.info.sets) {
      const set = await ood.loadSome(name, [0, 1, 2, 3]);
      if (group === "id" || role !== "test") {
        expect(set).toEqual(await usual.loadSome(name, [0, 1, 2, 3]));
        continue;
      }
      expect([...set.labels]).toEqual([-1, -1, -1, -1]);
      expect(set.images).not.toEqual((await usual.loadSome(name, [0, 1, 2, 3])).images);
      seen.add(set.images.join());
    }
    expect(seen.size).toBe(5);
    // White glyphs on black are the darkest set by far; their stand-in has the brightness of ID images.
    expect(Math.abs(meanPixel((await ood.load("far_glyphs")).images) - idMean)).toBeLessThan(40);
    expect(meanPixel((await usual.load("far_glyphs")).images)).toBeLessThan(idMean - 40);
  });

  it("permutes the train labels and nothing else", async () => {
    const shuffled = control("shapes-shuffled-labels");
    const usual = control("shapes");
    const [a, b] = [await shuffled.load("train"), await usual.load("train")];
    expect(a.images).toEqual(b.images);
    expect([...a.labels].sort()).toEqual([...b.labels].sort());
    expect(a.labels.filter((label, i) => label === b.labels[i]).length).toBeLessThan(25);
    expect(await shuffled.loadSome("train", [5, 9])).toEqual(pick(a, [5, 9]));
    expect(await shuffled.load("id_test")).toEqual(await usual.load("id_test"));
  });

  function control(id: string) {
    const benchmark = shapesBenchmarkById(id, small);
    if (benchmark === null) throw new Error(`no ${id}`);
    return benchmark;
  }

  function meanPixel(bytes: Uint8Array): number {
    return bytes.reduce((sum, byte) => sum + byte, 0) / bytes.length;
  }
});
