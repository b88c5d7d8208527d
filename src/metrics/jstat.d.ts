/** The part of jstat 1.9.6 that studentT.ts uses; the package has no types of its own. */
declare module "jstat" {
  const jStat: {
    /** Student's t. */
    readonly studentt: {
      /** Quantile. */
      inv(probability: number, degreesOfFreedom: number): number;
      cdf(value: number, degreesOfFreedom: number): number;
      pdf(value: number, degreesOfFreedom: number): number;
    };
  };
  export default jStat;
}
