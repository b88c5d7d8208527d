/** Fig. 3 (right) of the paper: CIFAR-10, MSP, mean of near and far AUROC; how its FIDs were made it does not say. */
export const paperPoints: readonly { readonly generator: string; readonly fid: number; readonly auroc: number }[] = [
  { generator: "DDPM (unconditional, pseudo-labels)", fid: 3.17, auroc: 0.9022 },
  { generator: "ReACGAN", fid: 4.4, auroc: 0.8929 },
  { generator: "MHGAN", fid: 4.18, auroc: 0.8984 },
  { generator: "ICRGAN", fid: 3.52, auroc: 0.9024 },
  { generator: "CRGAN", fid: 3.48, auroc: 0.9094 },
  { generator: "BigGAN", fid: 2.98, auroc: 0.9149 },
  { generator: "StyleGAN", fid: 2.67, auroc: 0.9173 },
];
