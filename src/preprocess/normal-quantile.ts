export { normalQuantile } from '../core/normal-quantile.ts'
