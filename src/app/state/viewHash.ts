/** What of the page is worth a link: view state only, never data. */
export interface View {
  readonly studyId: string | null;
  /** method|generator|pool of the curve that the panels follow; null = the first. */
  readonly curveKey: string | null;
  readonly alpha: number;
  readonly detector: string | null;
  readonly oodSet: string | null;
  readonly seed: number | null;
}

export const initialView: View = {
  studyId: null,
  curveKey: null,
  alpha: 0.8,
  detector: null,
  oodSet: null,
  seed: null,
};

/** "study=…&a=0.80&…" without what is at its default. */
export function viewToQuery(view: View): string {
  const query = new URLSearchParams();
  if (view.studyId !== null) query.set("study", view.studyId);
  if (view.curveKey !== null) query.set("curve", view.curveKey);
  query.set("a", view.alpha.toFixed(2));
  if (view.detector !== null) query.set("detector", view.detector);
  if (view.oodSet !== null) query.set("ood", view.oodSet);
  if (view.seed !== null) query.set("seed", String(view.seed));
  return query.toString();
}

/** Reads what a link holds; anything that is not a valid value is left at its default. */
export function viewFromQuery(text: string): View {
  const query = new URLSearchParams(text);
  const alpha = Number(query.get("a") ?? Number.NaN);
  const seed = query.get("seed");
  return {
    studyId: short(query.get("study")),
    curveKey: short(query.get("curve")),
    alpha: alpha >= 0 && alpha <= 1 ? Math.round(alpha * 100) / 100 : initialView.alpha,
    detector: short(query.get("detector")),
    oodSet: short(query.get("ood")),
    seed: seed !== null && /^\d{1,10}$/.test(seed) ? Number(seed) : null,
  };
}

function short(value: string | null): string | null {
  return value !== null && value.length > 0 && value.length <= 200 ? value : null;
}
