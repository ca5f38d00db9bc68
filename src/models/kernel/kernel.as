/*
 * The kernel of the recurrent models: what of a training step takes time. It keeps nothing and allocates nothing; who calls it
 * lays out the memory, which all threads of a training share. `npm run kernel` compiles it into kernel-bytes.ts.
 */
export { columnSums, outer, product, transpose } from './products'
export { dropout, gruBackward, gruForward, lstmBackward, lstmForward } from './cells'
export { accumulate, adam } from './optimiser'
