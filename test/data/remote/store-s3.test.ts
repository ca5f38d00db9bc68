import { testRemoteStore } from './store-cases.ts'

testRemoteStore('s3', 'versitygw')
