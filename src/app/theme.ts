import { createTheme, defaultVariantColorsResolver } from "@mantine/core";

/** Controls are neutral: the page's colours belong to the data (see theme.css). */
export const theme = createTheme({
  primaryColor: "gray",
  primaryShade: { light: 8, dark: 3 },
  autoContrast: true,
  // The filled grey is dark on light pages and light on dark ones, which autoContrast does not see.
  variantColorResolver: (input) => {
    const colors = defaultVariantColorsResolver(input);
    const own = input.variant === "filled" && (input.color ?? "gray") === "gray";
    return own ? { ...colors, color: "var(--on-filled)" } : colors;
  },
  defaultRadius: "sm",
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif",
  fontSizes: { xs: "12px", sm: "13px", md: "14px", lg: "16px", xl: "20px" },
  headings: { fontWeight: "600", sizes: { h1: { fontSize: "18px" }, h2: { fontSize: "15px" } } },
});
