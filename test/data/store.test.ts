import { testStore } from '../contracts/test-store.ts'
import { EMBEDDED, parquetStore } from './parquet-store.ts'

testStore('the Parquet store', () => parquetStore())
testStore("a user's store in front of the embedded one", () => parquetStore(EMBEDDED))
