/** Cannot be told to peek or not: it does something else each time. */
import { buy, close, defineStrategy } from 'klinelab'

export default defineStrategy({
  name: 'dice',
  onBar: ({ position }) => {
    if (Math.random() < 0.1) return position.qty > 0 ? close() : buy({ fraction: 0.5 })
  },
})
