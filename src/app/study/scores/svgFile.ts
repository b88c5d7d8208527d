/** What the page's style sheets decide about a drawing. */
const styled = [
  "fill",
  "fill-opacity",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "stroke-opacity",
  "opacity",
  "font-family",
  "font-size",
  "font-weight",
  "text-anchor",
] as const;

const NAMESPACE = "http://www.w3.org/2000/svg";
const GAP = 16;
const CAPTION = 18;

/**
 * Drawings of the page side by side (at most three in a row) in one file that needs no style sheet: every element
 * carries its computed style, the caption is the drawing's accessible name, the background is the card's.
 */
export function svgFile(drawings: readonly SVGSVGElement[]): string {
  const parts = drawings.map((drawing) => ({ drawing, box: drawing.viewBox.baseVal }));
  const width = Math.max(...parts.map(({ box }) => box.width)) + GAP;
  const height = Math.max(...parts.map(({ box }) => box.height)) + CAPTION + GAP;
  const perRow = Math.min(3, parts.length);
  const sheet = document.createElementNS(NAMESPACE, "svg");
  const total = { width: perRow * width + GAP, height: Math.ceil(parts.length / perRow) * height + GAP };
  sheet.setAttribute("xmlns", NAMESPACE);
  sheet.setAttribute("viewBox", `0 0 ${total.width} ${total.height}`);
  sheet.setAttribute("width", String(total.width));
  sheet.setAttribute("height", String(total.height));
  sheet.append(rectangle(total.width, total.height, colourOf("--card")));
  parts.forEach(({ drawing, box }, at) => {
    const copy = styledCopy(drawing);
    copy.setAttribute("x", String(GAP + (at % perRow) * width));
    copy.setAttribute("y", String(GAP + Math.floor(at / perRow) * height));
    copy.setAttribute("width", String(box.width));
    copy.setAttribute("height", String(box.height));
    sheet.append(
      copy,
      caption(drawing, GAP + (at % perRow) * width, GAP + Math.floor(at / perRow) * height + box.height),
    );
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(sheet)}\n`;
}

function styledCopy(drawing: SVGSVGElement): SVGSVGElement {
  const copy = drawing.cloneNode(true) as SVGSVGElement;
  const originals = [drawing, ...drawing.querySelectorAll("*")];
  [copy, ...copy.querySelectorAll("*")].forEach((element, at) => {
    const computed = getComputedStyle(originals[at] as Element);
    element.removeAttribute("class");
    element.removeAttribute("style");
    for (const name of styled) element.setAttribute(name, computed.getPropertyValue(name));
  });
  return copy;
}

function caption(drawing: SVGSVGElement, x: number, y: number): SVGTextElement {
  const text = document.createElementNS(NAMESPACE, "text");
  text.setAttribute("x", String(x));
  text.setAttribute("y", String(y + 12));
  text.setAttribute("font-family", getComputedStyle(document.body).fontFamily);
  text.setAttribute("font-size", "9");
  text.setAttribute("fill", colourOf("--ink"));
  text.textContent = drawing.getAttribute("aria-label") ?? "";
  return text;
}

function rectangle(width: number, height: number, fill: string): SVGRectElement {
  const rect = document.createElementNS(NAMESPACE, "rect");
  rect.setAttribute("width", String(width));
  rect.setAttribute("height", String(height));
  rect.setAttribute("fill", fill);
  return rect;
}

function colourOf(variable: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(variable).trim();
}
