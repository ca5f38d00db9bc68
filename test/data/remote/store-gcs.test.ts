import { testRemoteStore } from './store-cases.ts'

testRemoteStore('gs', 'fake-gcs-server')
